// The desk of a network that really runs: listening, making things happen, sending again, recording. What comes is waited
// for by its event; nothing here sleeps.
import { request } from 'node:http'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Said, sifang as runSifang } from './as-user.ts'
import { eventsIn } from './listen.ts'
import type { Heard } from './network-desk.ts'
import type { Resent } from './resending.ts'
import { type StartedUp, startedUp } from './started-up.ts'
import type { Done } from './triggers.ts'

let folder = ''
let up: StartedUp
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-desk-'))
  up = await startedUp(folder, ['--tape', 'night.ndjson'])
})
afterAll(async () => {
  await up.stop()
  await rm(folder, { recursive: true, force: true })
})

const sifang = (...args: readonly string[]): Promise<Said> => runSifang(args, { cwd: folder })
const trigger = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const said = await sifang('trigger', ...args, '--url', up.url, '--json')
  expect(said, args.join(' ')).toMatchObject({ exit: 0, err: '' })
  return (JSON.parse(said.out) as Done).result as Record<string, unknown>
}
const resend = async (...args: readonly string[]): Promise<Resent> => {
  const said = await sifang('resend', ...args, '--url', up.url, '--json')
  expect(said, args.join(' ')).toMatchObject({ exit: 0, err: '' })
  return JSON.parse(said.out) as Resent
}
const available = async (): Promise<number> => {
  const response = await fetch(`${up.at(1)}/control/users/alice`)
  return Number(((await response.json()) as { available: string }).available)
}
/** All that has been carried and is kept. */
const heard = async (): Promise<readonly Heard[]> => {
  const { last } = (await (await fetch(`${up.url}/_sifang/about`)).json()) as { last: number }
  const { out } = await sifang('listen', '--since', '0', '--most', String(last), '--json', '--url', up.url)
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Heard)
}
const last = async (type: string): Promise<Heard> =>
  (await heard()).findLast((one) => one.type === type) ?? expect.fail(`no ${type} was carried`)

describe('trigger', () => {
  test('a sale, part of it back, and the day closed', async () => {
    const before = await available()
    const sale = await trigger('sale', '--amount', '1000')
    expect(sale).toMatchObject({ state: 'SUCCESS', amount: '1000', acquirer: 'A' })
    const refund = await trigger('refund', '--of', String(sale['order']), '--amount', '300')
    expect(refund).toMatchObject({ of: sale['order'], state: 'R_SUCCESS', amount: '300' })
    expect(await available()).toBe(before - 700)
    // What is left of it, when no amount is named.
    expect(await trigger('refund')).toMatchObject({ of: sale['order'], state: 'R_SUCCESS', amount: '700' })
    expect(await available()).toBe(before)
    const day = await trigger('close-day')
    expect(day).toMatchObject({ unconfirmed: [] })
    expect(Number(day['items'])).toBeGreaterThanOrEqual(3)
  })
  test('a sale of the other acquirer, taken back', async () => {
    const before = await available()
    const sale = await trigger('sale', '--acquirer', 'B', '--amount', '250')
    expect(await trigger('reversal')).toMatchObject({ order: sale['order'], state: 'REVERSED' })
    expect(await available()).toBe(before)
  })
  test('a notice once more is acknowledged and does nothing', async () => {
    const sale = await trigger('sale', '--amount', '10')
    const again = await trigger('notice-again', '--of', String(sale['order']))
    expect(again).toMatchObject({ order: sale['order'], type: 'notify.payee', sent: [{ class: 'OK' }] })
    expect(await trigger('notice-again', '--to', 'payer')).toMatchObject({ type: 'notify.payer' })
    expect(await trigger('notice-again')).toMatchObject({ order: sale['order'] })
  })
  test('the switch dies, and what was sold before is still known to it', async () => {
    const sale = await trigger('sale', '--amount', '40')
    expect(await trigger('crash')).toMatchObject({ begun: expect.any(Number) as number })
    expect(await trigger('refund')).toMatchObject({ of: sale['order'], state: 'R_SUCCESS', amount: '40' })
    expect(await trigger('sale', '--amount', '20')).toMatchObject({ state: 'SUCCESS' })
  })
  test('people are told in their language, with what to try next', async () => {
    const said = await sifang('trigger', 'sale', '--url', up.url, '--lang', 'zh')
    expect(said.out).toMatch(/收单机构 A 的订单 T[0-9a-f]{16}：SUCCESS，10\.00 元/)
    expect(said.out).toMatch(/下一步：npx sifang trigger refund --of T\w+ --amount 300 --url http:/)
  })
  test.each([
    [
      ['refund', '--of', 'T00000000'],
      'no sale T00000000 was made since this network was started; the last were: T',
    ],
    [['sale', '--payer', 'nobody'], 'it could not be done: user nobody does not exist'],
    [['sale', '--amount', '10.00'], 'amount: whole fen as text'],
    [['sale', '--acquirer', 'C'], 'acquirer: '],
    [['close-day', '--day', 'today'], 'day: a day such as 20260615'],
    [['dance'], 'there is no “dance” to make happen; there are: sale, refund'],
  ])('%j is refused in a sentence', async (args, expected) => {
    expect(await sifang('trigger', ...args, '--url', up.url)).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining(expected) as string,
    })
  })
})

