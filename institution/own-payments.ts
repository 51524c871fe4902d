// Payments that the wallet began, by the wallet's own id: to whose row it belongs, what each try of one is called, and the
// job that carries it to the switch.
import { clearingDayOf } from '../clearing/clearing.ts'
import { type JobDraft, kind } from '../store/store.ts'
import { itemKey, type Payment } from './records.ts'
import type { InstitutionWorld } from './world.ts'

export const ownPayments = kind<{ readonly id: string }>('own-payment')

/** What postings, bank orders and branches of a payment are called after. An order that the wallet pays may be tried
 *  again after a refusal: then it is another payment, and nothing of the first may stand for it. */
export const nameOf = (payment: Payment): string => payment.payment ?? itemKey(payment)

const today = (world: InstitutionWorld): string =>
  clearingDayOf(world.clock.wall(), world.profile.values.cutOff)

/** The day under which it is booked: the network's, where that is known already. */
export const bookDay = (world: InstitutionWorld, { clearingDay }: Payment): string =>
  clearingDay === '' ? today(world) : clearingDay

/** `send`: it is not at the switch yet, so it is sent before anything is asked. */
export const payJob = (id: string, dueAt: number, send = false): JobDraft => ({
  id: `pay:${id}`,
  kind: 'pay',
  dueAt,
  body: { id, attempt: 0, ...(send && { send }) },
})
