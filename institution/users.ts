// Users, their money and their names on the network: what the wallet's own app does with them.
import { creditLine, debitLine, type Line, post } from '../ledger/ledger.ts'
import { hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import type { Rows, Store } from '../store/store.ts'
import { type Answered, call, contentDigest } from '../wire/wire.ts'
import { postingEntry } from './book.ts'
import {
  balances,
  codeOfUser,
  codes,
  FROM_BALANCE,
  type Funding,
  type Token,
  tokenOfUser,
  tokens,
  type User,
  users,
} from './records.ts'
import type { InstitutionWorld } from './world.ts'

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly because: string }
const refused = (because: string) => ({ kind: 'refused', because }) as const

const APPLY_WAIT_MS = 5_000
/** The payment password of a user for whom none was chosen; a test wallet's, and said so in its API. */
export const DEFAULT_PIN = '000000'

/** The name under which the network knows an account: says nothing about the person, and is never used again. */
const accountReference = (world: InstitutionWorld, user: string): string =>
  contentDigest('token.apply', { account: `${world.me}-${user}` }).slice(0, 40)

export type NewUser = {
  readonly id: string
  readonly person?: string
  readonly tier?: User['tier']
  readonly pin?: string
}

/** Never the password itself, and never two alike: the digest is of the user's own. */
export const pinDigest = (user: string, pin: string): string => toHex(hmacSm3(utf8(`pin ${user}`), utf8(pin)))

