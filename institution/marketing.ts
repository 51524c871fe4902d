// Red packets and coupons given away: pools and their money, campaigns with a budget, single grants. Every gift has an id
// of its asker's, so that a repeat gives nothing twice; and what is given is counted in the change that gives it (MKT-012).
import { creditLine, debitLine, post } from '../ledger/ledger.ts'
import type { Decision, Key, Rows } from '../store/store.ts'
import type { DeclineClass } from '../wire/wire.ts'
import { postingEntry } from './book.ts'
import {
  type Campaign,
  campaigns,
  deposits,
  OF_USER,
  type Pool,
  pools,
  takings,
  userMark,
  type Voucher,
  vouchers,
} from './marketing-records.ts'
import { ownFundsJob } from './own-funds.ts'
import { balances, type Coupon, coupons, type Packet, packets, users } from './records.ts'
import type { InstitutionWorld } from './world.ts'

export type Refusal = {
  readonly kind: 'refused'
  readonly because: string
  readonly class?: DeclineClass
}
export type Result<T> = { readonly kind: 'done'; readonly value: T; readonly repeated: boolean } | Refusal

export const refused = (because: string, why?: DeclineClass): Refusal => ({
  kind: 'refused',
  because,
  ...(why !== undefined && { class: why }),
})
export const done = <T>(value: T, repeated = false): Result<T> => ({ kind: 'done', value, repeated })

/** Money for red packets comes from the institution's own: it goes into the reserve and stands in the pool. */
export async function fundPool(
  { store }: InstitutionWorld,
  id: string,
  deposit: string,
  amount: bigint,
): Promise<Result<Pool>> {
  const account = `RP:${id}`
  return store.change<Result<Pool>>([pools.key(id), deposits.key(deposit), balances.key(account)], (rows) => {
    const known = deposits.in(rows, deposit)
    const pool = pools.in(rows, id) ?? { id, funded: 0n, promised: 0n }
    if (known !== undefined)
      return {
        result:
          known.pool === id && known.amount === amount
            ? done(pool, true)
            : refused(`deposit ${deposit} was made before, of ${known.amount} into ${known.pool}`),
      }
    const before = new Map([[account, balances.in(rows, account)?.amount ?? 0n]])
    const entry = postingEntry(`pool:${deposit}`, '156', [
      debitLine('RSV', amount),
      creditLine(account, amount),
    ])
    const posted = post(before, entry)
    if (posted.status !== 'posted') return { result: refused(`nothing can be paid in: ${posted.status}`) }
    const after = { ...pool, funded: pool.funded + amount }
    return {
      put: [
        pools.put(id, after),
        deposits.put(deposit, { pool: id, amount }),
        balances.put(account, { amount: posted.balances.get(account) ?? 0n }),
      ],
      append: [{ item: account, kind: 'posting', body: { entry, what: 'funding' } }],
      result: done(after),
    }
  })
}

/** Sets a sum of a pool aside for what is promised out of it; `short` when the rest is smaller. */
export function setAside(rows: Rows, id: string, amount: bigint): Pool | 'short' {
  const pool = pools.in(rows, id)
  if (pool === undefined || pool.promised + amount > pool.funded) return 'short'
  return { ...pool, promised: pool.promised + amount }
}

export const SHORT = refused('the pool does not hold so much that nobody was promised', 'DECL-COUPON')

/** A packet campaign sets its whole budget aside at once; a coupon campaign promises its issuer's money. */
export async function openCampaign(
  { store }: InstitutionWorld,
  about: Omit<Campaign, 'granted'>,
): Promise<Result<Campaign>> {
  const { id, gives, from, budget } = about
  const keys = [campaigns.key(id), ...(gives === 'packet' ? [pools.key(from)] : [])]
  return store.change<Result<Campaign>>(keys, (rows) => {
    const known = campaigns.in(rows, id)
    if (known !== undefined) {
      const same = (Object.keys(about) as (keyof typeof about)[]).every(
        (member) => member === 'until' || known[member] === about[member],
      )
      return { result: same ? done(known, true) : refused(`there is another campaign ${id}`) }
    }
    const pool = gives === 'packet' ? setAside(rows, from, budget) : undefined
    if (pool === 'short') return { result: SHORT }
    const campaign: Campaign = { ...about, granted: 0n }
    return {
      put: [campaigns.put(id, campaign), ...(pool === undefined ? [] : [pools.put(from, pool)])],
      append: [{ item: id, kind: 'campaign', body: { budget, gives, from } }],
      result: done(campaign),
    }
  })
}

/** What a gift reads and writes, whatever it is taken from. */
export const giftKeys = (id: string, user: string, cause: string): Key[] => [
  users.key(user),
  vouchers.key(id),
  coupons.key(id),
  packets.key(id),
  takings.key(`${cause}.${user}`),
]

