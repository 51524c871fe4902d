// Who pays and with what: token → user, code → the sources chosen when it was shown. Looked up before the change, to
// know which rows it locks; a change that finds something else than was looked up looks again.
import type { Decision, Key, Rows } from '../store/store.ts'
import { TOKEN_UNKNOWN } from '../wire/wire.ts'
import { bankOrders, composites } from './card-records.ts'
import { distinct, type Purse, purseKeys, purseOf } from './funding.ts'
import { limitKeys } from './limits.ts'
import { freshId } from './legs.ts'
import { guessedOut, missKey } from './misses.ts'
import { nameOf } from './own-payments.ts'
import { handleOf, isPhoneCode, seedOfHandle, seeds } from './phone-codes.ts'
import {
  type Code,
  codes,
  coupons,
  FROM_BALANCE,
  type Funding,
  type Payment,
  payments,
  tokenOfUser,
  tokens,
  users,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

export type Payer = { readonly user: string; readonly purse: Purse; readonly codeKnown: boolean }

/** The payer behind a code that was read at a till. */
export type CodePayer = Payer & {
  /** The token that pays: the one the switch names, or the maker's own word where the switch cannot know (code-rule.ts). */
  readonly token: string
  /** Of a code that a phone made by itself, and lately: the token of the phone's user. */
  readonly phone?: { readonly token: string }
  /** The code looked bad already before the change, and its acquirer has shown too many like it. */
  readonly suspect: boolean
  readonly guessedOut: boolean
}

type Shown = { readonly token: string; readonly code: string; readonly acquirer: string }

export async function payerByCode(world: InstitutionWorld, fields: Shown, at: number): Promise<CodePayer> {
  const { profile, store } = world
  const { code, acquirer } = fields
  const handle = handleOf(world, code) ?? ''
  const rows = await store.read([
    tokens.key(fields.token),
    codes.key(code),
    missKey(profile, acquirer, at),
    seedOfHandle.key(handle),
  ])
  const shown = codes.in(rows, code)
  const maker = shown === undefined ? seedOfHandle.in(rows, handle)?.user : undefined
  const phone = maker === undefined ? undefined : await phoneOf(world, maker, code, at)
  const meant = fields.token === TOKEN_UNKNOWN ? (shown ?? phone) : undefined
  const token = meant?.token ?? fields.token
  const owner = meant === undefined ? rows : await store.read([tokens.key(token)])
  const user = tokens.in(owner, token)?.user ?? ''
  return {
    user,
    token,
    purse: await purseOf(store, user, shown?.funding ?? FROM_BALANCE),
    codeKnown: shown !== undefined,
    ...(phone !== undefined && { phone }),
    suspect:
      shown === undefined ? phone === undefined : shown.state !== 'C_LIVE' || expired(world, shown, at),
    guessedOut: guessedOut(profile, rows, acquirer, at),
  }
}

/** Undefined where the user's phone did not make this code, or not lately. */
async function phoneOf(world: InstitutionWorld, user: string, code: string, at: number) {
  const rows = await world.store.read([seeds.key(user), tokenOfUser.key(user)])
  const seed = seeds.in(rows, user)
  if (seed === undefined || !isPhoneCode(world, seed, code, at)) return undefined
  return { token: tokenOfUser.in(rows, user)?.token ?? '' }
}

/** A code that outlived its life by more than the clocks may differ (COD-002, INV-19). */
export const expired = ({ profile }: InstitutionWorld, code: Code, at: number): boolean =>
  at > code.expiresAt + profile.values.clockSkewMs

export async function payerOf(world: InstitutionWorld, user: string, funding: Funding): Promise<Payer> {
  return { user, purse: await purseOf(world.store, user, funding), codeKnown: true }
}

/** The payer of a payment that is in the book. */
export type PastPayer = Payer & {
  readonly at: number
  readonly token: string
  /** Which try of an order it is (own-payments.ts). */
  readonly name: string
  readonly coupons: readonly string[]
  readonly attempt?: string
  readonly branch?: string
}

const couponsOf = ({ legs, funding }: Payment): readonly string[] => [
  ...funding.flatMap((source) => (source.from === 'coupon' ? [source.id] : [])),
  ...legs.flatMap(({ source, ref }) => (source === 'COUPON' && ref !== undefined ? [ref] : [])),
]

/** Undefined when there is no such payment, or a fence in its place. */
export async function payerOfPayment(world: InstitutionWorld, id: string): Promise<PastPayer | undefined> {
  const payment = payments.in(await world.store.read([payments.key(id)]), id)
  if (payment === undefined || payment.state === 'FENCED') return undefined
  const { user, funding, at, token, attempt, branch } = payment
  const past = {
    at,
    token,
    name: nameOf(payment),
    coupons: couponsOf(payment),
    ...(attempt !== undefined && { attempt }),
    ...(branch !== undefined && { branch }),
  }
  return { ...(await payerOf(world, user, funding)), ...past }
}

/** What taking a payment back may touch: what paying touched, and the coupons that stand for those that come back. */
export function undoKeys(payer: PastPayer | undefined): Key[] {
  if (payer === undefined) return []
  const back = payer.coupons.flatMap((id) => [coupons.key(id), coupons.key(freshId(id))])
  const order = payer.attempt === undefined ? [] : [bankOrders.key(payer.attempt)]
  const composite = payer.branch === undefined ? [] : [composites.key(payer.branch)]
  return distinct([...payerKeys(payer), ...back, ...order, ...composite])
}

/** Whether the payment in a change is the one that was looked up. */
export function samePayer(payment: Payment | undefined, payer: PastPayer | undefined): boolean {
  if (payment === undefined || payment.state === 'FENCED') return payer === undefined
  const same = payment.user === payer?.user && nameOf(payment) === payer.name
  const asked = same && payment.attempt === payer.attempt && payment.branch === payer.branch
  return asked && couponsOf(payment).join() === payer.coupons.join()
}

/** The rows that paying out of this purse reads and writes. */
export function payerKeys({ user, purse }: Payer): Key[] {
  return distinct([users.key(user), ...purseKeys(purse), ...limitKeys(purse)])
}

export const codeAppeared = (rows: Rows, code: string, payer: Payer): boolean =>
  !payer.codeKnown && codes.in(rows, code) !== undefined

const AGAIN = Symbol('the payment became another between the look and the change')

/** A change about a payment that may be in the book: whose money it is says which rows are locked, so it is looked up
 *  before and looked at again inside; one that became another meanwhile is looked up anew. */
export async function changePayment<T>(
  world: InstitutionWorld,
  id: string,
  keys: readonly Key[],
  decide: (rows: Rows) => Decision<T>,
): Promise<T> {
  for (;;) {
    const payer = await payerOfPayment(world, id)
    const locked = distinct([...keys, payments.key(id), ...undoKeys(payer)])
    const result = await world.store.change<T | typeof AGAIN>(locked, (rows) =>
      samePayer(payments.in(rows, id), payer) ? decide(rows) : { result: AGAIN },
    )
    if (result !== AGAIN) return result
  }
}
