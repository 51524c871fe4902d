// The front door of the room: a real account institution, usable without the switch.
// A message comes in at `receive`; debit.ts, reverse.ts, credit.ts, query.ts and notice.ts each tell one story. What is served
// as JSON has a door of its own, app.ts.
import { type Endpoint, inFlight, noSuchPath, type Sealed, storyFor, type Turned } from '../wire/wire.ts'
import { doDueJobs, type JobStories } from '../store/store.ts'
import { cancelBranch, confirmBranch, tryBranch } from './branch.ts'
import { askCoordinator } from './branch-ask.ts'
import { bankWork, cardNotice } from './card-notice.ts'
import { closeJob } from './close-fetch.ts'
import { netNotice } from './close-net.ts'
import { compose } from './compose.ts'
import { userLate } from './confirm.ts'
import { moreDigits } from './control-digits.ts'
import { credit } from './credit.ts'
import { debit } from './debit.ts'
import { askExchange } from './exchange.ts'
import { notice } from './notice.ts'
import { payOwnFunds } from './own-funds.ts'
import { insistPayment } from './pay-end.ts'
import { query } from './query.ts'
import { reverse } from './reverse.ts'
import { askSwitchKey, watchSwitchKey } from './switch-key.ts'
import { tellResult } from './tell.ts'
import { applyAgreement } from './sign-up-apply.ts'
import { cancelAgreement, userStatus } from './sign-up-cancel.ts'
import { confirmAgreement } from './sign-up-confirm.ts'
import { tellTokenState } from './unbind.ts'
import { voidPayment } from './void.ts'
import type { InstitutionWorld } from './world.ts'

export type { Host } from './api.ts'
export { auditBook, postings } from './book.ts'
export { startClosing } from './close-fetch.ts'
export type { InstitutionWorld } from './world.ts'

const STORIES: Readonly<
  Record<string, (world: InstitutionWorld, sealed: Sealed) => Promise<Sealed | Turned>>
> = {
  debit: debit,
  'debit.reverse': reverse,
  'debit.query': query,
  'debit.void': voidPayment,
  credit: credit,
  'notify.payer': notice,
  'agreement.apply': applyAgreement,
  'agreement.confirm': confirmAgreement,
  'agreement.cancel': cancelAgreement,
  'user.status': userStatus,
  'card.notice': cardNotice,
  'branch.try': tryBranch,
  'branch.confirm': confirmBranch,
  'branch.cancel': cancelBranch,
  'net.notice': netNotice,
}

/** What outlives a request: done by `work` when it is due, found again after a restart. */
const JOBS: JobStories<InstitutionWorld> = {
  exchange: askExchange,
  'own-funds': payOwnFunds,
  bank: bankWork,
  control: moreDigits,
  compose,
  branch: askCoordinator,
  user: userLate,
  tell: tellResult,
  token: tellTokenState,
  pay: insistPayment,
  'switch-key': askSwitchKey,
  close: closeJob,
}

/** Longer than any single job may wait for an answer. */
const LEASE_MS = 30_000

/** `failed` hears of work that threw: a defect of ours, or a store that does not answer. The job comes back later. */
export function institutionParty(
  world: InstitutionWorld,
  failed: (error: unknown) => void = () => undefined,
): Endpoint {
  const flights = inFlight()
  return {
    me: world.me,
    receive: (sealed) => flights.track(receive(world, sealed)),
    work: () => flights.track(watchSwitchKey(world).then(() => doDueJobs(world, JOBS, LEASE_MS, failed))),
    nextDue: () => world.store.nextDue(),
    inFlight: () => flights.count(),
  }
}

async function receive(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  const story = storyFor(STORIES, sealed)
  if (story !== undefined) return story(world, sealed)
  return noSuchPath(world, sealed)
}
