// The desk of a running `sifang up`, at the switch's own address under /_sifang: what is carried as server-sent events,
// masked; things to make happen; messages to send again. Test keys only, this machine only.
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { z } from 'zod'
import {
  ACQUIRER_A,
  ACQUIRER_B,
  answerView,
  BANK,
  INSTITUTION,
  SWITCH,
  type TestNetwork,
} from '../scenarios/scenarios.ts'
import { maskFields, stamp } from '../wire/wire.ts'
import type { Carriage, Carried } from './carried.ts'
import { realClock } from './real-clock.ts'
import { refusal } from './refused.ts'
import type { Resend } from './resending.ts'
import { TRIGGERS, type TriggerName, type Triggers } from './triggers.ts'

export const DESK_PATH = '/_sifang'

/** One message as `listen` shows it: masked, amounts as text. */
export type Heard = {
  readonly n: number
  readonly at: string
  readonly from: string
  readonly to: string
  /** Who they are, in a word. */
  readonly parties: readonly [string, string]
  readonly type: string
  readonly id?: string
  readonly replyTo?: number
  readonly class?: string
  readonly order?: string
  readonly amount?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

type DeskParts = {
  readonly carried: Carried
  readonly triggers: Triggers
  readonly resend: Resend
  readonly network: TestNetwork
  readonly version: string
  readonly stop: AbortSignal
}

const BODY_BYTES_MAX = 16 * 1024
const LISTENERS_MAX = 64
/** Below the five minutes after which a reader gives a silent connection up. */
const STILL_HERE_MS = 30_000

const amount = z.string().regex(/^[1-9][0-9]{0,11}$/, 'whole fen as text, such as "1000" for 10.00 yuan')
const Trigger = z.strictObject({
  payer: z.string().min(1).max(64).optional(),
  amount: amount.optional(),
  acquirer: z.enum(['A', 'B']).optional(),
  of: z.string().min(1).max(64).optional(),
  to: z.enum(['payer', 'payee']).optional(),
  day: z
    .string()
    .regex(/^[0-9]{8}$/, 'a day such as 20260615')
    .optional(),
})
const ResendOrder = z.strictObject({
  message: z.string().regex(/^[0-9a-fA-F]{1,40}$/, 'the number or the id of a message'),
  fresh: z.boolean().default(false),
  twice: z.boolean().default(false),
  lateMs: z.number().int().min(0).max(3_600_000, 'at most an hour').default(0),
})

export function networkDesk(parts: DeskParts): Hono {
  const { carried, triggers, resend, network, version, stop } = parts
  const app = new Hono()
  let listeners = 0
  // No page of somebody else's may reach it through a browser: one that comes from a page names its origin, and one
  // that was led here by a name of its own is asked for under that name.
  app.use(`${DESK_PATH}/*`, async (c, next) => {
    const host = new URL(c.req.url).hostname
    const ours = host === '127.0.0.1' || host === 'localhost' || host === '[::1]'
    if (!ours || c.req.header('origin') !== undefined) return c.json(refusal(403, 'cli.desk.browser'), 403)
    return next()
  })
  app.use(`${DESK_PATH}/*`, bodyLimit({ maxSize: BODY_BYTES_MAX }))
  app.get(`${DESK_PATH}/about`, (c) =>
    c.json({ sifang: version, profile: network.profile.id, ...carried.kept() }),
  )
  app.get(`${DESK_PATH}/events`, (c) => {
    const given = c.req.header('last-event-id')
    const { last } = carried.kept()
    const from = given !== undefined && /^[0-9]{1,15}$/.test(given) ? Number(given) : last
    if (listeners >= LISTENERS_MAX) {
      const full = refusal(409, 'cli.desk.full', { most: LISTENERS_MAX })
      return c.json(full, full.status)
    }
    listeners += 1
    // A number beyond the last one is of a network that was here before.
    const begin = from > last ? 0 : from
    return streamSSE(c, (stream) =>
      tellOn(stream, parts, begin, stop).finally(() => {
        listeners -= 1
      }),
    )
  })
  app.post(`${DESK_PATH}/trigger/:name`, async (c) => {
    const name = c.req.param('name')
    if (!isTrigger(name))
      return c.json(refusal(404, 'cli.trigger.unknown', { name, all: TRIGGERS.join(', ') }), 404)
    const read = Trigger.safeParse(await c.req.json().catch(() => undefined))
    if (!read.success) return c.json(malformed(read.error), 400)
    const options = Object.fromEntries(Object.entries(read.data).filter(([, value]) => value !== undefined))
    const done = await triggers.pull(name, options)
    return 'because' in done ? c.json(done, done.status) : c.json(done, 200)
  })
  app.post(`${DESK_PATH}/resend`, async (c) => {
    const read = ResendOrder.safeParse(await c.req.json().catch(() => undefined))
    if (!read.success) return c.json(malformed(read.error), 400)
    const done = await resend(read.data)
    return 'because' in done ? c.json(done, done.status) : c.json(done, 200)
  })
  return app
}

const isTrigger = (name: string): name is TriggerName => (TRIGGERS as readonly string[]).includes(name)

function malformed({ issues: [issue] }: z.ZodError) {
  const field = issue?.path.join('.') ?? ''
  return refusal(400, 'cli.desk.malformed', { field, rule: issue?.message ?? 'malformed' })
}

/** Reads on behind `from` for as long as somebody listens. The ring is the only buffer: who is slow misses the oldest. */
async function tellOn(
  stream: SSEStreamingApi,
  { carried }: DeskParts,
  from: number,
  stop: AbortSignal,
): Promise<void> {
  const gone = new AbortController()
  stream.onAbort(() => gone.abort())
  const over = AbortSignal.any([gone.signal, stop])
  let at = from
  while (!over.aborted) {
    const { messages, missed } = carried.after(at)
    if (missed > 0) await stream.writeSSE({ event: 'missed', data: JSON.stringify({ missed }) })
    for (const one of messages) {
      if (over.aborted) return
      await stream.writeSSE({
        id: String(one.n),
        event: 'message',
        data: JSON.stringify(heardOf(one, carried)),
      })
      at = one.n
    }
    if (messages.length > 0) continue
    at = Math.max(at, carried.kept().last)
    const quiet = new AbortController()
    await Promise.race([
      carried.next(at, AbortSignal.any([over, quiet.signal])),
      realClock.until(realClock.wall() + STILL_HERE_MS, AbortSignal.any([over, quiet.signal])),
    ])
    quiet.abort()
    if (carried.kept().last === at && !over.aborted) await stream.write(': still here\n\n')
  }
}

const CALLED: Readonly<Record<string, string>> = {
  [SWITCH]: 'switch',
  [INSTITUTION]: 'institution',
  [ACQUIRER_A]: 'acquirer-a',
  [ACQUIRER_B]: 'acquirer-b',
  [BANK]: 'bank',
}

function heardOf(one: Carriage, carried: Carried): Heard {
  const { n, at, from, to, type, id, replyTo, fields, sealed } = one
  const asked = replyTo === undefined ? undefined : carried.newest((before) => before.n === replyTo)
  const order = fields?.['order'] ?? asked?.fields?.['order']
  const money = fields?.['amount']
  return {
    n,
    at: stamp(at),
    from,
    to,
    parties: [CALLED[from] ?? from, CALLED[to] ?? to],
    type: type ?? sealed.path,
    ...(id !== undefined && { id }),
    ...(replyTo !== undefined && { replyTo, class: answerView(one)['class'] ?? '?' }),
    ...(typeof order === 'string' && { order }),
    ...(money !== undefined && { amount: String(money) }),
    ...(type !== undefined && fields !== undefined && { fields: maskFields(type, fields) }),
  }
}
