// Double entry: the refusals in their order, and properties that hold for any book.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  audit,
  creditLine,
  debitLine,
  inverse,
  isGuarded,
  type Line,
  POST_REFUSALS,
  post,
  type PostingEntry,
} from './ledger.ts'

const entry = (...lines: Line[]): PostingEntry => ({ id: 'e', currency: '156', lines })
const balances = new Map([['USR:a', 100n]])

describe('refusals, first that applies', () => {
  const table: readonly [string, PostingEntry][] = [
    ['entry_empty', entry()],
    ['amount_not_positive', entry(debitLine('USR:a', 0n), debitLine('USR:a', 0n))],
    ['account_twice', entry(debitLine('USR:a', 1n), creditLine('USR:a', 2n))],
    ['entry_unbalanced', entry(debitLine('USR:nobody', 1n), creditLine('CLR', 2n))],
    ['account_missing', entry(debitLine('USR:nobody', 101n), creditLine('CLR', 101n))],
    ['balance_short', entry(debitLine('USR:a', 101n), creditLine('CLR', 101n))],
  ]
  test.each(table)('%s', (status, bad) => {
    expect(post(balances, bad).status).toBe(status)
  })
  test('the table has every refusal, in the order of the list', () => {
    expect(table.map(([status]) => status)).toEqual(POST_REFUSALS)
  })
  test('the last fen may be spent', () => {
    expect(post(balances, entry(debitLine('USR:a', 100n), creditLine('CLR', 100n)))).toMatchObject({
      status: 'posted',
    })
  })
})

const anyLine = fc.record({
  account: fc.constantFrom('USR:a', 'USR:b', 'FRZ:a', 'CLR', 'RSV', 'SUS:L'),
  side: fc.constantFrom('debit' as const, 'credit' as const),
  amount: fc.bigInt({ min: -5n, max: 200n }),
})

describe('properties', () => {
  test('posting never overdraws, never touches a foreign account, and keeps guarded money only where lines say', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyLine, { maxLength: 4 }), { maxLength: 20 }), (entries) => {
        let book: ReadonlyMap<string, bigint> = new Map([
          ['USR:a', 50n],
          ['USR:b', 0n],
          ['FRZ:a', 0n],
        ])
        for (const lines of entries) {
          const posted = post(book, entry(...lines))
          if (posted.status !== 'posted') continue
          for (const [account, balance] of posted.balances) {
            expect(balance >= 0n).toBe(true)
            if (!lines.some((line) => line.account === account)) expect(balance).toBe(book.get(account))
          }
          book = posted.balances
        }
      }),
    )
  })
  test('an entry and its inverse leave everything as it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 100n }), (amount) => {
        const pay = entry(debitLine('USR:a', amount), creditLine('CLR', amount))
        const paid = post(balances, pay)
        if (paid.status !== 'posted') throw new Error(paid.status)
        const undone = post(paid.balances, inverse(pay, 'back'))
        expect(undone).toMatchObject({ status: 'posted', balances })
      }),
    )
  })
})

describe('the auditor, a second opinion', () => {
  const sound = [
    { ...entry(debitLine('RSV', 10n), creditLine('USR:a', 10n)), id: '1' },
    { ...entry(debitLine('USR:a', 4n), creditLine('CLR', 4n)), id: '2' },
  ]
  test('a sound book has no finding', () => {
    expect(audit(sound, new Map([['USR:a', 6n]]))).toEqual([])
  })
  test.each([
    ['balance_is_sum', sound, new Map([['USR:a', 7n]])],
    ['balance_is_sum', sound, new Map<string, bigint>()],
    [
      'entry_once',
      [...sound, { ...entry(debitLine('USR:a', 1n), creditLine('CLR', 1n)), id: '2' }],
      new Map([['USR:a', 5n]]),
    ],
    ['double_entry', [{ ...entry(creditLine('USR:a', 6n)), id: '1' }], new Map([['USR:a', 6n]])],
    [
      'no_overdraft',
      [{ ...entry(debitLine('USR:a', 6n), creditLine('CLR', 6n)), id: '1' }],
      new Map([['USR:a', -6n]]),
    ],
    [
      'amount_positive',
      [{ ...entry(debitLine('CLR', -1n), creditLine('RSV', -1n)), id: '1' }],
      new Map<string, bigint>(),
    ],
  ])('%s is found', (rule, entries, claimed) => {
    expect(audit(entries, claimed).map((finding) => finding.rule)).toContain(rule)
  })
  test('which accounts are guarded', () => {
    expect(['USR:a', 'FRZ:a', 'RP:p'].every(isGuarded)).toBe(true)
    expect(['CLR', 'RSV', 'SUS:L', 'MER:m'].some(isGuarded)).toBe(false)
  })
})
