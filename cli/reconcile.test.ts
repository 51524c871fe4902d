// `sifang reconcile` over files as they come: packed, in GBK, of fixed width, damaged, hostile; with threads and without.
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ReconcileCommand, reconcileCommand } from './reconcile.ts'
import { UsageError } from './usage.ts'

const folder = await mkdtemp(join(tmpdir(), 'sifang-reconcile-test-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)
const put = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(at(name), content)
  return at(name)
}

const GIVEN: ReconcileCommand = { toleranceDays: '0', we: 'payer', out: at('out'), json: true, lang: 'en' }

type Told = {
  readonly exit: number
  readonly totals: Readonly<Record<string, number>>
  readonly said: string
}

/** Runs the command in this process: what it printed, and the exit code that it left. */
async function run(ours: string, theirs: string, options: Partial<ReconcileCommand> = {}): Promise<Told> {
  const said: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const before = process.exitCode
  try {
    await reconcileCommand(ours, theirs, { ...GIVEN, ...options })
    const text = said.join('')
    const { totals } =
      options.json === false
        ? { totals: [] }
        : (JSON.parse(text) as { totals: { kind: string; count: number }[] })
    const counts: Record<string, number> = {}
    for (const { kind, count } of totals) counts[kind] = (counts[kind] ?? 0) + count
    return { exit: Number(process.exitCode), totals: counts, said: text }
  } finally {
    write.mockRestore()
    process.exitCode = before
  }
}

async function refused(
  ours: string,
  theirs: string,
  options: Partial<ReconcileCommand> = {},
): Promise<string> {
  const error: unknown = await run(ours, theirs, options).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof UsageError)) throw error ?? new Error('it was not refused')
  expect(error.exit).toBe(2)
  // Whatever it was, nothing of an earlier run is left to be taken for its result.
  expect(existsSync(at('out/differences.csv'))).toBe(false)
  return error.message.replaceAll(folder, '')
}

const PLAIN = 'transaction,amount,status\nt1,100,SUCCESS\nt2,200,SUCCESS\n'
const beginning = async (): Promise<string> => put('ours.csv', PLAIN)
let ours = ''
beforeEach(async () => {
  ours = await beginning()
})

describe('exit and output', () => {
  test('0 where all is matched, 1 with a difference', async () => {
    expect(await run(ours, ours)).toMatchObject({ exit: 0, totals: { matched: 2 } })
    const other = await put('theirs.csv', PLAIN.replace('200', '201'))
    expect(await run(ours, other)).toMatchObject({ exit: 1, totals: { matched: 1, amount: 1 } })
  })
  test('a table in either language', async () => {
    const other = await put('theirs.csv', PLAIN.replace('t2,200', 't3,200'))
    expect((await run(ours, other, { json: false })).said).toMatch(
      /✗ only theirs +156 +1 +0 +200\n[^]*2 differences\./,
    )
    expect((await run(ours, other, { json: false, lang: 'zh' })).said).toMatch(
      /✗ 仅对方有 +156 +1 +0 +200\n[^]*差异 2 笔/,
    )
  })
  test('differences.csv has no formula and no line too many (SEC-034)', async () => {
    const evil = ['=cmd|x', '+1', '-1', '@a', '＝1', '"q"', 'a,b', 'a\r\nb', '\tx']
    const lines = evil.map((key) => `"${key.replaceAll('"', '""')}",1`)
    const other = await put('sharp.csv', `transaction,amount\n${lines.join('\n')}\nok,-5\n`)
    await run(await put('none.csv', 'transaction,amount\n'), other)
    const text = await readFile(at('out/differences.csv'), 'utf8')
    const cells = text
      .split(/\r\n(?=only|$)/)
      .slice(1, -1)
      .map((line) => /^only_theirs,yes,("(?:[^"]|"")*"|[^",]*),/.exec(line)?.[1])
    expect(new Set(cells)).toEqual(
      new Set([
        `"'=cmd|x"`,
        '"\'+1"',
        '-1',
        '"\'@a"',
        '"\'＝1"',
        '"""q"""',
        '"a,b"',
        '"a\r\nb"',
        `"'\tx"`,
        'ok',
      ]),
    )
    // A negative amount is a number and stays one.
    expect(text).toMatch(/only_theirs,yes,ok,[^\n]*,-5,/)
  })
  test('differences.html is one file that asks nothing of anybody, in both languages', async () => {
    const other = await put('sharp.csv', 'transaction,amount\n<script>alert(1)</script>,1\n')
    await run(ours, other)
    const html = await readFile(at('out/differences.html'), 'utf8')
    expect(html).not.toMatch(/<script|https?:|src=|url\(/)
    expect(html).toContain('&lt;script&gt;')
    expect(html).toContain('<span lang="zh">仅我方有</span><span lang="en">only ours</span>')
    expect(html).toContain("default-src 'none'")
  })
})

