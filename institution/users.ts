// Users and their money: how an account begins, and what an examiner may set.
import { creditLine, debitLine, type Line, post } from '../ledger/ledger.ts'
import { hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import type { Store } from '../store/store.ts'
import { type Answered, contentDigest } from '../wire/wire.ts'
import { postingEntry } from './book.ts'
import { distinct } from './funding.ts'
import { lookUp, type Person, registered, registerKeys, stillSo } from './people.ts'
import { balances, type User, users } from './records.ts'
import { tellToken } from './unbind.ts'
import type { InstitutionWorld } from './world.ts'

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly because: string }
const refused = (because: string) => ({ kind: 'refused', because }) as const

/** How long the wallet waits for a token or a code. */
export const APPLY_WAIT_MS = 5_000
/** The payment password of a user for whom none was chosen; a test wallet's, and said so in its API. */
const DEFAULT_PIN = '000000'

/** The name under which the network knows an account: says nothing about the person, and is never used again. */
const accountReference = (world: InstitutionWorld, user: string): string =>
  contentDigest('token.apply', { account: `${world.me}-${user}` }).slice(0, 40)

export type NewUser = {
  readonly id: string
  readonly person?: string
  readonly tier?: User['tier']
  readonly pin?: string
  /** What the real-name check knows. */
  readonly known?: Person
}

/** Never the password itself, and never two alike: the digest is of the user's own. */
export const pinDigest = (user: string, pin: string): string => toHex(hmacSm3(utf8(`pin ${user}`), utf8(pin)))

/** One identity document is one person, whatever the account (LIM-005). */
export async function createUser(world: InstitutionWorld, about: NewUser): Promise<Outcome<User>> {
  const { id, known, tier = 3, pin = DEFAULT_PIN } = about
  const looked = known === undefined ? undefined : await lookUp(world.store, known)
  const more = known === undefined || looked === undefined ? [] : registerKeys(id, known, looked)
  const keys = distinct([users.key(id), balances.key(`USR:${id}`), ...more])
  const result = await world.store.change<Outcome<User> | 'again'>(keys, (rows) => {
    if (users.in(rows, id) !== undefined) return { result: refused(`user ${id} exists`) }
    const person = about.person ?? looked?.document ?? id
    const user: User = {
      id,
      account: accountReference(world, id),
      status: 'active',
      person,
      tier,
      pin: pinDigest(id, pin),
    }
    const put = [users.put(id, user), balances.put(`USR:${id}`, { amount: 0n })]
    if (known === undefined || looked === undefined) return { put, result: { kind: 'done', value: user } }
    if (!stillSo(rows, known, looked, id)) return { result: 'again' }
    const lost = looked.before?.token
    return {
      put: [...put, ...registered(rows, id, known, looked)],
      ...(lost !== undefined && { enqueue: [tellToken(world, lost)] }),
      result: { kind: 'done', value: user },
    }
  })
  return result === 'again' ? createUser(world, about) : result
}

/** Brings a balance to an amount by a posting against the reserve, so that the book stays whole. */
export async function setBalance(
  store: Store,
  id: string,
  amount: bigint,
  reference: string,
): Promise<Outcome<bigint>> {
  const account = `USR:${id}`
  return store.change<Outcome<bigint>>([users.key(id), balances.key(account)], (rows) => {
    if (users.in(rows, id) === undefined) return { result: refused(`there is no user ${id}`) }
    const before = balances.in(rows, account)?.amount ?? 0n
    if (before === amount) return { result: { kind: 'done', value: amount } }
    const gap = amount > before ? amount - before : before - amount
    const lines: Line[] =
      amount > before
        ? [debitLine('RSV', gap), creditLine(account, gap)]
        : [debitLine(account, gap), creditLine('RSV', gap)]
    const entry = postingEntry(`funding:${reference}`, '156', lines)
    const posted = post(new Map([[account, before]]), entry)
    if (posted.status !== 'posted')
      return { result: refused(`the balance cannot become ${amount}: ${posted.status}`) }
    return {
      put: [balances.put(account, { amount })],
      append: [{ item: account, kind: 'posting', body: { entry, what: 'funding' } }],
      result: { kind: 'done', value: amount },
    }
  })
}

export function reasonOf(reply: Answered<'token.apply'> | Answered<'code.apply'>): string {
  return reply.kind === 'answered' ? `${reply.class} ${reply.fields.because}` : reply.because
}

export const isUser = async (store: Store, id: string): Promise<boolean> =>
  users.in(await store.read([users.key(id)]), id) !== undefined
export const NO_USER = { because: 'there is no such user' }
