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
type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> }
/** The desk itself, as the commands ask it; what they make of its answers has tests of its own. */
const ask = async (path: string, body: object): Promise<Answer> => {
  const response = await fetch(`${up.url}/_sifang${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}
const trigger = async (name: string, options: object = {}): Promise<Record<string, unknown>> => {
  const { status, body } = await ask(`/trigger/${name}`, options)
  expect({ status, because: body['because'] }, name).toEqual({ status: 200, because: undefined })
  return (body as unknown as Done).result as Record<string, unknown>
}
const resend = async (order: object): Promise<Resent> => {
  const { status, body } = await ask('/resend', order)
  expect({ status, because: body['because'] }).toEqual({ status: 200, because: undefined })
  return body as unknown as Resent
}
const because = ({ body }: Answer): string => (body['because'] as { en: string }).en
const available = async (): Promise<number> => {
  const response = await fetch(`${up.at(1)}/control/users/alice`)
  return Number(((await response.json()) as { available: string }).available)
}
/** So many messages behind a number; those that have not been carried yet are waited for. */
async function following(after: number, most: number): Promise<readonly Heard[]> {
  const stop = new AbortController()
  const headers = { 'last-event-id': String(after) }
  const response = await fetch(`${up.url}/_sifang/events`, { headers, signal: stop.signal })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const found: Heard[] = []
  for await (const { text } of eventsIn(response.body ?? [])) {
    found.push(JSON.parse(text) as Heard)
    if (found.length === most) break
  }
  stop.abort()
  return found
}
/** All that has been carried and is kept. */
const heard = async (): Promise<readonly Heard[]> => {
  const about = (await (await fetch(`${up.url}/_sifang/about`)).json()) as { last: number }
  return following(0, about.last)
}
const last = async (type: string): Promise<Heard> =>
  (await heard()).findLast((one) => one.type === type) ?? expect.fail(`no ${type} was carried`)

describe('trigger', () => {
  test('a sale, part of it back, and the day closed', async () => {
    const before = await available()
    const sale = await trigger('sale', { amount: '1000' })
    expect(sale).toMatchObject({ state: 'SUCCESS', amount: '1000', acquirer: 'A' })
    const refund = await trigger('refund', { of: sale['order'], amount: '300' })
    expect(refund).toMatchObject({ of: sale['order'], state: 'R_SUCCESS', amount: '300' })
    expect(await available()).toBe(before - 700)
    // What is left of it, when no amount is named.
    expect(await trigger('refund')).toMatchObject({ of: sale['order'], state: 'R_SUCCESS', amount: '700' })
    expect(await available()).toBe(before)
    const nothing = await ask('/trigger/refund', {})
    expect([nothing.status, because(nothing)]).toEqual([
      409,
      `nothing is left of order ${String(sale['order'])} that could be refunded`,
    ])
    const day = await trigger('close-day')
    expect(day).toMatchObject({ unconfirmed: [] })
    expect(Number(day['items'])).toBeGreaterThanOrEqual(3)
  })
  test('a sale of the other acquirer, taken back', async () => {
    const before = await available()
    const sale = await trigger('sale', { acquirer: 'B', amount: '250' })
    expect(await trigger('reversal')).toMatchObject({ order: sale['order'], state: 'REVERSED' })
    expect(await available()).toBe(before)
  })
  test('a notice once more is acknowledged and does nothing', async () => {
    const sale = await trigger('sale', { amount: '10' })
    const again = await trigger('notice-again', { of: sale['order'] })
    expect(again).toMatchObject({ order: sale['order'], type: 'notify.payee', sent: [{ class: 'OK' }] })
    expect(await trigger('notice-again', { to: 'payer' })).toMatchObject({ type: 'notify.payer' })
    expect(await trigger('notice-again')).toMatchObject({ order: sale['order'] })
  })
  test('the switch dies, and what was sold before is still known to it', async () => {
    const sale = await trigger('sale', { amount: '40' })
    expect(await trigger('crash')).toMatchObject({ begun: expect.any(Number) as number })
    expect(await trigger('refund')).toMatchObject({ of: sale['order'], state: 'R_SUCCESS', amount: '40' })
    expect(await trigger('sale', { amount: '20' })).toMatchObject({ state: 'SUCCESS' })
  })
  test('people are told in their language, with what to try next; machines get JSON', async () => {
    const said = await sifang('trigger', 'sale', '--url', up.url, '--lang', 'zh')
    expect(said.out).toMatch(/收单机构 A 的订单 T[0-9a-f]{16}：SUCCESS，10\.00 元/)
    expect(said.out).toMatch(/下一步：npx sifang trigger refund --of T\w+ --amount 300 --url http:/)
    const day = await sifang('trigger', 'close-day', '--url', up.url)
    expect(day.out).toMatch(
      /^Clearing day [0-9]{8}: [0-9]+ items; every position was confirmed by the bank\n {2}48020001/,
    )
    const crash = await sifang('trigger', 'crash', '--url', up.url, '--json')
    expect(JSON.parse(crash.out)).toMatchObject({ did: 'crash' })
  })
  test.each([
    [
      'refund',
      { of: 'T00000000' },
      404,
      'no sale T00000000 was made since this network was started; the last were: T',
    ],
    ['sale', { payer: 'nobody' }, 409, 'it could not be done: user nobody does not exist'],
    ['sale', { amount: '10.00' }, 400, 'amount: whole fen as text'],
    ['sale', { acquirer: 'C' }, 400, 'acquirer: '],
    ['sale', { colour: 'blue' }, 400, 'colour'],
    ['close-day', { day: 'today' }, 400, 'day: a day such as 20260615'],
    ['dance', {}, 404, 'there is no “dance” to make happen; there are: sale, refund'],
  ])('%s %j is refused in a sentence', async (name, options, status, expected) => {
    const refused = await ask(`/trigger/${name}`, options)
    expect([refused.status, because(refused)]).toEqual([status, expect.stringContaining(expected)])
  })
  test('a refusal ends the command with exit 2', async () => {
    expect(await sifang('trigger', 'refund', '--of', 'T00000000', '--url', up.url)).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining('no sale T00000000') as string,
    })
  })
})

describe('resend', () => {
  test('the same bytes are refused as a replay; the same content anew is the same answer, and takes no money', async () => {
    await trigger('sale', { amount: '500' })
    const before = await available()
    const debit = await last('debit')
    const again = await sifang('resend', String(debit.n), '--url', up.url)
    expect(again.out).toMatch(
      new RegExp(`message ${debit.n} debit, the same bytes: REJ-REPLAY \\(request \\d+, reply \\d+\\)`),
    )
    const twice = await resend({ message: debit.id, fresh: true, twice: true })
    expect(twice.sent.map((one) => one.class)).toEqual(['OK', 'OK'])
    expect(await available()).toBe(before)
    const [copy] = (await heard()).filter(({ n }) => n === twice.sent[0]?.request)
    expect(copy).toMatchObject({ type: 'debit', order: debit.order, from: debit.from })
    expect(copy?.id).not.toBe(debit.id)
  })
  test('late: it is said when, and it arrives then', async () => {
    const debit = await last('debit')
    const { n: behind } = (await heard()).at(-1) ?? expect.fail('nothing')
    const said = await sifang('resend', String(debit.n), '--late', '150ms', '--url', up.url, '--json')
    const waiting = JSON.parse(said.out) as Resent
    expect(waiting).toMatchObject({ sent: [], at: expect.stringMatching(/\+08:00$/) as string })
    const [request, reply] = await following(behind, 2)
    expect(request).toMatchObject({ type: 'debit', id: debit.id })
    expect(reply).toMatchObject({ type: 'debit.reply', class: 'REJ-REPLAY', replyTo: request?.n })
    expect(Date.parse(request?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(waiting.at ?? ''))
  })
  test.each([
    ['99999', 404, 'message 99999 is not among those that are kept, 1 to '],
    ['2', 409, 'message 2 is a reply, which cannot be sent by itself; its request is 1'],
    ['not-a-number', 400, 'message: the number or the id of a message'],
  ])('%s is refused in a sentence', async (message, status, expected) => {
    const refused = await ask('/resend', { message })
    expect([refused.status, because(refused)]).toEqual([status, expect.stringContaining(expected)])
  })
  test.each(['2h', 'soon'])('--late %s is refused before anything is asked', async (late) => {
    expect(await sifang('resend', '1', '--late', late, '--url', up.url)).toMatchObject({
      exit: 2,
      err: expect.stringContaining(`--late ${late}: a time such as 40s or 5m, at most 1h`) as string,
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
            trigger('sale', { amount: '1234' }).catch(reject)
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
  test('it goes on behind Last-Event-ID, and the command behind --since', async () => {
    expect((await following(3, 3)).map(({ n }) => n)).toEqual([4, 5, 6])
    const said = await sifang('listen', '--since', '3', '--most', '2', '--json', '--url', up.url)
    expect(
      said.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as Heard).n),
    ).toEqual([4, 5])
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
