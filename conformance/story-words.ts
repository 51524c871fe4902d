// What a random story is drawn from: every transaction that users, tills and the network can begin, everything that can
// happen to a message, and time. Numbers name earlier codes, sales and users by their place, counted round.
import fc from 'fast-check'
import { MISBEHAVIOURS } from '../scenarios/scenarios.ts'

export type Command =
  | {
      readonly do: 'sell'
      readonly acquirer: 'A' | 'B'
      readonly of: number
      readonly amount: number
      readonly oldCode: boolean
      readonly funding: Funding
    }
  | { readonly do: 'scan'; readonly of: number; readonly amount: number; readonly funding: Funding }
  | { readonly do: 'answer'; readonly of: number; readonly how: 'right' | 'wrong' | 'no' }
  | { readonly do: 'refund'; readonly of: number; readonly amount: number }
  | { readonly do: 'void'; readonly of: number }
  | { readonly do: 'reversal'; readonly of: number }
  | {
      readonly do: 'money'
      readonly what: 'top-ups' | 'withdrawals' | 'transfers'
      readonly of: number
      readonly amount: number
    }
  | { readonly do: 'limit'; readonly of: number; readonly amount: number }
  | {
      readonly do: 'fault'
      readonly what: string
      readonly type: string
      readonly times: number
      readonly by: string
    }
  | { readonly do: 'wait'; readonly for: string }
  | { readonly do: 'crash'; readonly who: 'switch' | 'acquirer' | 'subject' }
  | { readonly do: 'status'; readonly of: number; readonly is: string }
  | { readonly do: 'balance'; readonly of: number; readonly amount: number }
  | { readonly do: 'close' }

/** What a payment is paid with; `mixed` is a part of the balance and the rest by card. */
export type Funding = 'balance' | 'coupon' | 'packet' | 'card' | 'mixed' | 'all'

const FUNDINGS: readonly Funding[] = [
  'balance',
  'balance',
  'balance',
  'coupon',
  'packet',
  'card',
  'mixed',
  'all',
]
const FAULTY = [
  'purchase',
  'debit',
  'debit.query',
  'debit.reverse',
  'debit.void',
  'credit',
  'query',
  'refund',
  'void',
  'reversal',
  'notify.payee',
  'notify.payer',
  'auth.result',
  'pay',
  'pay.query',
  'order.resolve',
  'card.debit',
  'card.query',
  'card.refund',
  'card.reverse',
  'card.payout',
  'bank.debit',
  'bank.query',
  '*',
]
/** Small ones, the whole of a balance and one fen more, and one above the PIN-free limit. */
const AMOUNTS = [1, 700, 1000, 2500, 5000, 5001, 100_001]
const of = fc.nat(7)
const amount = fc.constantFrom(...AMOUNTS)
const funding = fc.constantFrom(...FUNDINGS)

const weighed = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary })
const is = <T extends string>(word: T): fc.Arbitrary<T> => fc.constant(word)

const command: fc.Arbitrary<Command> = fc.oneof(
  weighed(
    6,
    fc.record({
      do: is('sell'),
      acquirer: fc.constantFrom('A' as const, 'B' as const),
      of,
      amount,
      oldCode: fc.integer({ min: 0, max: 4 }).map((one) => one === 0),
      funding,
    }),
  ),
  weighed(2, fc.record({ do: is('scan'), of, amount, funding })),
  weighed(
    2,
    fc.record({
      do: is('answer'),
      of,
      how: fc.constantFrom('right' as const, 'right' as const, 'wrong' as const, 'no' as const),
    }),
  ),
  weighed(3, fc.record({ do: is('refund'), of, amount })),
  weighed(2, fc.record({ do: is('void'), of })),
  weighed(2, fc.record({ do: is('reversal'), of })),
  weighed(
    2,
    fc.record({
      do: is('money'),
      what: fc.constantFrom('top-ups' as const, 'withdrawals' as const, 'transfers' as const),
      of,
      amount,
    }),
  ),
  weighed(1, fc.record({ do: is('limit'), of, amount: fc.constantFrom(1000, 5000) })),
  weighed(
    4,
    fc.record({
      do: is('fault'),
      what: fc.constantFrom(...MISBEHAVIOURS),
      type: fc.constantFrom(...FAULTY),
      times: fc.integer({ min: 1, max: 8 }),
      by: fc.constantFrom('3s', '20s', '90s', '10m'),
    }),
  ),
  weighed(3, fc.record({ do: is('wait'), for: fc.constantFrom('1s', '7s', '61s', '5m', '30m', '1d') })),
  weighed(
    1,
    fc.record({
      do: is('crash'),
      who: fc.constantFrom('switch' as const, 'acquirer' as const, 'subject' as const),
    }),
  ),
  weighed(
    1,
    fc.record({ do: is('status'), of: fc.nat(1), is: fc.constantFrom('frozen', 'closed', 'active') }),
  ),
  weighed(1, fc.record({ do: is('balance'), of: fc.nat(1), amount: fc.constantFrom(0, 999, 5000) })),
  weighed(1, fc.record({ do: is('close') })),
)

/** Stories of up to `most` commands. */
export const stories = (most: number): fc.Arbitrary<readonly Command[]> =>
  fc.array(command, { minLength: 1, maxLength: most, size: 'max' })
