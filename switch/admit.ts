// One durable change admits a purchase: its nonce, its business key, its payment code and its clearing day, and
// the job that will find out its fate if this process does not live to.
// Same key and content: the first answer again. Same key, other content: REJ-CONFLICT. Nonce seen: REJ-REPLAY.
import { clearingDayOf } from '../clearing/clearing.ts'
import type { Decision, Key, Put, Rows } from '../store/store.ts'
import { beijingTime, contentDigest, type Fields, type Opened, type Profile } from '../wire/wire.ts'
import { businessFault } from './business.ts'
import {
  codes,
  itemKey,
  nonces,
  type Purchase,
  purchases,
  type Said,
  tokens,
  transactions,
} from './records.ts'
import { institutionRefusal, merchantRefusal, termsFor } from './registry.ts'
import type { Routed } from './route.ts'
import type { SwitchWorld } from './world.ts'

export type Admitted =
  | { readonly kind: 'admitted'; readonly id: string; readonly purchase: Purchase }
  | { readonly kind: 'answered'; readonly purchase: Purchase; readonly repeated: boolean }
  | { readonly kind: 'refused'; readonly said: Said }

export type FindRoute = (code: string, rows: Rows) => Routed

export async function admit(
  world: SwitchWorld,
  opened: Opened<'purchase'>,
  findRoute: FindRoute,
): Promise<Admitted> {
  const { fields } = opened.message
  const { profile } = world
  const fault = businessFault(profile, fields.business, 'pay')
  if (fault !== undefined)
    return { kind: 'refused', said: { class: 'REJ-FORMAT', detail: fault.because, field: fault.wrongField } }
  const terms = await termsFor(world, fields.acquirer, fields.merchant)
  // What the registry says of the shop comes before its code is looked at; of the payer's institution, once it is known.
  const allowed: FindRoute = (code, rows) => {
    const barred = merchantRefusal(world, terms, fields, 'CPM')
    if (barred !== undefined) return { kind: 'refused', class: barred }
    const routed = findRoute(code, rows)
    if (routed.kind === 'refused') return routed
    const closed = institutionRefusal(terms, routed.institution, 'CPM', fields.business)
    return closed === undefined ? routed : { kind: 'refused', class: closed }
  }
  for (;;) {
    const transaction = newTransaction(world)
    // Whose code it is never changes; a code that appeared since is looked at again.
    const token = codes.in(await world.store.read([codes.key(fields.code)]), fields.code)?.token
    const keys = [
      nonces.key(nonceId(opened)),
      purchases.key(itemKey(fields)),
      codes.key(fields.code),
      transactions.key(transaction),
      ...(token === undefined ? [] : [tokens.key(token)]),
    ]
    const result = await world.store.change<Admitted | 'taken'>(keys, (rows) => {
      if (transactions.in(rows, transaction) !== undefined) return { result: 'taken' }
      if (codes.in(rows, fields.code)?.token !== token) return { result: 'taken' }
      return decide(world, opened, transaction, rows, allowed)
    })
    if (result !== 'taken') return result
  }
}

function decide(
  world: SwitchWorld,
  opened: Opened<'purchase'>,
  transaction: string,
  rows: Rows,
  findRoute: FindRoute,
): Decision<Admitted> {
  const { fields } = opened.message
  const now = world.clock.wall()
  if (fields.acquirer !== opened.from)
    return { result: { kind: 'refused', said: { class: 'REJ-CERT', detail: 'acqCode is not the sender' } } }
  if (nonceSeen(rows, opened)) return { result: { kind: 'refused', said: { class: 'REJ-REPLAY' } } }
  const claim = nonceClaim(opened, world.profile, now)
  const digest = contentDigest('purchase', fields)
  const known = purchases.in(rows, itemKey(fields))
  if (known?.state === 'FENCED')
    return {
      put: [claim],
      result: { kind: 'refused', said: { class: 'DECL-STATE', detail: 'reversed before it arrived' } },
    }
  if (known !== undefined) {
    return {
      put: [claim],
      result:
        known.digest === digest
          ? { kind: 'answered', purchase: known, repeated: true }
          : { kind: 'refused', said: { class: 'REJ-CONFLICT' } },
    }
  }
  const routed =
    fields.currency === '156'
      ? findRoute(fields.code, rows)
      : ({ kind: 'refused', class: 'DECL-CURR' } as const)
  if (routed.kind === 'refused' && routed.class.startsWith('REJ-'))
    return { put: [claim], result: { kind: 'refused', said: { class: routed.class } } }
  const purchase = purchaseOf(world, fields, transaction, digest, routed)
  const id = itemKey(fields)
  const put = [
    claim,
    purchases.put(id, purchase),
    transactions.put(transaction, { type: 'purchase', id }),
    ...codeUsed(world, rows, fields.code, routed),
  ]
  const append = [
    {
      item: id,
      kind: 'purchase',
      body: { state: purchase.state, transaction, clearingDay: purchase.clearingDay },
    },
  ]
  if (routed.kind === 'refused')
    return { put, append, result: { kind: 'answered', purchase, repeated: false } }
  // If this process dies now, resolve.ts finds the purchase by this job, after the ask would have ended.
  const enqueue = [
    {
      id: `resolve:${id}`,
      kind: 'resolve',
      dueAt: now + world.profile.values.askWaitMs + 1000,
      body: { id, attempt: 0 },
    },
  ]
  return { put, append, enqueue, result: { kind: 'admitted', id, purchase } }
}