describe('resend', () => {
  test('the same bytes are refused as a replay; the same content anew is the same answer, and takes no money', async () => {
    await trigger('sale', '--amount', '500')
    const before = await available()
    const debit = await last('debit')
    expect(await resend(String(debit.n))).toMatchObject({
      message: debit.n,
      type: 'debit',
      sent: [{ class: 'REJ-REPLAY' }],
    })
    const twice = await resend(debit.id ?? '', '--fresh', '--twice')
    expect(twice.sent.map((one) => one.class)).toEqual(['OK', 'OK'])
    expect(await available()).toBe(before)
    const [copy] = (await heard()).filter(({ n }) => n === twice.sent[0]?.request)
    expect(copy).toMatchObject({ type: 'debit', order: debit.order, from: debit.from })
    expect(copy?.id).not.toBe(debit.id)
  })
  test('late: it is said when, and it arrives then', async () => {
    const debit = await last('debit')
    const { n: behind } = (await heard()).at(-1) ?? expect.fail('nothing')
    const waiting = await resend(String(debit.n), '--late', '150ms')
    expect(waiting).toMatchObject({ sent: [], at: expect.stringMatching(/\+08:00$/) as string })
    const said = await sifang('listen', '--since', String(behind), '--most', '2', '--json', '--url', up.url)
    const [request, reply] = said.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Heard)
    expect(request).toMatchObject({ type: 'debit', id: debit.id })
    expect(reply).toMatchObject({ type: 'debit.reply', class: 'REJ-REPLAY', replyTo: request?.n })
    expect(Date.parse(request?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(waiting.at ?? ''))
  })
  test.each([
    ['99999', [], 'message 99999 is not among those that are kept, 1 to '],
    ['2', [], 'message 2 is a reply, which cannot be sent by itself; its request is 1'],
    ['not-a-number', [], 'message: the number or the id of a message'],
    ['1', ['--late', '2h'], '--late 2h: a time such as 40s or 5m, at most 1h'],
    ['1', ['--late', 'soon'], '--late soon: a time'],
  ])('%s %j is refused in a sentence', async (message, more, expected) => {
    expect(await sifang('resend', message, ...more, '--url', up.url)).toMatchObject({
      exit: 2,
      err: expect.stringContaining(expected) as string,
    })
  })
})

