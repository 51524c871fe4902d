// The only waiting in the story: asks the institution to debit. Approved, declined, or unknown — and everything
// that is not a clear yes or a clear no is unknown. A timeout is never a decline.
import { type AnswerClass, call, classRow } from '../wire/wire.ts'
import type { Purchase } from './records.ts'
import type { SwitchWorld } from './world.ts'

export type Asked =
  | { readonly kind: 'approved' }
  | { readonly kind: 'declined'; readonly class: AnswerClass; readonly detail?: string }
  | { readonly kind: 'unknown'; readonly because: string }

export async function ask(world: SwitchWorld, purchase: Purchase): Promise<Asked> {
  const {
    transaction,
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    code,
    token,
    amount,
    currency,
    order,
    orderTime,
    clearingDay,
    memo,
    business,
    region,
  } = purchase
  const fields = {
    transaction,
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    code,
    token,
    amount,
    currency,
    order,
    orderTime,
    clearingDay,
    ...(memo !== undefined && { memo }),
    ...(business !== undefined && { business }),
    ...(region !== undefined && { region }),
  }
  const reply = await call(world, 'debit', purchase.institution, fields, world.profile.values.askWaitMs)
  if (reply.kind === 'not_sent')
    return { kind: 'declined', class: 'REJ-ROUTE', detail: 'the institution cannot be reached' }
  if (reply.kind === 'unknown') return { kind: 'unknown', because: reply.because }
  if (reply.class === 'OK') {
    const echoed = reply.fields
    const same =
      echoed.transaction === transaction &&
      echoed.amount === amount &&
      echoed.currency === currency &&
      echoed.order === order &&
      echoed.orderTime === orderTime
    return same
      ? { kind: 'approved' }
      : { kind: 'unknown', because: 'the approval names another transaction or amount' }
  }
  if (!classRow(reply.class).definite) return { kind: 'unknown', because: `answered ${reply.class}` }
  return { kind: 'declined', class: reply.class }
}
