// Proof by a small deposit (打款认证): the bank pays a few fen that only the card's holder can see, and the user says how
// much it was. It proves access to the card, not who sits at the phone (case-003), so it raises nobody's tier.
import { checks, type Check, type MoneyOrder } from './card-records.ts'
import { orderMoney } from './money.ts'
import type { Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const MOST_FEN = 99

export function sendDeposit(
  world: InstitutionWorld,
  user: string,
  card: string,
  request: string,
): Promise<Outcome<MoneyOrder>> {
  // Without bias: bytes above the largest multiple are drawn again.
  const fair = [...world.random(16)].find((byte) => byte < 2 * MOST_FEN) ?? 0
  const amount = BigInt((fair % MOST_FEN) + 1)
  return orderMoney(world, user, { request, kind: 'VERIFY', card, amount })
}

const refused = (because: string) => ({ kind: 'refused', because }) as const

/** A wrong amount uses up one try; after the last the card cannot be proven any more. */
export async function sayDeposit(
  world: InstitutionWorld,
  user: string,
  card: string,
  amount: bigint,
): Promise<Outcome<Check>> {
  return world.store.change<Outcome<Check>>([checks.key(card)], (rows) => {
    const check = checks.in(rows, card)
    if (check === undefined || check.user !== user)
      return { result: refused('no deposit to this card was confirmed yet') }
    if (check.state === 'VERIFIED') return { result: { kind: 'done', value: check } }
    if (check.state !== 'WAITS') return { result: refused(`the proof is ${check.state}: DECL-AUTH`) }
    if (amount === check.amount) {
      const proven: Check = { ...check, state: 'VERIFIED' }
      return {
        put: [checks.put(card, proven)],
        append: [{ item: card, kind: 'card', body: { check: 'VERIFIED' } }],
        result: { kind: 'done', value: proven },
      }
    }
    const wrong = check.wrong + 1
    const left = world.profile.values.depositTries - wrong
    const after: Check = { ...check, wrong, state: left > 0 ? 'WAITS' : 'LOCKED' }
    return {
      put: [checks.put(card, after)],
      append: [{ item: card, kind: 'card', body: { check: after.state, wrong } }],
      result: refused(`the amount is wrong; ${left} tries are left: DECL-AUTH`),
    }
  })
}
