// The front door of the room: the clearing switch. A message comes in at `receive`; payment.ts tells the story of a
// purchase; everything that outlives a request is a job in the store, done by `work`. The operators' JSON API has a door of
// its own, ops.ts.
import { type Endpoint, inFlight, noSuchPath, type Sealed, storyFor, type Turned } from '../wire/wire.ts'
import { doDueJobs, type JobStories } from '../store/store.ts'
import { cancelJob, confirmJob } from './agreements.ts'
import { heardResult } from './auth-result.ts'
import { CARD_STORIES } from './bank.ts'
import { bankNotice, tellInstitution } from './bank-notice.ts'
import { carryComposite, compositeQuery } from './composite.ts'
import { closeJob, publishJob, settleJob } from './close.ts'
import { tellNet } from './close-notice.ts'
import { applyCode, applyToken, changeToken } from './codes.ts'
import { handOutDigits } from './control-digits.ts'
import { exchangeCoupon, freeCoupon, holdCoupon, listCoupons, useCoupon } from './coupons.ts'
import { feed } from './feed.ts'
import { fetchFile } from './files.ts'
import { fetchKey } from './key-fetch.ts'
import { notify } from './notify.ts'
import { pay } from './payment.ts'
import { cancelCode, queryCode } from './order-close.ts'
import { payOrder, queryPay } from './order-pay.ts'
import { resolveOrder } from './order-resolve.ts'
import { createCode, createOrder } from './orders.ts'
import { query } from './query.ts'
import { refund } from './refund.ts'
import { insistCredit, insistReversal, resolve } from './resolve.ts'
import { reversal } from './reversal.ts'
import { insistUndo, insistVoid, voidPurchase } from './void.ts'
import type { SwitchWorld } from './world.ts'

export { isLoopback, isPublicAddress, mayPostTo } from './acp-rules.ts'
export { DIRECT, type GatewayWorld, gatewayWorlds, type Outside } from './acp-world.ts'
export type { Gateway } from './acp-gateway.ts'
export { applyAgreement, cancelAgreement, confirmAgreement, userStatus } from './agreements.ts'
export { clear, type ClearingDay, settleDay } from './clear.ts'
export {
  clearingState,
  type ClosedDay,
  closeDay,
  closedDay,
  refeedDays,
  settleClosed,
  startClearing,
} from './close.ts'
export { feed, feedLag } from './feed.ts'
export { fileOf, publishFiles } from './files.ts'
export { beginComposite, type CompositeBranch, compositeState } from './composite.ts'
export { PURCHASE_NEXT } from './records.ts'
export type { SwitchWorld } from './world.ts'

type Story = (
  world: SwitchWorld,
  sealed: Sealed,
  follow: (work: Promise<void>) => void,
) => Promise<Sealed | Turned>

const STORIES: Readonly<Record<string, Story>> = {
  purchase: pay,
  reversal: reversal,
  refund: refund,
  query: query,
  'token.apply': applyToken,
  'code.apply': applyCode,
  void: voidPurchase,
  'auth.result': heardResult,
  'qr.create': createCode,
  'qr.cancel': cancelCode,
  'qr.query': queryCode,
  'order.create': createOrder,
  'order.resolve': resolveOrder,
  pay: payOrder,
  'pay.query': queryPay,
  ...CARD_STORIES,
  'bank.notice': bankNotice,
  'composite.query': compositeQuery,
  'key.fetch': fetchKey,
  'file.fetch': fetchFile,
  'coupon.exchange': exchangeCoupon,
  'coupon.query': listCoupons,
  'coupon.hold': holdCoupon,
  'coupon.use': useCoupon,
  'coupon.free': freeCoupon,
  'token.change': changeToken,
  'control.fetch': handOutDigits,
}

const JOBS: JobStories<SwitchWorld> = {
  resolve,
  reverse: insistReversal,
  'bank-notice': tellInstitution,
  composite: carryComposite,
  credit: insistCredit,
  void: insistVoid,
  undo: insistUndo,
  notify,
  confirm: confirmJob,
  cancel: cancelJob,
  close: closeJob,
  publish: publishJob,
  'settle-day': settleJob,
  'net-notice': tellNet,
}

/** Longer than any single job can take: the ask's wait and the notice's wait lie below it. */
const LEASE_MS = 30_000

/** `failed` hears of work that threw: a defect of ours, or a store that does not answer. The job comes back later. */
export function switchParty(world: SwitchWorld, failed: (error: unknown) => void): Endpoint {
  const flights = inFlight()
  const follow = (work: Promise<void>): void => void flights.track(work).catch(failed)
  return {
    me: world.me,
    receive: (sealed) => flights.track(receive(world, sealed, follow)),
    work: () => flights.track(work(world, failed)),
    nextDue: () => world.store.nextDue(),
    inFlight: () => flights.count(),
  }
}

/** What was done may have made something final: a job follows every final entry, so the feed is never forgotten. */
async function work(world: SwitchWorld, failed: (error: unknown) => void): Promise<number> {
  const done = await doDueJobs(world, JOBS, LEASE_MS, failed)
  if (done > 0 && world.clears === true) await feed(world).catch(failed)
  return done
}

async function receive(
  world: SwitchWorld,
  sealed: Sealed,
  follow: (work: Promise<void>) => void,
): Promise<Sealed | Turned> {
  const story = storyFor(STORIES, sealed)
  if (story !== undefined) return story(world, sealed, follow)
  return noSuchPath(world, sealed)
}