/** Who asks and whether it was given before; undefined when it is to be judged now. */
export function known(rows: Rows, { id, user, cause }: Omit<Voucher, 'gives'>): Result<Voucher> | undefined {
  const voucher = vouchers.in(rows, id)
  if (voucher !== undefined)
    return voucher.user === user && voucher.cause === cause
      ? done(voucher, true)
      : refused(`${id} was given to somebody else, or for something else`)
  if (users.in(rows, user)?.status !== 'active')
    return refused(`there is no active user ${user}`, 'DECL-ACCOUNT')
  if (coupons.in(rows, id) !== undefined || packets.in(rows, id) !== undefined)
    return refused(`there is a coupon or packet ${id} already`)
  return undefined
}

/** Gives a coupon or a packet: the record, and the mark by which its owner finds it. */
export function given(
  world: InstitutionWorld,
  rows: Rows,
  gift: { readonly coupon: Coupon } | { readonly packet: Packet },
  cause: string,
): Required<Pick<Decision<never>, 'put' | 'append' | 'enqueue'>> & { readonly result: Result<Voucher> } {
  const isCoupon = 'coupon' in gift
  const { id, user, expiresAt } = isCoupon ? gift.coupon : gift.packet
  const voucher: Voucher = { id, user, gives: isCoupon ? 'coupon' : 'packet', cause }
  const taking = `${cause}.${user}`
  const indexed = { [OF_USER]: userMark(user, world.clock.wall()) }
  return {
    put: [
      vouchers.put(id, voucher, { indexed }),
      isCoupon ? coupons.put(id, gift.coupon) : packets.put(id, gift.packet),
      takings.put(taking, { count: (takings.in(rows, taking)?.count ?? 0) + 1 }),
    ],
    append: [{ item: id, kind: voucher.gives, body: { user, state: 'FREE', expiresAt, cause } }],
    // A coupon may cost own money until it ends: the days on which it can are closed.
    enqueue: isCoupon ? [ownFundsJob(world)] : [],
    result: done(voucher),
  }
}

/** One of a campaign's coupons or packets for a user who asked for it. */
export async function grab(
  world: InstitutionWorld,
  user: string,
  campaignId: string,
  id: string,
): Promise<Result<Voucher>> {
  const cause = `campaign.${campaignId}`
  const keys = [campaigns.key(campaignId), ...giftKeys(id, user, cause)]
  return world.store.change<Result<Voucher>>(keys, (rows) => {
    const before = known(rows, { id, user, cause })
    if (before !== undefined) return { result: before }
    const campaign = campaigns.in(rows, campaignId)
    const now = world.clock.wall()
    if (campaign === undefined || now > campaign.until)
      return { result: refused(`campaign ${campaignId} is not open`, 'DECL-COUPON') }
    if ((takings.in(rows, `${cause}.${user}`)?.count ?? 0) >= campaign.perUser)
      return { result: refused('the user has had all of this campaign', 'DECL-COUPON') }
    const granted = campaign.granted + campaign.face
    if (granted > campaign.budget)
      return { result: refused('the budget of the campaign is used up', 'DECL-COUPON') }
    const { from, face, threshold, lifeMs } = campaign
    const expiresAt = now + lifeMs
    const gift =
      campaign.gives === 'coupon'
        ? { coupon: { id, user, issuer: from, face, threshold, expiresAt, state: 'FREE' } as const }
        : { packet: { id, user, pool: from, left: face, expiresAt } }
    const { put, ...rest } = given(world, rows, gift, cause)
    return { ...rest, put: [...put, campaigns.put(campaignId, { ...campaign, granted })] }
  })
}

/** A coupon for one user, outside any campaign. */
export async function grantCoupon(
  world: InstitutionWorld,
  about: Omit<Coupon, 'state' | 'by'>,
): Promise<Result<Voucher>> {
  const { id, user, issuer, face, threshold } = about
  const cause = `grant.${issuer}.${face}.${threshold}`
  return world.store.change<Result<Voucher>>(giftKeys(id, user, cause), (rows) => {
    const before = known(rows, { id, user, cause })
    return before === undefined
      ? given(world, rows, { coupon: { ...about, state: 'FREE' } }, cause)
      : { result: before }
  })
}

/** A packet for one user, out of a pool. */
export async function grantPacket(world: InstitutionWorld, about: Packet): Promise<Result<Voucher>> {
  const { id, user, pool, left } = about
  const cause = `grant.${pool}.${left}`
  return world.store.change<Result<Voucher>>([pools.key(pool), ...giftKeys(id, user, cause)], (rows) => {
    const before = known(rows, { id, user, cause })
    if (before !== undefined) return { result: before }
    const after = setAside(rows, pool, left)
    if (after === 'short') return { result: SHORT }
    const { put, ...rest } = given(world, rows, { packet: about }, cause)
    return { ...rest, put: [...put, pools.put(pool, after)] }
  })
}
