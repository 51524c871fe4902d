// What somebody may make happen on a running `sifang up`: a sale, a refund, a reversal, a notice once more, the close of a
// day, the death of the switch. Each says what came of it, or in both languages why it could not be done.
import { clearingDayOf } from '../clearing/clearing.ts'
import type { AcquirerDesk } from '../mocks/mocks.ts'
import { clear, settleDay } from '../switch/switch.ts'
import { beijingTime, type PartyId, type Profile } from '../wire/wire.ts'
import type { Carried } from './carried.ts'
import type { LivingSwitch } from './living-switch.ts'
import type { Order, OrdersSeen } from './orders-seen.ts'
import { realClock } from './real-clock.ts'
import { type Refusal, refusal } from './refused.ts'
import type { Resend } from './resending.ts'

export const TRIGGERS = ['sale', 'refund', 'reversal', 'notice-again', 'close-day', 'crash'] as const
export type TriggerName = (typeof TRIGGERS)[number]

export type TriggerOptions = {
  readonly payer?: string
  readonly amount?: string
  readonly acquirer?: 'A' | 'B'
  /** An order id, or `last`. */
  readonly of?: string
  readonly to?: 'payer' | 'payee'
  readonly day?: string
}

export type Done = { readonly did: TriggerName; readonly result: unknown }
export type Triggers = {
  pull(name: TriggerName, options: TriggerOptions): Promise<Done | Refusal>
}

export type Desk = { readonly id: PartyId; readonly url: string; readonly desk: AcquirerDesk }
type TriggerParts = {
  readonly desks: Readonly<Record<'A' | 'B', Desk>>
  readonly clearing: LivingSwitch
  readonly carried: Carried
  readonly orders: OrdersSeen
  readonly profile: Profile
  readonly resend: Resend
  readonly random: (length: number) => Uint8Array
}

const FINAL_WAIT_MS = 5_000
const LOOK_MS = 20

export function triggers(parts: TriggerParts): Triggers {
  const found = (of: string): Order | Refusal => {
    const known = parts.orders.find(of)
    if (known !== undefined) return known
    const last = parts.orders.newest(3).join(', ')
    return last === ''
      ? refusal(404, 'cli.trigger.none')
      : refusal(404, 'cli.trigger.order', { order: of, last })
  }
  return {
    pull: async (name, options) => {
      if (name === 'sale') return sale(parts, options)
      if (name === 'crash')
        return { did: name, result: { party: parts.clearing.me, begun: parts.clearing.crash() } }
      if (name === 'close-day') return closeDay(parts, options)
      const order = found(options.of ?? 'last')
      if ('because' in order) return order
      if (name === 'notice-again') return noticeAgain(parts, order, options)
      const desk = [parts.desks.A, parts.desks.B].find(({ id }) => id === order.acquirer)?.desk
      if (desk === undefined) return refusal(409, 'cli.trigger.stranger', { order: order.order })
      return name === 'refund' ? refund(parts, desk, order, options) : reversal(desk, order)
    },
  }
}

/** At the till, as a person with curl would. */
async function sale(
  { desks }: TriggerParts,
  { payer = 'alice', amount = '1000', acquirer = 'A' }: TriggerOptions,
): Promise<Done | Refusal> {
  const response = await fetch(`${desks[acquirer].url}/till/sales`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ payer, amount }),
  })
  const result = (await response.json()) as { because?: string }
  if (response.ok) return { did: 'sale', result: { ...result, acquirer } }
  return refusal(409, 'cli.trigger.refused', { because: result.because ?? `HTTP ${response.status}` })
}

async function refund(
  { random }: TriggerParts,
  desk: AcquirerDesk,
  { order, orderTime }: Order,
  options: TriggerOptions,
): Promise<Done | Refusal> {
  const paid = await desk.sale(order, orderTime)
  if (paid === undefined) return refusal(404, 'cli.trigger.none')
  const rest = paid.amount - paid.refunded
  const amount = options.amount === undefined ? rest : BigInt(options.amount)
  if (amount <= 0n) return refusal(409, 'cli.trigger.refunded', { order })
  const own = {
    order: `R${Buffer.from(random(8)).toString('hex')}`,
    orderTime: beijingTime(realClock.wall()),
  }
  try {
    await desk.refund({ ...own, of: { order, orderTime }, amount })
  } catch (error) {
    return refusal(409, 'cli.trigger.refused', { because: (error as Error).message })
  }
  const look = () => desk.refundOf(own.order, own.orderTime)
  return {
    did: 'refund',
    result: { of: order, ...(await final(look, ({ state }) => state === 'R_PENDING')) },
  }
}

async function reversal(desk: AcquirerDesk, { order, orderTime }: Order): Promise<Done | Refusal> {
  await desk.reverse(order, orderTime, 'no_slip')
  const look = () => desk.sale(order, orderTime)
  return { did: 'reversal', result: await final(look, ({ state }) => state === 'REVERSING') }
}

/** How it ended, or how it stands after a few seconds: that it is still open is an honest answer. */
async function final<T extends object>(
  look: () => Promise<T | undefined>,
  open: (view: T) => boolean,
): Promise<object> {
  const end = realClock.wall() + FINAL_WAIT_MS
  for (;;) {
    const view = await look()
    if (view === undefined || !open(view) || realClock.wall() > end) return plain(view ?? {})
    await realClock.until(realClock.wall() + LOOK_MS)
  }
}

const plain = (view: object): object =>
  JSON.parse(
    JSON.stringify(view, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ) as object

/** The switch's last notice about an order, sealed anew. */
async function noticeAgain(
  { carried, resend }: TriggerParts,
  { order }: Order,
  { to = 'payee' }: TriggerOptions,
): Promise<Done | Refusal> {
  const type = `notify.${to}`
  const notice = carried.newest((one) => one.type === type && one.fields?.['order'] === order)
  if (notice === undefined) return refusal(404, 'cli.trigger.unnotified', { order, type })
  const sent = await resend({ message: String(notice.n), fresh: true, twice: false, lateMs: 0 })
  return 'because' in sent ? sent : { did: 'notice-again', result: { ...sent, order } }
}

async function closeDay(
  { clearing, profile }: TriggerParts,
  { day = clearingDayOf(realClock.wall(), profile.values.cutOff) }: TriggerOptions,
): Promise<Done> {
  const cleared = await clear(clearing.world(), day)
  const unconfirmed = await settleDay(clearing.world(), cleared)
  const { items, positions } = cleared
  const told = { day, items: items.length, positions, unconfirmed: unconfirmed.map(({ party }) => party) }
  return { did: 'close-day', result: plain(told) }
}
