// What a user does with the own token in the wallet: suspend, resume, unbind. It holds here at once; the switch is told by a
// job that goes on until it has heard, so that both sides refuse (TOK-008).
import type { Job, JobDraft, Rows } from '../store/store.ts'
import { call } from '../wire/wire.ts'
import { PENDING_OF_TOKEN, type Token, tokenOfUser, tokens, users } from './records.ts'
import type { Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const refused = (because: string) => ({ kind: 'refused', because }) as const

/** Whether a payment made with the token still waits for its end. */
export async function hasPending(world: InstitutionWorld, token: string): Promise<boolean> {
  const found = await world.store.scan(PENDING_OF_TOKEN, token, `${token}~`, 1)
  return found.length > 0
}

export async function changeOwnToken(
  world: InstitutionWorld,
  user: string,
  to: Token['state'],
): Promise<Outcome<Token>> {
  const token = tokenOfUser.in(await world.store.read([tokenOfUser.key(user)]), user)?.token
  if (token === undefined) return refused(`user ${user} has not signed up on the network`)
  const pending = to === 'T_UNBOUND' && (await hasPending(world, token))
  const keys = [users.key(user), tokenOfUser.key(user), tokens.key(token)]
  const result = await world.store.change<Outcome<Token> | 'again'>(keys, (rows) => {
    if (tokenOfUser.in(rows, user)?.token !== token) return { result: 'again' }
    const bound = tokens.in(rows, token)
    if (bound === undefined) return { result: refused('there is no such token') }
    const why = refusalOf(world, rows, user, bound, to, pending)
    if (why !== undefined) return { result: refused(why) }
    if (bound.state === to) return { result: { kind: 'done', value: bound } }
    const { suspendedBy: _by, ...rest } = bound
    const changed: Token = { ...rest, state: to, ...(to === 'T_SUSPENDED' && { suspendedBy: 'user' }) }
    return {
      put: [tokens.put(token, changed)],
      append: [{ item: token, kind: 'token', body: { user, state: to } }],
      enqueue: [tellToken(world, token)],
      result: { kind: 'done', value: changed },
    }
  })
  return result === 'again' ? changeOwnToken(world, user, to) : result
}

function refusalOf(
  world: InstitutionWorld,
  rows: Rows,
  user: string,
  { state, suspendedBy }: Token,
  to: Token['state'],
  pending: boolean,
): string | undefined {
  if (state === to) return undefined
  if (state === 'T_UNBOUND') return 'an unbound token never comes back; sign up again'
  if (to === 'T_ACTIVE' && (users.in(rows, user)?.status !== 'active' || suspendedBy !== 'user'))
    return 'the token was not suspended by its user, and is not resumed by the user alone'
  if (pending && world.profile.flags.unbindWhilePending === 'DECL-STATE')
    return 'a payment with this token is still pending: DECL-STATE'
  return undefined
}

export const tellToken = (world: InstitutionWorld, token: string): JobDraft => ({
  id: `token:${token}`,
  kind: 'token',
  dueAt: world.clock.wall(),
  body: { token, attempt: 0 },
})

/** Tells the switch how the token stands now, until it has heard. */
export async function tellTokenState(world: InstitutionWorld, job: Job): Promise<void> {
  const { token, attempt } = job.body as { token: string; attempt: number }
  const { insistGapsMs, insistAttemptsCase } = world.profile.values
  const told = await toldState(world, token)
  const gap = insistGapsMs[Math.min(attempt, insistGapsMs.length - 1)] ?? 0
  const next = { ...job, dueAt: world.clock.wall() + gap, body: { token, attempt: attempt + 1 } }
  const { lease: _lease, ...draft } = next
  const stuck = told === 'refused' || (told === 'unheard' && attempt + 1 === insistAttemptsCase)
  await world.store.change([], () => ({
    finish: [job],
    ...(told === 'unheard' && { enqueue: [draft] }),
    ...(stuck && {
      append: [
        {
          item: token,
          kind: 'case',
          body: { because: `the switch has not taken the token’s state: ${told}` },
        },
      ],
    }),
    result: undefined,
  }))
}

/** One telling, of the state as it stands. */
export async function toldState(
  world: InstitutionWorld,
  token: string,
): Promise<'heard' | 'refused' | 'unheard'> {
  const bound = tokens.in(await world.store.read([tokens.key(token)]), token)
  if (bound === undefined) return 'heard'
  const reply = await call(
    world,
    'token.change',
    world.switchId,
    { token, state: bound.state },
    world.profile.values.askWaitMs,
  )
  if (reply.kind !== 'answered') return 'unheard'
  return reply.class === 'OK'
    ? 'heard'
    : reply.class === 'REJ-RATE' || reply.class === 'REJ-REPLAY'
      ? 'unheard'
      : 'refused'
}
