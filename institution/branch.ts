// One branch of a composite payment that the switch coordinates: tried (Dr USR / Cr FRZ), then confirmed (Dr FRZ / Cr CLR)
// or cancelled (Dr FRZ / Cr USR), as the coordinator says and never by itself (TCC-010). A cancel that finds nothing leaves
// a fence in the same change, and a Try that comes after it freezes nothing (TCC-004, TCC-005).
import type { Decision, EntryDraft, Put, Rows } from '../store/store.ts'
import { kind } from '../store/store.ts'
import {
  type AnswerClass,
  answer,
  answerFields,
  contentDigest,
  type DeclineClass,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { distinct } from './funding.ts'
import { confirmed, entryOf, type Moved, released, reserved } from './legs.ts'
import { counted, uncounted } from './limits.ts'
import { judgeMoney } from './outcome.ts'
import { type Payer, payerKeys, payerOf } from './payer.ts'
import { FROM_BALANCE, nonces, type Payment, paysOn, tokens, users } from './records.ts'
import type { InstitutionWorld } from './world.ts'

export type Branch = {
  readonly composite: string
  readonly branch: string
  readonly state: 'TRIED' | 'CONFIRMED' | 'CANCELLED' | 'FENCED' | 'REFUSED'
  /** What was tried, as a payment is kept; absent for a fence. */
  readonly tried?: Payment
  readonly said: AnswerClass
  readonly digest: string
}
export const branches = kind<Branch>('branch')
export const branchId = ({ composite, branch }: { composite: string; branch: string }): string =>
  `${composite}.${branch}`

type Reply = Fields<'branch.try.reply'>

export async function tryBranch(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'branch.try', async (opened) => {
    const { token } = opened.message.fields
    const owner = tokens.in(await world.store.read([tokens.key(token)]), token)?.user ?? ''
    const payer = await payerOf(world, owner, FROM_BALANCE)
    const at = world.clock.wall()
    const keys = distinct([
      nonces.key(nonceId(opened)),
      branches.key(branchId(opened.message.fields)),
      tokens.key(token),
      ...payerKeys(payer),
    ])
    return world.store.change<Reply>(keys, (rows) => decideTry(world, opened, payer, rows, at))
  })
}

function decideTry(
  world: InstitutionWorld,
  opened: Opened<'branch.try'>,
  payer: Payer,
  rows: Rows,
  at: number,
): Decision<Reply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, at)
  const id = branchId(fields)
  const digest = contentDigest('branch.try', fields)
  const known = branches.in(rows, id)
  if (known?.state === 'FENCED')
    return {
      put: [claim],
      result: told(fields, 'DECL-STATE', 'FENCED', false, 'cancelled before it arrived'),
    }
  if (known !== undefined) {
    const result =
      known.digest === digest ? told(fields, known.said, known.state, true) : answerFields('REJ-CONFLICT')
    return { put: [claim], result }
  }
  const tried = triedOf(fields, payer.user, digest, at)
  const keep = (state: Branch['state'], said: AnswerClass, more: Partial<Branch> = {}): Put =>
    branches.put(id, { composite: fields.composite, branch: fields.branch, state, said, digest, ...more })
  const refuse = (why: DeclineClass): Decision<Reply> => ({
    put: [claim, keep('REFUSED', why)],
    append: [step(id, 'REFUSED')],
    result: told(fields, why, 'REFUSED', false),
  })
  const refusal = refusalOf(rows, fields, payer.user, at)
  if (refusal !== undefined) return refuse(refusal)
  const money = judgeMoney(world, rows, payer.purse, tried)
  if (money.kind === 'refused') return refuse(money.class)
  const moved = reserved(rows, payer.user, money.legs, id)
  if (moved === 'short') return refuse('DECL-FUNDS')
  return {
    put: [
      claim,
      keep('TRIED', 'OK', { tried: { ...tried, legs: money.legs } }),
      ...moved.put,
      // What is tried counts already: two branches that wait may not pass a limit together (INV-26).
      ...counted(rows, tried, money.legs),
    ],
    append: [...posted(id, tried, moved, 'try'), step(id, 'TRIED')],
    enqueue: [askJob(id, at + world.profile.values.pollMs, 0)],
    result: told(fields, 'OK', 'TRIED', false),
  }
}

function refusalOf(
  rows: Rows,
  { currency, token }: Fields<'branch.try'>,
  user: string,
  at: number,
): DeclineClass | undefined {
  if (currency !== '156') return 'DECL-CURR'
  if (user !== '' && users.in(rows, user)?.status !== 'active') return 'DECL-ACCOUNT'
  return paysOn(tokens.in(rows, token), at) ? undefined : 'DECL-TOKEN'
}

/** The coordinator has the user's consent: no password is asked for here. */
function triedOf(fields: Fields<'branch.try'>, user: string, digest: string, at: number): Payment {
  const { acquirer, merchant, merchantName, merchantCategory, order, orderTime, clearingDay } = fields
  const { token, amount, currency } = fields
  return {
    scene: 'ONLINE',
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    order,
    orderTime,
    clearingDay,
    transaction: '',
    user,
    token,
    amount,
    currency,
    at,
    verified: true,
    funding: FROM_BALANCE,
    legs: [],
    state: 'PENDING',
    said: { class: 'PENDING' },
    refunded: 0n,
    refunding: 0n,
    refunds: [],
    digest,
  }
}