describe('files as they come', () => {
  const zipOf = (
    members: readonly { name: string; body: Uint8Array; size?: number; crc?: number }[],
  ): Buffer => {
    const parts: Buffer[] = []
    const list: Buffer[] = []
    let offset = 0
    for (const { name, body, size = body.length, crc = crc32(body) } of members) {
      const packed = deflateRawSync(body)
      const local = Buffer.alloc(30)
      local.writeUInt32LE(0x04034b50, 0)
      local.writeUInt16LE(8, 8)
      local.writeUInt16LE(name.length, 26)
      const listed = Buffer.alloc(46)
      listed.writeUInt32LE(0x02014b50, 0)
      listed.writeUInt16LE(8, 10)
      listed.writeUInt32LE(crc, 16)
      listed.writeUInt32LE(packed.length, 20)
      listed.writeUInt32LE(size, 24)
      listed.writeUInt16LE(name.length, 28)
      listed.writeUInt32LE(offset, 42)
      list.push(listed, Buffer.from(name))
      parts.push(local, Buffer.from(name), packed)
      offset += 30 + name.length + packed.length
    }
    const end = Buffer.alloc(22)
    end.writeUInt32LE(0x06054b50, 0)
    end.writeUInt16LE(members.length, 10)
    end.writeUInt32LE(Buffer.concat(list).length, 12)
    end.writeUInt32LE(offset, 16)
    return Buffer.concat([...parts, ...list, end])
  }
  const body = Buffer.from(PLAIN)

  test('gzip and a zip of one member', async () => {
    expect(await run(ours, await put('a.gz', gzipSync(body)))).toMatchObject({
      exit: 0,
      totals: { matched: 2 },
    })
    const zip = await put(
      'a.zip',
      zipOf([
        { name: 'day/', body: Buffer.alloc(0) },
        { name: 'day/a.csv', body },
      ]),
    )
    expect(await run(ours, zip)).toMatchObject({ exit: 0, totals: { matched: 2 } })
  })
  test('a zip that means harm is refused, and nothing is written (STL-017)', async () => {
    const outside = await put('b.zip', zipOf([{ name: '../../evil.csv', body }]))
    expect(await refused(ours, outside)).toContain('/b.zip: the archive has a member “../../evil.csv”')
    const two = await put(
      'b.zip',
      zipOf([
        { name: 'a.csv', body },
        { name: 'b.csv', body },
      ]),
    )
    expect(await refused(ours, two)).toContain('found 2 (a.csv, b.csv)')
    const said = await put('b.zip', zipOf([{ name: 'a.csv', body, size: 80 << 20 }]))
    expect(await refused(ours, said)).toContain('unpacks to more than 200 times its size')
    // One that lies about its size is found out while it grows.
    const row = `t,1,${'x'.repeat(500_000)}\n`
    const bomb = Buffer.from(`transaction,amount,memo\n${row.repeat(160)}`)
    const lying = await put('b.zip', zipOf([{ name: 'a.csv', body: bomb, size: 9 }]))
    expect(await refused(ours, lying)).toContain('unpacks to more than 200 times its size')
    const grown = await put('b.gz', gzipSync(bomb))
    expect(await refused(ours, grown)).toContain('unpacks to more than 200 times its size')
    expect((await readdir(folder)).some((name) => name.includes('evil'))).toBe(false)
  })
  test('a damaged one is refused', async () => {
    const wrong = await put('c.zip', zipOf([{ name: 'a.csv', body, crc: 1 }]))
    expect(await refused(ours, wrong)).toContain('/c.zip: what is packed in it is damaged (CRC-32)')
    const cut = await put('c.gz', gzipSync(body).subarray(0, 30))
    expect(await refused(ours, cut)).toContain('/c.gz: what is packed in it is damaged')
    const tail = await put('c.zip', zipOf([{ name: 'a.csv', body }]).subarray(0, 60))
    expect(await refused(ours, tail)).toContain('/c.zip: the archive is damaged')
  })
  test('no file, a folder, an empty file (STL-014, STL-018)', async () => {
    expect(await refused(ours, at('none-here.csv'))).toBe('/none-here.csv: there is no such file')
    expect(await refused(ours, folder)).toContain('this is a folder; name the one file of the day')
    expect(await refused(ours, await put('empty.csv', ''))).toContain('/empty.csv:1:1: the file is empty')
    const header = await put('header.csv', 'transaction,amount\n')
    expect(await run(header, header)).toMatchObject({ exit: 0, totals: {} })
  })
  test('GBK, another separator, no header, another unit, columns by both sides’ names', async () => {
    const bar = Buffer.concat([
      Buffer.from('t1|1.00|'),
      Buffer.from([0xb3, 0xc9, 0xb9, 0xa6]), // 成功 in GBK
      Buffer.from('\r\nt2|2|'),
      Buffer.from([0xb3, 0xc9, 0xb9, 0xa6]),
      Buffer.from('\r\n\r\n'),
    ])
    const options = {
      keys: 'transaction:1',
      amount: 'amount:2',
      status: 'status:3',
      encoding: 'utf-8:gbk',
      separator: ',:|',
      header: 'yes:no',
      unit: 'minor:major',
    }
    expect(await run(ours, await put('bar.txt', bar), options)).toMatchObject({
      exit: 0,
      totals: { matched: 2 },
    })
    expect(await refused(ours, at('bar.txt'), { ...options, encoding: 'utf-8' })).toContain(
      '/bar.txt:1:9: these bytes are no UTF-8; if the file is GBK, use --encoding gbk',
    )
  })
  test.each([
    ['transaction,amount\nt1,1\nt2,x\n', '/w.csv:3:4: “x” is no whole number'],
    ['transaction,amount\nt1,1\n,2\n', '/w.csv:3:1: no id here'],
    ['transaction,amount\nt1,\n', '/w.csv:2:4: no amount here'],
    ['id2,amount\nt1,1\n', '/w.csv:1:1: no column “transaction”'],
    ['transaction,transaction,amount\na,b,1\n', '2 columns are called “transaction”'],
    ['transaction,amount,status\nt1,1,PERHAPS\n', '/w.csv:2:6: nobody knows the status “PERHAPS”'],
    ['transaction,amount,day\nt1,1,20260231\n', '/w.csv:2:6: “20260231” is no day'],
    ['transaction,amount\nt1,1\nt2,2,3\n', '/w.csv:3:5: 2 columns expected, found 3'],
  ])('%j: %s', async (text, said) => {
    expect(await refused(ours, await put('w.csv', text))).toContain(said)
  })
})

