// A red packet for a crowd: a sum drawn into shares when it is made, each at least one fen, together exactly the sum; then
// given out in that order to whoever claims, each claim under an id of its own (MKT-013, INV-24).
import { given, giftKeys, known, type Result, done, refused, setAside, SHORT } from './marketing.ts'
import { pools, type Split, splits, takings, type Voucher } from './marketing-records.ts'
import type { InstitutionWorld } from './world.ts'

type Random = (length: number) => Uint8Array
const BYTES = 8

/** Any whole number below `limit`, each as likely: draws that would favour the low ones are thrown away. */
function below(random: Random, limit: bigint): bigint {
  const range = 1n << BigInt(BYTES * 8)
  for (;;) {
    const drawn = new DataView(Uint8Array.from(random(BYTES)).buffer).getBigUint64(0)
    if (drawn < range - (range % limit)) return drawn % limit
  }
}

/** `count` positive amounts that add up to `total`, every such list as likely: as many cuts of the sum, no two at one
 *  place (Floyd's sample without repetition). */
export function drawShares(random: Random, total: bigint, count: number): readonly bigint[] {
  const cuts = new Set<bigint>()
  const places = total - 1n
  for (let at = places - BigInt(count - 1) + 1n; at <= places; at += 1n) {
    const cut = 1n + below(random, at)
    cuts.add(cuts.has(cut) ? at : cut)
  }
  const ends = [...cuts].sort((a, b) => (a < b ? -1 : 1)).concat(total)
  return ends.map((end, index) => end - (ends[index - 1] ?? 0n))
}

export async function makeSplit(
  { store, random }: InstitutionWorld,
  about: Omit<Split, 'shares' | 'claimed'> & { readonly count: number },
): Promise<Result<Split>> {
  const { count, ...rest } = about
  const { id, pool, total, perUser } = rest
  if (total < BigInt(count)) return refused(`${total} fen cannot be split into ${count} shares of at least 1`)
  // Drawn before the change, which may decide more than once.
  const shares = drawShares(random, total, count)
  return store.change<Result<Split>>([splits.key(id), pools.key(pool)], (rows) => {
    const before = splits.in(rows, id)
    if (before !== undefined) {
      const same =
        before.pool === pool &&
        before.total === total &&
        before.shares.length === count &&
        before.perUser === perUser
      return { result: same ? done(before, true) : refused(`there is another split packet ${id}`) }
    }
    const after = setAside(rows, pool, total)
    if (after === 'short') return { result: SHORT }
    const split: Split = { ...rest, shares, claimed: 0 }
    return { put: [splits.put(id, split), pools.put(pool, after)], result: done(split) }
  })
}

export async function claimShare(
  world: InstitutionWorld,
  user: string,
  splitId: string,
  id: string,
): Promise<Result<Voucher>> {
  const cause = `split.${splitId}`
  return world.store.change<Result<Voucher>>([splits.key(splitId), ...giftKeys(id, user, cause)], (rows) => {
    const before = known(rows, { id, user, cause })
    if (before !== undefined) return { result: before }
    const split = splits.in(rows, splitId)
    const share = split?.shares[split.claimed]
    const now = world.clock.wall()
    if (split === undefined || now > split.until)
      return { result: refused(`split packet ${splitId} is not open`, 'DECL-COUPON') }
    if (share === undefined) return { result: refused('every share has been claimed', 'DECL-COUPON') }
    if ((takings.in(rows, `${cause}.${user}`)?.count ?? 0) >= split.perUser)
      return { result: refused('the user has had a share', 'DECL-COUPON') }
    const packet = { id, user, pool: split.pool, left: share, expiresAt: now + split.lifeMs }
    const { put, ...rest } = given(world, rows, { packet }, cause)
    return { ...rest, put: [...put, splits.put(splitId, { ...split, claimed: split.claimed + 1 })] }
  })
}
