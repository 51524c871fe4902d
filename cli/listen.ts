// `sifang listen`: what travels on a running `sifang up`, one line a message as it happens, masked. When the connection is
// lost it goes on behind the last message it had; when nobody is there any more it ends.
import { formatMajor, money } from '../money/money.ts'
import { say } from '../reports/reports.ts'
import { askDesk, type DeskOptions, reach } from './desk-client.ts'
import type { Heard } from './network-desk.ts'
import { realClock } from './real-clock.ts'
import { UsageError } from './usage.ts'

export type ListenCommand = DeskOptions & { readonly since?: string; readonly most?: string }

export async function listenCommand(options: ListenCommand): Promise<void> {
  const { lang, url, json } = options
  const since = number(options.since, (text) => say(lang, 'cli.listen.since', { since: text }), 0)
  const most = number(options.most, (text) => say(lang, 'cli.listen.most', { most: text }), 1) ?? Infinity
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const about = await askDesk(options, '/about')
  if (json !== true)
    process.stderr.write(`${say(lang, 'cli.listen.start', { url, profile: String(about['profile']) })}\n`)
  let left = most
  let last = since ?? Number(about['last'])
  const told = (event: ServerEvent): boolean => {
    if (event.name === 'missed') {
      const missed = String((JSON.parse(event.text) as { missed?: unknown }).missed)
      process.stderr.write(`${say(lang, 'cli.listen.missed', { missed })}\n`)
      return true
    }
    const heard = JSON.parse(event.text) as Heard
    last = heard.n
    left -= 1
    process.stdout.write(`${json === true ? JSON.stringify(heard) : line(heard)}\n`)
    return left > 0
  }
  for (;;) {
    const ended = await listenOnce(options, last, stop.signal, told)
    if (ended === 'enough' || stop.signal.aborted) return
    if (!(await there(options))) break
    await realClock.until(realClock.wall() + AGAIN_MS, stop.signal)
  }
  process.stderr.write(`${say(lang, 'cli.listen.over')}\n`)
}

const AGAIN_MS = 500

function number(
  text: string | undefined,
  fault: (text: string) => string,
  least: number,
): number | undefined {
  if (text === undefined) return undefined
  if (/^[0-9]{1,15}$/.test(text) && Number(text) >= least) return Number(text)
  throw new UsageError(fault(text))
}

const there = (options: DeskOptions): Promise<boolean> =>
  askDesk(options, '/about').then(
    () => true,
    () => false,
  )

/** Listens until the connection ends, or until `told` has had enough. */
async function listenOnce(
  options: DeskOptions,
  last: number,
  stop: AbortSignal,
  told: (event: ServerEvent) => boolean,
): Promise<'enough' | 'lost'> {
  const done = new AbortController()
  const signal = AbortSignal.any([stop, done.signal])
  try {
    const response = await reach(options, '/events', { headers: { 'last-event-id': String(last) }, signal })
    for await (const event of eventsIn(response.body ?? [])) if (!told(event)) return 'enough'
  } catch (error) {
    if (error instanceof UsageError && !stop.aborted) return 'lost'
    // The stream was cut, by them or by us: whether anybody is there is asked next.
    if (!(error instanceof TypeError) && !stop.aborted) throw error
  } finally {
    done.abort()
  }
  return 'lost'
}

type ServerEvent = { readonly name: string; readonly text: string }

/** Server-sent events: lines `name: value`, an event ends with an empty line; a line that begins with a colon says nothing. */
export async function* eventsIn(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncIterable<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  let fields = new Map<string, string>()
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const row of lines) {
      if (row === '') {
        const text = fields.get('data')
        if (text !== undefined) yield { name: fields.get('event') ?? 'message', text }
        fields = new Map()
      }
      const [, name, value] = /^([a-z]+):\s?(.*)$/.exec(row) ?? []
      if (name !== undefined && value !== undefined) fields.set(name, value)
    }
  }
}

function line(heard: Heard): string {
  const { n, at, parties, type, replyTo, order = '', amount } = heard
  const yuan = amount === undefined ? '' : formatMajor(money(BigInt(amount), 'CNY'))
  const [from, to] = parties
  return [
    at.slice(11, 23),
    `#${n}`.padStart(6),
    `${from} → ${to}`.padEnd(26),
    type.padEnd(19),
    (heard.class ?? '').padEnd(12),
    order.padEnd(18),
    yuan.padStart(9),
    replyTo === undefined ? '' : `(#${replyTo})`,
  ]
    .join(' ')
    .trimEnd()
}
