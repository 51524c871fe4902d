// A user's name on the network: had by the wallet's own sign-up, or by an agreement; one that lives at a time, and never
// one that lived before (TOK-002, TOK-010). An account out of order takes its token with it.
import type { Rows, Store } from '../store/store.ts'
import { beijingTime, call } from '../wire/wire.ts'
import { withFormer } from './sign-up-confirm.ts'
import { type Token, tokenOfUser, tokens, type User, users } from './records.ts'
import { tellToken, toldState } from './unbind.ts'
import { APPLY_WAIT_MS, type Outcome, reasonOf } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const refused = (because: string) => ({ kind: 'refused', because }) as const

/** Signs the user's account up on the network and keeps the token it answers with, one to one (TOK-001, TOK-002). */
export async function signUp(world: InstitutionWorld, id: string): Promise<Outcome<Token>> {
  const before = await world.store.read([users.key(id), tokenOfUser.key(id)])
  const user = users.in(before, id)
  if (user === undefined) return refused(`there is no user ${id}`)
  if (user.status !== 'active') return refused(`user ${id} is ${user.status}`)
  const current = await tokenNow(world.store, tokenOfUser.in(before, id)?.token)
  // One that the switch brought by an agreement: the wallet asks for no second.
  if (current?.agreed === true && current.state !== 'T_UNBOUND')
    return world.profile.flags.signUpAgain === 'same-token'
      ? { kind: 'done', value: current }
      : refused(`user ${id} has signed up already: DECL-STATE`)
  // The switch may not know yet that the old one is over; it would only give it again.
  if (current?.state === 'T_UNBOUND' && (await toldState(world, current.token)) === 'unheard')
    return refused('the switch does not answer: the old token is not ended there yet')
  const reply = await call(world, 'token.apply', world.switchId, { account: user.account }, APPLY_WAIT_MS)
  const token = reply.kind === 'answered' && reply.class === 'OK' ? reply.fields.token : undefined
  if (token === undefined) return refused(`the switch gave no token: ${reasonOf(reply)}`)
  return bind(world, id, token, current?.token)
}

async function tokenNow(store: Store, token: string | undefined): Promise<Token | undefined> {
  return token === undefined ? undefined : tokens.in(await store.read([tokens.key(token)]), token)
}

async function bind(
  world: InstitutionWorld,
  id: string,
  token: string,
  before: string | undefined,
): Promise<Outcome<Token>> {
  const keys = [tokens.key(token), tokenOfUser.key(id)]
  const old = before === undefined || before === token ? [] : [tokens.key(before)]
  const result = await world.store.change<Outcome<Token> | 'again'>([...keys, ...old], (rows) => {
    const known = tokens.in(rows, token)
    const row = tokenOfUser.in(rows, id)
    if (row?.token !== before && row?.token !== token) return { result: 'again' }
    if (known !== undefined && known.user !== id)
      return { result: refused('the switch’s token belongs to another account') }
    if (known?.state === 'T_UNBOUND')
      return { result: refused('the switch gave a token that was unbound before') }
    if (known !== undefined) return { result: { kind: 'done', value: known } }
    if (before !== undefined && tokens.in(rows, before)?.state !== 'T_UNBOUND')
      return { result: refused('the switch gave a second token beside one that lives') }
    const bound: Token = { token, user: id, state: 'T_ACTIVE', boundAt: beijingTime(world.clock.wall()) }
    return {
      put: [
        tokens.put(token, bound),
        tokenOfUser.put(id, { token, former: withFormer(row?.former ?? [], before) }),
      ],
      append: [{ item: token, kind: 'token', body: { user: id, state: 'T_ACTIVE' } }],
      result: { kind: 'done', value: bound },
    }
  })
  return result === 'again' ? signUp(world, id) : result
}

/** The examiner's lever on the token table; the switch is not told of it. */
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

/** An account out of order takes its token with it: suspended while frozen, unbound for ever when closed (TOK-014). */
export async function setStatus(
  world: InstitutionWorld,
  id: string,
  status: User['status'],
): Promise<Outcome<User>> {
  // A user's token changes only when the user signs up anew; a change that found another one looks again.
  const token = tokenOfUser.in(await world.store.read([tokenOfUser.key(id)]), id)?.token
  const keys = [users.key(id), tokenOfUser.key(id), ...(token === undefined ? [] : [tokens.key(token)])]
  const result = await world.store.change<Outcome<User> | 'again'>(keys, (rows) => {
    const user = users.in(rows, id)
    if (user === undefined) return { result: refused(`there is no user ${id}`) }
    if (tokenOfUser.in(rows, id)?.token !== token) return { result: 'again' }
    const changed = { ...user, status }
    const follows = following(rows, token, status)
    return {
      put: [users.put(id, changed), ...(follows === undefined ? [] : [tokens.put(follows.token, follows)])],
      ...(follows !== undefined && {
        append: [{ item: follows.token, kind: 'token', body: { user: id, state: follows.state } }],
        enqueue: [tellToken(world, follows.token)],
      }),
      result: { kind: 'done', value: changed },
    }
  })
  return result === 'again' ? setStatus(world, id, status) : result
}

/** The token as it stands after the account changed; undefined where it stands as before. */
function following(rows: Rows, token: string | undefined, status: User['status']): Token | undefined {
  const bound = token === undefined ? undefined : tokens.in(rows, token)
  if (bound === undefined || bound.state === 'T_UNBOUND') return undefined
  const { suspendedBy, ...rest } = bound
  if (status === 'closed') return { ...rest, state: 'T_UNBOUND' }
  if (status === 'frozen')
    return bound.state === 'T_ACTIVE' ? { ...rest, state: 'T_SUSPENDED', suspendedBy: 'account' } : undefined
  return suspendedBy === 'account' ? { ...rest, state: 'T_ACTIVE' } : undefined
}