export async function createUser(world: InstitutionWorld, about: NewUser): Promise<Outcome<User>> {
  const { id, person = id, tier = 3, pin = DEFAULT_PIN } = about
  return world.store.change<Outcome<User>>([users.key(id), balances.key(`USR:${id}`)], (rows) => {
    if (users.in(rows, id) !== undefined) return { result: refused(`user ${id} exists`) }
    const user: User = {
      id,
      account: accountReference(world, id),
      status: 'active',
      person,
      tier,
      pin: pinDigest(id, pin),
    }
    return {
      put: [users.put(id, user), balances.put(`USR:${id}`, { amount: 0n })],
      result: { kind: 'done', value: user },
    }
  })
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

/** An account out of order takes its token with it: suspended while frozen, unbound for ever when closed (TOK-014). */
export async function setStatus(store: Store, id: string, status: User['status']): Promise<Outcome<User>> {
  // A user's token changes only when the user signs up anew; a change that found another one looks again.
  const token = tokenOfUser.in(await store.read([tokenOfUser.key(id)]), id)?.token
  const keys = [users.key(id), tokenOfUser.key(id), ...(token === undefined ? [] : [tokens.key(token)])]
  const result = await store.change<Outcome<User> | 'again'>(keys, (rows) => {
    const user = users.in(rows, id)
    if (user === undefined) return { result: refused(`there is no user ${id}`) }
    if (tokenOfUser.in(rows, id)?.token !== token) return { result: 'again' }
    const changed = { ...user, status }
    const bound = token === undefined ? undefined : tokens.in(rows, token)
    const follows =
      bound === undefined || bound.state === 'T_UNBOUND'
        ? []
        : [tokens.put(bound.token, { ...bound, state: TOKEN_OF[status] })]
    return { put: [users.put(id, changed), ...follows], result: { kind: 'done', value: changed } }
  })
  return result === 'again' ? setStatus(store, id, status) : result
}

const TOKEN_OF: Readonly<Record<User['status'], Token['state']>> = {
  active: 'T_ACTIVE',
  frozen: 'T_SUSPENDED',
  closed: 'T_UNBOUND',
}

/** Signs the user's account up on the network and keeps the token it answers with, one to one (TOK-001, TOK-002). */
export async function signUp(world: InstitutionWorld, id: string): Promise<Outcome<Token>> {
  const before = await world.store.read([users.key(id), tokenOfUser.key(id)])
  const user = users.in(before, id)
  if (user === undefined) return refused(`there is no user ${id}`)
  if (user.status !== 'active') return refused(`user ${id} is ${user.status}`)
  const reply = await call(world, 'token.apply', world.switchId, { account: user.account }, APPLY_WAIT_MS)
  const token = reply.kind === 'answered' && reply.class === 'OK' ? reply.fields.token : undefined
  if (token === undefined) return refused(`the switch gave no token: ${reasonOf(reply)}`)
  return world.store.change<Outcome<Token>>([tokens.key(token), tokenOfUser.key(id)], (rows) => {
    const known = tokens.in(rows, token)
    if (known !== undefined && known.user !== id)
      return { result: refused('the switch’s token belongs to another account') }
    if (known?.state === 'T_UNBOUND')
      return { result: refused('the switch gave a token that was unbound before') }
    const bound: Token = { token, user: id, state: 'T_ACTIVE' }
    return {
      put: [tokens.put(token, bound), tokenOfUser.put(id, { token })],
      append: [{ item: token, kind: 'token', body: { user: id, state: 'T_ACTIVE' } }],
      result: { kind: 'done', value: bound },
    }
  })
}

export async function setTokenState(
  store: Store,
  token: string,
  state: Token['state'],
): Promise<Outcome<Token>> {
  return store.change<Outcome<Token>>([tokens.key(token)], (rows) => {
    const known = tokens.in(rows, token)
    if (known === undefined) return { result: refused('there is no such token') }
    if (known.state === 'T_UNBOUND' && state !== 'T_UNBOUND')
      return { result: refused('an unbound token never comes back') }
    const changed = { ...known, state }
    return {
      put: [tokens.put(token, changed)],
      append: [{ item: token, kind: 'token', body: { user: known.user, state } }],
      result: { kind: 'done', value: changed },
    }
  })
}

export type ShownCode = { readonly code: string; readonly expiresAt: number }

/** Asks the switch for a payment code and keeps its state on this side as well (COD-001). */
export async function showCode(
  world: InstitutionWorld,
  id: string,
  funding: Funding = FROM_BALANCE,
): Promise<Outcome<ShownCode>> {
  const before = await world.store.read([users.key(id), tokenOfUser.key(id)])
  const token = tokenOfUser.in(before, id)?.token
  if (users.in(before, id)?.status !== 'active') return refused(`user ${id} does not exist or is not active`)
  if (token === undefined) return refused(`user ${id} has not signed up on the network`)
  const reply = await call(world, 'code.apply', world.switchId, { token }, APPLY_WAIT_MS)
  const code = reply.kind === 'answered' && reply.class === 'OK' ? reply.fields.code : undefined
  if (code === undefined || reply.kind !== 'answered')
    return refused(`the switch gave no code: ${reasonOf(reply)}`)
  const lifeMs =
    reply.fields.codeLifeSeconds === undefined
      ? world.profile.values.codeLifeMs
      : Number(reply.fields.codeLifeSeconds) * 1000
  const expiresAt = world.clock.wall() + lifeMs
  const previous = codeOfUser.in(await world.store.read([codeOfUser.key(id)]), id)?.code ?? code
  return world.store.change<Outcome<ShownCode>>(
    [codes.key(code), codes.key(previous), codeOfUser.key(id), tokens.key(token)],
    (rows) => {
      if (codes.in(rows, code) !== undefined)
        return { result: refused('the switch gave a code that was used before') }
      if (tokens.in(rows, token)?.state !== 'T_ACTIVE') return { result: refused('the token is not active') }
      return {
        put: [
          codes.put(code, { code, token, state: 'C_LIVE', expiresAt, funding }),
          codeOfUser.put(id, { code }),
          ...revoked(world, rows, previous),
        ],
        result: { kind: 'done', value: { code, expiresAt } },
      }
    },
  )
}

function revoked(world: InstitutionWorld, rows: Rows, previous: string) {
  const old = codes.in(rows, previous)
  if (!world.profile.flags.refreshRevokes || old?.state !== 'C_LIVE') return []
  return [codes.put(previous, { ...old, state: 'C_REVOKED' })]
}

function reasonOf(reply: Answered<'token.apply'> | Answered<'code.apply'>): string {
  return reply.kind === 'answered' ? `${reply.class} ${reply.fields.because}` : reply.because
}
