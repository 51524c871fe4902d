// What a payment is paid with: the user's chosen sources become legs, in their order, or the first reason why not.
// Who owns what never changes, so it may be looked up before the change; what is left is judged inside it.
import type { Key, Rows, Store } from '../store/store.ts'
import type { DeclineClass, Profile } from '../wire/wire.ts'
import { cardLeg } from './card-leg.ts'
import { cards } from './card-records.ts'
import { type Policy, policyIn, policyKey } from './policy.ts'
import { balances, coupons, type Funding, type Leg, packets, type Source, users } from './records.ts'

/** A user's sources with what is fixed about them: whose pool a packet draws on. */
export type Purse = {
  readonly user: string
  readonly funding: Funding
  readonly pools: ReadonlyMap<string, string>
  /** Who stands behind the account; never changes. */
  readonly person: string
  readonly policy: Policy
}

export async function purseOf(store: Store, user: string, funding: Funding): Promise<Purse> {
  const wanted = funding.filter((source) => source.from === 'packet')
  const rows = await store.read([users.key(user), policyKey, ...wanted.map(({ id }) => packets.key(id))])
  const pools = new Map(wanted.map(({ id }) => [id, packets.in(rows, id)?.pool ?? '']))
  return { user, funding, pools, person: users.in(rows, user)?.person ?? user, policy: policyIn(rows) }
}

/** Everything that a payment out of this purse may touch. */
export function purseKeys({ user, funding, pools }: Purse): Key[] {
  const own = [balances.key(`USR:${user}`), balances.key(`FRZ:${user}`)]
  return own.concat(
    funding.flatMap((source) => {
      if (source.from === 'coupon') return [coupons.key(source.id)]
      if (source.from === 'card') return [cards.key(source.id)]
      if (source.from === 'packet')
        return [packets.key(source.id), balances.key(`RP:${pools.get(source.id) ?? ''}`)]
      return []
    }),
  )
}

/** Of two sources that draw on one pool only one key is locked. */
export const distinct = (keys: readonly Key[]): Key[] => [
  ...new Map(keys.map((key) => [JSON.stringify(key), key])).values(),
]

export type Planned =
  | { readonly kind: 'legs'; readonly legs: readonly Leg[] }
  | { readonly kind: 'refused'; readonly class: DeclineClass }

type Order = {
  readonly amount: bigint
  readonly at: number
  readonly by: string
  readonly merchantCategory?: string
}

/** Legs for an amount asked for at `at`: a source that lapsed before is refused, one that lapses later is not (MKT-011). */
export function planLegs(profile: Profile, rows: Rows, purse: Purse, order: Order): Planned {
  const legs: Leg[] = []
  let missing = order.amount
  for (const source of purse.funding) {
    if (missing === 0n) break
    // One coupon or packet named twice would give twice what it holds.
    if ('id' in source && legs.some(({ ref }) => ref === source.id))
      return { kind: 'refused', class: 'DECL-COUPON' }
    const leg = legOf(profile, rows, purse, source, missing, order)
    if (typeof leg === 'string') return { kind: 'refused', class: leg }
    if (leg.amount === 0n) continue
    legs.push(leg)
    missing -= leg.amount
  }
  if (missing > 0n) return { kind: 'refused', class: 'DECL-FUNDS' }
  // One card and one coupon of the network at most: two could not be undone as one.
  const remote = legs.flatMap(({ source }) => (source === 'CARD' || source === 'NETWORK' ? [source] : []))
  if (new Set(remote).size < remote.length) return { kind: 'refused', class: 'DECL-FUNDTYPE' }
  const whole = legs.every(({ source }) => source === 'COUPON' || source === 'PACKET')
  if (whole && profile.flags.fullDiscount === 'DECL-COUPON') return { kind: 'refused', class: 'DECL-COUPON' }
  return { kind: 'legs', legs }
}

function legOf(
  profile: Profile,
  rows: Rows,
  { user, pools }: Purse,
  source: Source,
  missing: bigint,
  { amount, at, by, ...shop }: Order,
): Leg | DeclineClass {
  const least = (...amounts: (bigint | undefined)[]): bigint =>
    amounts.reduce<bigint>((low, one) => (one !== undefined && one < low ? one : low), missing)
  switch (source.from) {
    case 'balance':
      return { source: 'BALANCE', account: `USR:${user}`, amount: least(source.most), returned: 0n }
    case 'network':
      return {
        source: 'NETWORK',
        account: 'CPN:NETWORK',
        amount: least(source.amount),
        returned: 0n,
        ref: source.id,
        sponsor: 'NETWORK',
      }
    case 'card':
      return cardLeg(profile, cards.in(rows, source.id), user, least(source.most), shop)
    case 'packet': {
      const packet = packets.in(rows, source.id)
      if (packet === undefined || packet.user !== user || at > packet.expiresAt) return 'DECL-COUPON'
      const account = `RP:${pools.get(source.id) ?? packet.pool}`
      const left = least(source.most, packet.left)
      return { source: 'PACKET', account, amount: left, returned: 0n, ref: source.id, sponsor: packet.pool }
    }
    case 'coupon': {
      const coupon = coupons.in(rows, source.id)
      if (coupon === undefined || coupon.user !== user || at > coupon.expiresAt) return 'DECL-COUPON'
      const mine = coupon.state === 'FREE' || (coupon.state === 'LOCKED' && coupon.by === by)
      if (!mine || amount < coupon.threshold) return 'DECL-COUPON'
      return {
        source: 'COUPON',
        account: `CPN:${coupon.issuer}`,
        amount: least(coupon.face),
        returned: 0n,
        ref: source.id,
        sponsor: coupon.issuer,
      }
    }
  }
}
