// Who pays and with what: token → user, code → the sources chosen when it was shown. Looked up before the change, to
// know which rows it locks; a change that finds something else than was looked up looks again.
import type { Key, Rows } from '../store/store.ts'
import { distinct, type Purse, purseKeys, purseOf } from './funding.ts'
import { limitKeys } from './limits.ts'
import { freshId } from './legs.ts'
import {
  codes,
  coupons,
  FROM_BALANCE,
  type Funding,
  type Payment,
  payments,
  tokens,
  users,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

export type Payer = { readonly user: string; readonly purse: Purse; readonly codeKnown: boolean }

export async function payerByCode(
  world: InstitutionWorld,
  { token, code }: { token: string; code: string },
): Promise<Payer> {
  const rows = await world.store.read([tokens.key(token), codes.key(code)])
  const shown = codes.in(rows, code)
  const user = tokens.in(rows, token)?.user ?? ''
  return {
    user,
    purse: await purseOf(world.store, user, shown?.funding ?? FROM_BALANCE),
    codeKnown: shown !== undefined,
  }
}

export async function payerOf(world: InstitutionWorld, user: string, funding: Funding): Promise<Payer> {
  return { user, purse: await purseOf(world.store, user, funding), codeKnown: true }
}

/** The payer of a payment that is in the book. */
export type PastPayer = Payer & {
  readonly at: number
  readonly token: string
  readonly coupons: readonly string[]
}

const couponsOf = ({ legs, funding }: Payment): readonly string[] => [
  ...funding.flatMap((source) => (source.from === 'coupon' ? [source.id] : [])),
  ...legs.flatMap(({ source, ref }) => (source === 'COUPON' && ref !== undefined ? [ref] : [])),
]

/** Undefined when there is no such payment, or a fence in its place. */
export async function payerOfPayment(world: InstitutionWorld, id: string): Promise<PastPayer | undefined> {
  const payment = payments.in(await world.store.read([payments.key(id)]), id)
  if (payment === undefined || payment.state === 'FENCED') return undefined
  const { user, funding, at, token } = payment
  return { ...(await payerOf(world, user, funding)), at, token, coupons: couponsOf(payment) }
}

/** What taking a payment back may touch: what paying touched, and the coupons that stand for those that come back. */
export function undoKeys(payer: PastPayer | undefined): Key[] {
  if (payer === undefined) return []
  const back = payer.coupons.flatMap((id) => [coupons.key(id), coupons.key(freshId(id))])
  return distinct([...payerKeys(payer, payer.at), ...back])
}

/** Whether the payment in a change is the one that was looked up. */
export function samePayer(payment: Payment | undefined, payer: PastPayer | undefined): boolean {
  if (payment === undefined || payment.state === 'FENCED') return payer === undefined
  return payment.user === payer?.user && couponsOf(payment).join() === payer.coupons.join()
}

/** The rows that paying out of this purse reads and writes, for a payment asked for at `at`. */
export function payerKeys({ user, purse }: Payer, at: number): Key[] {
  return distinct([users.key(user), ...purseKeys(purse), ...limitKeys({ user, at })])
}

export const codeAppeared = (rows: Rows, code: string, payer: Payer): boolean =>
  !payer.codeKnown && codes.in(rows, code) !== undefined
