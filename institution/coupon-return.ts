// What becomes of the coupons of a payment that was refunded whole: as the profile says, each once, and said in the answer
// (MKT-009, MKT-010). Money never comes of it: the coupon's part went back to its issuer with the refund's own postings.
import type { EntryDraft, Put, Rows } from '../store/store.ts'
import type { Profile } from '../wire/wire.ts'
import { freshId } from './legs.ts'
import { coupons, type Leg } from './records.ts'

export type Fate = { readonly coupon: string; readonly state: 'RETURNED' | 'EXTENDED' | 'LAPSED' }

type Back = {
  readonly put: readonly Put[]
  readonly append: readonly EntryDraft[]
  readonly fates: readonly Fate[]
}
export const NO_COUPONS: Back = { put: [], append: [], fates: [] }

export function couponsRefunded(
  { flags, values }: Profile,
  rows: Rows,
  legs: readonly Leg[],
  now: number,
): Back {
  const put: Put[] = []
  const append: EntryDraft[] = []
  const fates: Fate[] = []
  for (const { source, ref = '' } of legs) {
    const coupon = source === 'COUPON' ? coupons.in(rows, ref) : undefined
    if (coupon?.state !== 'USED') continue
    const expired = now > coupon.expiresAt
    const lapses = flags.couponOnRefund === 'lapse' || (expired && flags.expiredCouponOnRefund === 'lapse')
    fates.push({ coupon: ref, state: lapses ? 'LAPSED' : expired ? 'EXTENDED' : 'RETURNED' })
    if (lapses) continue
    const { by: _by, ...same } = coupon
    const expiresAt = expired ? now + values.couponExtendMs : coupon.expiresAt
    const id = freshId(ref)
    put.push(
      coupons.put(ref, { ...coupon, state: 'RETURNED' }),
      coupons.put(id, { ...same, id, state: 'FREE', expiresAt }),
    )
    append.push({
      item: id,
      kind: 'coupon',
      body: { user: coupon.user, state: 'FREE', expiresAt, cause: ref },
    })
  }
  return { put, append, fates }
}