function purchaseOf(
  world: SwitchWorld,
  fields: Fields<'purchase'>,
  transaction: string,
  digest: string,
  routed: Routed,
): Purchase {
  const {
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    order,
    orderTime,
    amount,
    currency,
    code,
    memo,
    business,
    region,
  } = fields
  const refused = routed.kind === 'refused'
  return {
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    order,
    orderTime,
    amount,
    currency,
    code,
    transaction,
    digest,
    ...(memo !== undefined && { memo }),
    ...(business !== undefined && { business }),
    ...(region !== undefined && { region }),
    at: world.clock.wall(),
    token: refused ? '' : routed.token,
    institution: refused ? '' : routed.institution,
    clearingDay: clearingDayOf(world.clock.wall(), world.profile.values.cutOff),
    state: refused ? 'FAILED' : 'ASKED',
    said: { class: refused ? routed.class : 'PENDING' },
    refunded: 0n,
    refunding: 0n,
    refunds: [],
  }
}

/** Used once, whoever made it: one of an institution's own is written down here when it is first presented. */
function codeUsed(world: SwitchWorld, rows: Rows, text: string, routed: Routed): Put[] {
  const code = codes.in(rows, text)
  // What is declined here already leaves the code as it was, where declines do (COD-012).
  if (routed.kind === 'refused' && world.profile.flags.codeAfterDecline === 'live') return []
  if (code !== undefined)
    return code.state === 'C_LIVE' ? [codes.put(text, { ...code, state: 'C_USED' })] : []
  if (routed.kind === 'refused') return []
  const { token, institution } = routed
  const { codeLifeMs, clockSkewMs } = world.profile.values
  const expiresAt = world.clock.wall() + codeLifeMs
  // Guesses come here as well: none is kept longer than the code it may be could live.
  return [
    codes.put(
      text,
      { code: text, token, institution, state: 'C_USED', expiresAt },
      { expiresAt: expiresAt + clockSkewMs },
    ),
  ]
}

export const nonceId = (opened: Opened): string => `${opened.from}.${opened.head.nonce}`
export const nonceSeen = (rows: Rows, opened: Opened): boolean =>
  nonces.in(rows, nonceId(opened)) !== undefined
export function nonceClaim(opened: Opened, profile: Profile, now: number): Put {
  return nonces.put(
    nonceId(opened),
    { seen: true },
    { expiresAt: now + 2 * profile.values.clockSkewMs + 1000 },
  )
}

/** Twenty digits: Beijing day, millisecond of the day, four by chance (facts/unionpay 3.5: YYYYMMDD + 12). Checked for use in the change. */
function newTransaction(world: SwitchWorld): string {
  const now = world.clock.wall()
  const ofDay = ((now + 8 * 3_600_000) % 86_400_000).toString().padStart(8, '0')
  const chance = (new DataView(Uint8Array.from(world.random(4)).buffer).getUint32(0) % 10_000)
    .toString()
    .padStart(4, '0')
  return beijingTime(now).slice(0, 8) + ofDay + chance
}

const TAKEN = Symbol('the transaction id is in use')

/** A change that gives its item a network transaction id which nobody had before. */
export async function numbered<T>(
  world: SwitchWorld,
  keys: readonly Key[],
  decide: (transaction: string, rows: Rows) => Decision<T>,
): Promise<T> {
  for (;;) {
    const transaction = newTransaction(world)
    const result = await world.store.change<T | typeof TAKEN>(
      [...keys, transactions.key(transaction)],
      (rows) =>
        transactions.in(rows, transaction) === undefined ? decide(transaction, rows) : { result: TAKEN },
    )
    if (result !== TAKEN) return result
  }
}
