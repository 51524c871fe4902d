// The whole network around the subject: our switch, two acquirers and the bank, each with a store of its own, on the
// stage's clock and network. A crash cuts a party off in mid-step; its successor has the store and nothing else.
import { TillRefusal } from '../mocks/mocks.ts'
import { clear, type ClearingDay, settleDay } from '../switch/switch.ts'
import type { Cast } from './cast.ts'
import { moveTime } from './duration.ts'
import { sayOf, today } from './edge.ts'
import { MERCHANTS } from './ids.ts'
import { agree } from './network-agree.ts'
import { type Deal, judgeNetwork } from './network-judge.ts'
import { type NetworkParties, networkParties, notHere } from './network-parties.ts'
import type { Expectation, SingleStep } from './page.ts'
import { resolved } from './say.ts'
import type { Stage } from './stage.ts'
import type { ApiReply } from './subject.ts'

type NetworkStep = Extract<
  SingleStep,
  | { fault: unknown }
  | { sell: unknown }
  | { refund: unknown }
  | { reversal: unknown }
  | { crash: unknown }
  | { close: unknown }
  | { agree: unknown }
>
type Till = Exclude<
  NetworkStep,
  { fault: unknown } | { crash: unknown } | { close: unknown } | { agree: unknown }
>

export type NetworkCast = {
  step(cast: Cast, step: NetworkStep, at: readonly (string | number)[]): Promise<void>
  /** Gives the stand-ins' stores back. */
  close(): Promise<void>
  /** Lets everything under way come to its end, through every ladder. */
  rest(cast: Cast): Promise<void>
  deal(name: string): Deal | undefined
  /** A call to the till of acquirer A. */
  till(method: string, path: string, body?: unknown): Promise<ApiReply>
  /** A call to the operators' API of the switch. */
  ops(method: string, path: string, body?: unknown): Promise<ApiReply>
  /** The next instant at which a stand-in has something to do, or stops waiting. */
  nextDue(): Promise<number | undefined>
  judge(cast: Cast, expectation: Expectation, at: readonly (string | number)[]): Promise<void>
}

const HORIZON_MS = 20 * 60_000

export async function networkCast(stage: Stage): Promise<NetworkCast> {
  const parties = await networkParties(stage)
  const deals = new Map<string, Deal>()
  const closes = new Map<string, ClearingDay>()
  let last: ClearingDay | undefined
  const deal = (name: string): Deal => deals.get(name) ?? notHere(name)
  return {
    step: async (cast, step, at) => {
      if ('agree' in step) await agree(cast, parties.switchWorld(), step, at)
      if ('crash' in step) parties.start(step.crash === 'switch' ? 'switch' : 'A')
      else if ('close' in step) {
        const { day, as } = step.close
        const which = day === 'today' ? today(stage) : (closes.get(day)?.day ?? notHere(day))
        last = await clear(parties.switchWorld(), which)
        if (as !== undefined) closes.set(as, last)
        await stage.through(settleDay(parties.switchWorld(), last))
      }
      await stage.scheduled(async () => {
        if ('sell' in step || 'refund' in step || 'reversal' in step) begin(parties, deals, cast, step)
        await stage.settle()
      })
    },
    close: () => parties.close(),
    deal: (name) => deals.get(name),
    till: (method, path, body) => parties.till(method, path, body),
    ops: (method, path, body) => parties.ops(method, path, body),
    nextDue: () => parties.nextDue(),
    rest: async (cast) => {
      await stage.release()
      await moveTime(cast, stage.clock.now() + HORIZON_MS)
      if (parties.failures.length > 0) throw parties.failures[0]
    },
    judge: async (cast, expectation, at) => {
      const closed = 'of' in expectation && expectation.of !== undefined ? closes.get(expectation.of) : last
      await judgeNetwork(cast, expectation, { parties, deal, closed }, at)
    },
  }
}

/** What is begun at a till runs on by itself; a call that rejects is a defect of ours. */
function begin(parties: NetworkParties, deals: Map<string, Deal>, cast: Cast, step: Till): void {
  // A till that will not do what it was told to said so; anything else that rejects is a defect of ours.
  const failed = (error: unknown): void => {
    if (!(error instanceof TillRefusal)) parties.failures.push(error)
  }
  const deal = (name: string): Deal => deals.get(name) ?? notHere(name)
  if ('sell' in step) {
    const { as, acquirer, code, amount } = step.sell
    const told = step.sell.shown === undefined ? undefined : resolved(sayOf(cast), step.sell.shown)
    const ids = cast.ids.item(as)
    deals.set(as, { acquirer, ids, kind: 'sale' })
    const { acquirer: _id, ...own } = MERCHANTS[acquirer]
    const merchant = { ...own, ...(step.sell.merchant !== undefined && { merchant: step.sell.merchant }) }
    const { order, orderTime } = ids
    const shown = told ?? cast.codes.get(code ?? '')?.code ?? notHere(code ?? 'a code')
    void parties
      .desk(acquirer)
      .sell({ ...merchant, order, orderTime, code: shown, amount: BigInt(amount), currency: '156' })
      .catch(failed)
  } else if ('refund' in step) {
    const { as, of, amount } = step.refund
    const { acquirer, ids } = deal(of)
    const own = cast.ids.item(as)
    deals.set(as, { acquirer, ids: own, kind: 'refund' })
    const { order, orderTime } = own
    const original = { order: ids.order, orderTime: ids.orderTime }
    void parties
      .desk(acquirer)
      .refund({ order, orderTime, of: original, amount: BigInt(amount) })
      .catch(failed)
  } else {
    const { acquirer, ids } = deal(step.reversal.of)
    void parties.desk(acquirer).reverse(ids.order, ids.orderTime, 'no_slip').catch(failed)
  }
}