/** What the coordinator decided, or told when it was asked. */
export type Ruling = 'confirm' | 'cancel'
type Ruled = Omit<Decision<undefined>, 'result'> & {
  readonly class: AnswerClass
  readonly state: Branch['state'] | undefined
  readonly repeated: boolean
}

export const confirmBranch = (world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> =>
  second(world, sealed, 'branch.confirm', 'confirm')
export const cancelBranch = (world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> =>
  second(world, sealed, 'branch.cancel', 'cancel')

async function second(
  world: InstitutionWorld,
  sealed: Sealed,
  type: 'branch.confirm' | 'branch.cancel',
  ruling: Ruling,
): Promise<Sealed | Turned> {
  return answer<'branch.confirm' | 'branch.cancel'>(world, sealed, type, async (opened) => {
    const { fields } = opened.message
    const id = branchId(fields)
    const nonce = nonces.key(nonceId(opened))
    return withBranch<Reply>(world, id, [nonce], (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const { class: said, state, repeated, ...decision } = ruled(world, rows, fields, ruling)
      return {
        ...decision,
        put: [claim, ...(decision.put ?? [])],
        result: told(fields, said, state, repeated),
      }
    })
  })
}

/** A change of one branch, with the rows of its payer; one that was tried meanwhile is looked up again. */
export async function withBranch<T>(
  world: InstitutionWorld,
  id: string,
  more: readonly `${string}/${string}`[],
  decide: (rows: Rows) => Decision<T>,
): Promise<T> {
  const AGAIN = Symbol('the branch appeared between the look and the change')
  for (;;) {
    const known = branches.in(await world.store.read([branches.key(id)]), id)?.tried
    const payer = known === undefined ? undefined : await payerOf(world, known.user, known.funding)
    const own = payer === undefined || known === undefined ? [] : payerKeys(payer)
    const keys = distinct([branches.key(id), ...more, ...own])
    const result = await world.store.change<T | typeof AGAIN>(keys, (rows) =>
      branches.in(rows, id)?.tried?.user === known?.user ? decide(rows) : { result: AGAIN },
    )
    if (result !== AGAIN) return result as T
  }
}

/** Phase two, once. What contradicts phase two of before changes nothing, and a person hears of it. */
export function ruled(
  world: InstitutionWorld,
  rows: Rows,
  { composite, branch }: Pick<Branch, 'composite' | 'branch'>,
  ruling: Ruling,
): Ruled {
  const id = branchId({ composite, branch })
  const known = branches.in(rows, id)
  const goal = ruling === 'confirm' ? 'CONFIRMED' : 'CANCELLED'
  const alarm = (because: string): Ruled => ({
    append: [{ item: id, kind: 'case', body: { because } }],
    class: 'DECL-STATE',
    state: known?.state,
    repeated: false,
  })
  if (known === undefined && ruling === 'confirm') return alarm('confirmed without a Try')
  if (known === undefined) return fenced(world, { composite, branch })
  const over =
    known.state === goal || (ruling === 'cancel' && known.state !== 'TRIED' && known.state !== 'CONFIRMED')
  if (over) return { class: 'OK', state: known.state, repeated: true }
  if (known.state !== 'TRIED' || known.tried === undefined)
    return alarm(`${ruling} of a branch that is ${known.state}`)
  const { tried } = known
  const moved =
    ruling === 'confirm'
      ? confirmed(rows, tried.user, tried.legs, id)
      : released(rows, tried.user, tried.legs)
  return {
    put: [
      branches.put(id, { ...known, state: goal }),
      ...moved.put,
      ...(ruling === 'cancel' ? uncounted(rows, tried, tried.legs) : []),
    ],
    append: [...posted(id, tried, moved, ruling), step(id, goal)],
    cancel: [`branch:${id}`],
    class: 'OK',
    state: goal,
    repeated: false,
  }
}

/** Kept at least as long as any message may still be on its way (TCC-014). */
function fenced(world: InstitutionWorld, { composite, branch }: Pick<Branch, 'composite' | 'branch'>): Ruled {
  const { fenceLifeMs, clockSkewMs } = world.profile.values
  const id = branchId({ composite, branch })
  const record: Branch = { composite, branch, state: 'FENCED', said: 'DECL-STATE', digest: '' }
  const expiresAt = world.clock.wall() + Math.max(fenceLifeMs, 2 * clockSkewMs + 1000)
  return {
    put: [branches.put(id, record, { expiresAt })],
    append: [step(id, 'FENCED')],
    class: 'OK',
    state: 'FENCED',
    repeated: false,
  }
}

const step = (id: string, state: string): EntryDraft => ({ item: id, kind: 'branch', body: { state } })

const WHAT = { try: 'try', confirm: 'purchase', cancel: 'release' } as const

function posted(id: string, tried: Payment, moved: Moved, phase: keyof typeof WHAT): EntryDraft[] {
  const entry = entryOf(`${phase}:${id}`, tried.currency, moved)
  if (entry === undefined) return []
  return [{ item: id, kind: 'posting', body: { entry, what: WHAT[phase], clearingDay: tried.clearingDay } }]
}

export const askJob = (id: string, dueAt: number, tries: number) => ({
  id: `branch:${id}`,
  kind: 'branch',
  dueAt,
  body: { id, tries },
})

const told = (
  { branch }: { branch: string },
  said: AnswerClass,
  state: string | undefined,
  repeated: boolean,
  detail?: string,
): Reply => ({
  branch,
  ...(state !== undefined && { state }),
  ...answerFields(said, { repeated, ...(detail !== undefined && { detail }) }),
})