describe('listen', () => {
  test('each message of a payment as it travels, one line each, masked', async () => {
    const listening = new Promise<Said>((resolve, reject) => {
      void runSifang(['listen', '--most', '10', '--url', up.url], {
        cwd: folder,
        // As soon as it says that it listens: from the number on that it was told then, nothing is missed.
        began: (child) =>
          child.stderr?.once('data', () => {
            trigger('sale', '--amount', '1234').catch(reject)
          }),
      }).then(resolve, reject)
    })
    const { exit, out, err } = await listening
    expect(exit).toBe(0)
    expect(err).toContain(`Listening to ${up.url} (profile sim)`)
    const lines = out.trim().split('\n')
    const types = ['code.apply', 'purchase', 'debit', 'notify.payer', 'notify.payee']
    for (const type of types)
      expect(lines.filter((one) => one.split(/ +/).includes(type)).length, type).toBe(1)
    expect(lines.find((one) => one.includes(' debit '))).toMatch(
      /^[0-9:.]{12} +#\d+ switch → institution +debit +T[0-9a-f]{16} +12\.34$/,
    )
    expect(lines.find((one) => one.includes('debit.reply'))).toMatch(/debit\.reply +OK +T.* 12\.34 \(#\d+\)$/)
    expect(out).not.toMatch(/[0-9]{16,19}/)
  })
  test('codes and tokens are masked in JSON as well; the numbers go up one by one', async () => {
    const all = await heard()
    expect(all.map(({ n }) => n)).toEqual(all.map((_, index) => index + 1))
    const codes = all
      .flatMap(({ fields }) => [fields?.['code'], fields?.['token']])
      .filter((one) => one !== undefined)
    expect(codes.length).toBeGreaterThan(4)
    for (const code of codes) expect(code).toMatch(/^62[0-9]{2}\*+[0-9]{4}$/)
  })
  test('it goes on behind Last-Event-ID', async () => {
    const stop = new AbortController()
    const headers = { 'last-event-id': '3' }
    const response = await fetch(`${up.url}/_sifang/events`, { headers, signal: stop.signal })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const numbers: number[] = []
    for await (const { text } of eventsIn(response.body ?? [])) {
      numbers.push((JSON.parse(text) as Heard).n)
      if (numbers.length === 3) break
    }
    expect(numbers).toEqual([4, 5, 6])
    stop.abort()
  })
  test.each([
    ['--since', 'now'],
    ['--most', '0'],
  ])('%s %s is refused', async (option, value) => {
    expect(await sifang('listen', option, value, '--url', up.url)).toMatchObject({
      exit: 2,
      err: expect.stringContaining(`${option} ${value}: `) as string,
    })
  })
})

describe('who may come to the desk', () => {
  const status = (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(up.url)
      const asked = request({ hostname, port, path: '/_sifang/about', headers }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      })
      asked.on('error', reject).end()
    })
  test('no web page, and nobody under a name that is not this machine’s', async () => {
    expect(await status({})).toBe(200)
    expect(await status({ origin: 'http://evil.example' })).toBe(403)
    expect(await status({ host: 'evil.example' })).toBe(403)
  })
  test('a body that is no JSON, and one without end', async () => {
    const post = (body: string): Promise<Response> =>
      fetch(`${up.url}/_sifang/resend`, { method: 'POST', body })
    expect((await post('message=1')).status).toBe(400)
    expect((await post('x'.repeat(100_000))).status).toBe(413)
  })
  test.each([['listen'], ['trigger sale'], ['resend 1']])(
    '%s where there is no network: exit 3, and what to do',
    async (words) => {
      const nobody = await sifang(...words.split(' '), '--url', 'http://127.0.0.1:9')
      expect(nobody).toMatchObject({
        exit: 3,
        err: expect.stringContaining(
          'no network answers at http://127.0.0.1:9: start one with npx sifang up',
        ) as string,
      })
      const wallet = await sifang(...words.split(' '), '--url', up.at(1))
      expect(wallet).toMatchObject({
        exit: 3,
        err: expect.stringContaining('it is not the switch of a sifang up') as string,
      })
      expect(await sifang(...words.split(' '), '--url', 'nowhere')).toMatchObject({ exit: 2 })
    },
  )
})

describe('recording a network', () => {
  test('what was said plays again; whoever listens hears that it has ended; it ends well', async () => {
    const own = await startedUp(folder, ['--tape', 'short.ndjson'])
    const listened = new Promise<Said>((resolve, reject) => {
      void runSifang(['listen', '--url', own.url], {
        cwd: folder,
        began: (child) =>
          child.stderr?.once('data', () => {
            sifang('trigger', 'sale', '--url', own.url)
              .then(async () => expect(await own.stop()).toBe(0))
              .catch(reject)
          }),
      }).then(resolve, reject)
    })
    const { exit, err } = await listened
    expect(exit).toBe(0)
    expect(err).toContain('The network has stopped.')
    const tape = join(folder, 'short.ndjson')
    expect((await stat(tape)).mode & 0o777).toBe(0o600)
    expect(await readFile(tape, 'utf8')).toContain('"call":"POST","path":"/wallet/users/alice/codes"')
    expect(await sifang('replay', tape)).toMatchObject({
      exit: 0,
      out: expect.stringContaining(' 0 differences') as string,
    })
  })
  test('a file that is there is never written over, and one party alone is not recorded', async () => {
    const there = join(folder, 'there.ndjson')
    await writeFile(there, 'mine\n')
    const port = ['--port', String(new URL(up.url).port)]
    await expect(startedUp(folder, ['--tape', there])).rejects.toThrow(
      'is there already, and a tape is never written over',
    )
    expect(await readFile(there, 'utf8')).toBe('mine\n')
    // Of a network that does not come about nothing is left, and it does not stay half there either.
    const taken = await sifang('up', '--tape', 'new.ndjson', '--profile', 'sim', ...port)
    expect(taken).toMatchObject({ exit: 3, err: expect.stringContaining('is in use') as string })
    const half = ['--port', String(Number(new URL(up.url).port) - 2)]
    expect(await sifang('up', '--tape', 'new.ndjson', '--profile', 'sim', ...half)).toMatchObject({ exit: 3 })
    expect(await readdir(folder)).not.toContain('new.ndjson')
    expect(await sifang('up', '--tape', there, '--only', 'institution', ...port)).toMatchObject({
      exit: 2,
      err: expect.stringContaining('--tape records what the whole network says') as string,
    })
  })
})
