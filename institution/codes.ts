// Payment codes as the user's app shows them: the switch makes them, or this house does after the switch's rule; either way
// their state is kept on this side, and both sides refuse what is used, expired or of a token that pays no more (COD-001).
import { readBeijingTime } from '../wire/wire.ts'
import { call } from '../wire/wire.ts'
import type { Put, Rows } from '../store/store.ts'
import { distinct } from './funding.ts'
import { phoneCode, seedOf, shownCode } from './phone-codes.ts'
import {
  codeOfUser,
  codes,
  FROM_BALANCE,
  type Funding,
  paysOn,
  tokenOfUser,
  tokens,
  users,
} from './records.ts'
import { APPLY_WAIT_MS, type Outcome, reasonOf } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const refused = (because: string) => ({ kind: 'refused', because }) as const

export type ShownCode = { readonly code: string; readonly expiresAt: number }

export async function showCode(
  world: InstitutionWorld,
  id: string,
  funding: Funding = FROM_BALANCE,
): Promise<Outcome<ShownCode>> {
  const holder = await holderOf(world, id)
  if (holder.kind === 'refused') return holder
  const token = holder.value
  for (;;) {
    const made = await makeOne(world, id, token)
    if (made.kind === 'refused') return made
    const kept = await keep(world, id, token, funding, made.value)
    if (kept !== 'taken') return kept
  }
}

/** The token of a user who may show codes. */
async function holderOf(world: InstitutionWorld, id: string): Promise<Outcome<string>> {
  const before = await world.store.read([users.key(id), tokenOfUser.key(id)])
  const token = tokenOfUser.in(before, id)?.token
  if (users.in(before, id)?.status !== 'active') return refused(`user ${id} does not exist or is not active`)
  return token === undefined
    ? refused(`user ${id} has not signed up on the network`)
    : { kind: 'done', value: token }
}

type Made = ShownCode & { readonly own: boolean }

async function makeOne(world: InstitutionWorld, id: string, token: string): Promise<Outcome<Made>> {
  const { values, flags } = world.profile
  if (flags.codesBy === 'institution') {
    const code = shownCode(world, await seedOf(world, id))
    return { kind: 'done', value: { code, expiresAt: world.clock.wall() + values.codeLifeMs, own: true } }
  }
  const reply = await call(world, 'code.apply', world.switchId, { token }, APPLY_WAIT_MS)
  if (reply.kind !== 'answered' || reply.class !== 'OK' || reply.fields.code === undefined)
    return refused(`the switch gave no code: ${reasonOf(reply)}`)
  const { code, codeLifeSeconds } = reply.fields
  const lifeMs = codeLifeSeconds === undefined ? values.codeLifeMs : Number(codeLifeSeconds) * 1000
  return { kind: 'done', value: { code, expiresAt: world.clock.wall() + lifeMs, own: false } }
}

/** `taken`: an own code of these digits is there already; another is made. */
async function keep(
  world: InstitutionWorld,
  id: string,
  token: string,
  funding: Funding,
  { code, expiresAt, own }: Made,
): Promise<Outcome<ShownCode> | 'taken'> {
  const previous = codeOfUser.in(await world.store.read([codeOfUser.key(id)]), id)?.code ?? code
  const keys = distinct([codes.key(code), codes.key(previous), codeOfUser.key(id), tokens.key(token)])
  return world.store.change<Outcome<ShownCode> | 'taken'>(keys, (rows) => {
    if (codes.in(rows, code) !== undefined)
      return { result: own ? 'taken' : refused('the switch gave a code that was used before') }
    if (!paysOn(tokens.in(rows, token), world.clock.wall()))
      return { result: refused('the token is not active') }
    return {
      put: [
        codes.put(code, { code, token, state: 'C_LIVE', expiresAt, funding }),
        codeOfUser.put(id, { code }),
        ...revoked(world, rows, previous),
      ],
      result: { kind: 'done', value: { code, expiresAt } },
    }
  })
}

function revoked(world: InstitutionWorld, rows: Rows, previous: string): Put[] {
  const old = codes.in(rows, previous)
  if (!world.profile.flags.refreshRevokes || old?.state !== 'C_LIVE') return []
  return [codes.put(previous, { ...old, state: 'C_REVOKED' })]
}

const STRIP_MAX = 1000

/** What the user's phone shows by itself, step after step, from the moment that its own clock says (COD-007). */
export async function phoneStrip(
  world: InstitutionWorld,
  id: string,
  count: number,
  clock: string | undefined,
): Promise<Outcome<readonly string[]>> {
  const holder = await holderOf(world, id)
  if (holder.kind === 'refused') return holder
  const rows = await world.store.read([tokens.key(holder.value)])
  if (!paysOn(tokens.in(rows, holder.value), world.clock.wall())) return refused('the token is not active')
  const from = clock === undefined ? world.clock.wall() : readBeijingTime(clock)
  if (from === undefined) return refused(`${clock} is no time; write YYYYMMDDhhmmss, Beijing`)
  if (count > STRIP_MAX) return refused(`at most ${STRIP_MAX} codes at once`)
  const seed = await seedOf(world, id)
  const { codeStepMs } = world.profile.values
  const codesMade = Array.from({ length: count }, (_, step) =>
    phoneCode(world, seed, from + step * codeStepMs),
  )
  return { kind: 'done', value: codesMade }
}