describe('a layout', () => {
  const zm = (over: Readonly<Record<number, string>>): string => {
    const lengths = [
      3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15,
      32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 131,
    ]
    return lengths.map((length, index) => (over[index + 1] ?? '').padEnd(length)).join(' ')
  }
  const line = (id: string, amount: string, fee: string, type = '01', original = ''): string =>
    zm({ 7: amount.padStart(12, '0'), 10: id, 16: `D${fee.padStart(12, '0')}`, 20: type, 27: original })

  test('of a UnionPay file of details, against a book of our own (STL-012)', async () => {
    const [one, two] = ['201509061122031906248', '201509061122031906249']
    const name = Buffer.from([0xd5, 0xc5, 0xc8, 0xfd]) // 张三 in GBK, four bytes of a name of 32
    const bytes = Buffer.from(
      [line(one, '476800', '2861'), line(two, '100', '1', '04', one)].join('\r\n') + '\r\n',
    )
    const sub =
      3 +
      11 +
      11 +
      6 +
      10 +
      19 +
      12 +
      4 +
      2 +
      21 +
      2 +
      32 +
      2 +
      6 +
      10 +
      13 +
      13 +
      4 +
      15 +
      2 +
      2 +
      6 +
      2 +
      4 +
      32 +
      1 +
      21 +
      15 +
      1 +
      15 +
      30
    name.copy(bytes, sub)
    const book = await put(
      'book.csv',
      `queryId,kind,amount,fee,original\n${one},purchase,476800,2861,\n${two},refund,100,2,${one}\n`,
    )
    const options = { layout: ',docs/layouts/unionpay-zm.yaml', keys: 'queryId:' }
    const told = await run(book, await put('zm.txt', bytes), options)
    expect(told).toMatchObject({ exit: 1, totals: { matched: 1, fee: 1 } })
    // Cut by characters the columns behind the name would have moved by two.
    const short = await put('zm.txt', bytes.subarray(0, bytes.length - 3))
    expect(await refused(book, short, options)).toContain('/zm.txt:2:607: 607 bytes expected, found 606')
  })
  const TRAILER = `form: separated
header: yes
trailer: { mark: T, count: 2, amount: 3 }
`
  test.each([
    ['transaction,amount\nt1,100\nt2,200\nT,2,300\n', undefined],
    ['transaction,amount\nT,0,0\n', undefined],
    [
      'transaction,amount\nt1,100\nt2,200\nT,3,300\n',
      '/t.csv:4:3: the trailer says that the count is 3, the lines come to 2',
    ],
    ['transaction,amount\nt1,100\nt2,200\nT,2,301\n', '/t.csv:4:5: the trailer says that the amount is 301'],
    ['transaction,amount\nt1,100\n', '/t.csv:3:1: the file ends here without its trailer'],
  ])('with a trailer: %j (STL-006, STL-007)', async (text, said) => {
    const layout = `,${await put('trailer.yaml', TRAILER)}`
    const file = await put('t.csv', text)
    if (said === undefined) expect((await run(ours, file, { layout })).said).toContain('"lines"')
    else expect(await refused(ours, file, { layout })).toContain(said)
  })
  test.each([
    [
      'form: fixed\ncolumns:\n  - { name: a, from: 0, length: 2 }\n',
      /layout\.yaml:3:\d+: columns\.0\.from: a whole number from 1/,
    ],
    ['form: fixed\n', /layout\.yaml:1:1: columns/],
    ['form: other\n', /layout\.yaml:1:\d+: form/],
    ['form: separated\nwidth: 3\n', /layout\.yaml:1:1: .*width/],
    ['form: [\n', /layout\.yaml:\d+:\d+: is not YAML/],
  ])('that is wrong is said at its place: %j', async (text, said) => {
    const layout = await put('layout.yaml', text)
    expect(await run(ours, ours, { layout }).catch((error: Error) => error.message)).toMatch(said)
  })
  test('keeps the spaces that fill a column up, unless it says otherwise (REC-020)', async () => {
    const padded = await put('padded.txt', 't1    100\nt2    200\n')
    const layout = async (strip: string): Promise<string> =>
      `,${await put('pad.yaml', `form: fixed\ncolumns:\n  - { name: transaction, from: 1, length: 4, strip: ${strip} }\n  - { name: amount, from: 5, length: 5 }\n`)}`
    expect((await run(ours, padded, { layout: await layout('no') })).totals).toEqual({
      only_ours: 2,
      only_theirs: 2,
    })
    expect((await run(ours, padded, { layout: await layout('yes') })).totals).toEqual({ matched: 2 })
  })
})
