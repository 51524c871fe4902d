// The oracles judged: each invariant is violated once on purpose in a story of four or five messages, and told; three
// defects planted in the harness itself end a certification with exit 5, whatever the subject does.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { codeOf, type AnswerClass, type RequestType } from '../wire/wire.ts'
import harnessDefects from './harness-defects.json' with { type: 'json' }
import { rulings } from './conformance.ts'
import { type Seen, SUBJECT } from './exchanges.ts'

const SWITCH = '00010000'

const item = (order: string) => ({
  acquirer: '48020001',
  merchant: '898440153110001',
  order,
  orderTime: '20260615100000',
  clearingDay: '20260615',
})

/** A story written down as a page's messages and calls; ends with what the control API says of alice. */
function story() {
  const seen: Seen[] = []
  let n = 0
  const sealed = { path: '/', contentType: 'application/x-sifang', bytes: new Uint8Array() }
  const call = (method: string, path: string, reply: unknown) => {
    seen.push({ kind: 'call', at: 0, after: n, method, path, status: 200, reply })
    return told
  }
  const told = {
    seen,
    alice: (available: string, method = 'GET') =>
      call(method, '/control/users/alice', { id: 'alice', available, token: '621' }),
    ledger: (...lines: unknown[]) =>
      call('GET', '/control/ledger?after=', lines.map((line) => JSON.stringify(line)).join('\n')),
    ask: (
      type: RequestType,
      fields: Record<string, unknown>,
      answer?: AnswerClass,
      said: Record<string, unknown> = {},
    ) => {
      const asked = ++n
      const common = { kind: 'message', at: 0, sealed, fate: 'delivered' } as const
      seen.push({ ...common, n: asked, from: SWITCH, to: SUBJECT, type, fields })
      if (answer === undefined) return told
      seen.push({
        ...common,
        n: ++n,
        from: SUBJECT,
        to: SWITCH,
        replyTo: asked,
        type: `${type}.reply` as never,
        fields: { answer: codeOf(answer), ...fields, ...said },
      })
      return told
    },
    debit: (order: string, answer?: AnswerClass, more: Record<string, unknown> = {}) =>
      told.ask(
        'debit',
        {
          ...item(order),
          transaction: `t-${order}`,
          token: '621',
          code: `c-${order}`,
          amount: 1000n,
          ...more,
        },
        answer,
      ),
    again: (order: string, answer?: AnswerClass) =>
      told.ask(
        'debit',
        { ...item(order), transaction: `t-${order}`, token: '621', code: `c-${order}`, amount: 1000n },
        answer,
        { repeated: '1' },
      ),
    reverse: (order: string, answer: AnswerClass, state: string) =>
      told.ask('debit.reverse', { ...item(order), reversal: `r-${order}` }, answer, { state }),
    refund: (order: string, of: string, amount: bigint, answer: AnswerClass) =>
      told.ask(
        'credit',
        { ...item(order), transaction: `t-${order}`, amount, origOrder: of, origOrderTime: '20260615100000' },
        answer,
      ),
    query: (order: string, state: string) =>
      told.ask('debit.query', { ...item(order), asked: 'debit' }, 'OK', { state }),
  }
  return told
}

const begun = () => story().alice('5000', 'POST')
const resultOf = (seen: readonly Seen[], invariant: string) =>
  rulings(seen).find((ruling) => ruling.invariant === invariant)?.result

describe('each invariant is told when it is violated, and holds when it is not', () => {
  const posting = (transaction: string, amount: string, side = 'debit') => ({
    id: `p-${transaction}-${side}`,
    transaction,
    clearingDay: '20260615',
    lines: [
      { account: 'USR:alice', side, amount },
      { account: 'CLR', side: side === 'debit' ? 'credit' : 'debit', amount },
    ],
  })
  const table: readonly [string, string, () => readonly Seen[], () => readonly Seen[]][] = [
    [
      'INV-01',
      'a posting that does not balance',
      () =>
        begun()
          .debit('order-01', 'OK')
          .ledger({
            ...posting('t-order-01', '1000'),
            lines: [{ account: 'CLR', side: 'credit', amount: '1000' }],
          }).seen,
      () => [],
    ],
    ['INV-03', 'a balance below zero', () => begun().debit('order-01', 'OK').alice('-1').seen, () => []],
    [
      'INV-05',
      'refunds above what was paid',
      () =>
        begun()
          .debit('order-01', 'OK')
          .refund('refund-1', 'order-01', 600n, 'OK')
          .refund('refund-2', 'order-01', 401n, 'OK').seen,
      () =>
        begun()
          .debit('order-01', 'OK')
          .refund('refund-1', 'order-01', 600n, 'OK')
          .refund('refund-2', 'order-01', 400n, 'OK').seen,
    ],
    [
      'INV-09',
      'reversed and refunded',
      () =>
        begun()
          .debit('order-01', 'OK')
          .refund('refund-1', 'order-01', 600n, 'OK')
          .reverse('order-01', 'OK', 'REVERSED').seen,
      () =>
        begun()
          .debit('order-01', 'OK')
          .refund('refund-1', 'order-01', 600n, 'OK')
          .reverse('order-01', 'DECL-STATE', 'PART_REFUNDED').seen,
    ],
    [
      'INV-10',
      'a failed payment succeeds',
      () =>
        begun().debit('order-01', 'DECL-FUNDS').query('order-01', 'FAILED').query('order-01', 'SUCCESS').seen,
      () => begun().debit('order-01', 'OK').query('order-01', 'SUCCESS').query('order-01', 'REVERSED').seen,
    ],
    [
      'INV-12',
      'a repeat that takes the money again',
      () => begun().debit('order-01', 'OK').again('order-01', 'OK').alice('3000').seen,
      () => begun().debit('order-01', 'OK').again('order-01', 'OK').alice('4000').seen,
    ],
    [
      'INV-12',
      'another answer to the same request',
      () => begun().debit('order-01', 'DECL-FUNDS').debit('order-01', 'OK').seen,
      () => begun().debit('order-01', 'DECL-FUNDS').debit('order-01', 'DECL-FUNDS').seen,
    ],
    [
      'INV-13',
      'another content under the same key approved as well',
      () => begun().debit('order-01', 'OK').debit('order-01', 'OK', { amount: 2000n }).seen,
      () => begun().debit('order-01', 'OK').debit('order-01', 'REJ-CONFLICT', { amount: 2000n }).seen,
    ],
    [
      'INV-14',
      'a declined request that was posted',
      () => begun().debit('order-01', 'DECL-FUNDS').ledger(posting('t-order-01', '1000')).seen,
      () => begun().debit('order-01', 'DECL-FUNDS').ledger().seen,
    ],
    [
      'INV-17',
      'an original approved after its fence',
      () => begun().reverse('order-01', 'OK', 'FENCED').debit('order-01', 'OK').seen,
      () => begun().reverse('order-01', 'OK', 'FENCED').debit('order-01', 'DECL-STATE').seen,
    ],
    [
      'INV-18',
      'a reversal that left the money where it was',
      () =>
        begun()
          .debit('order-01', 'OK')
          .reverse('order-01', 'OK', 'REVERSED')
          .ledger(posting('t-order-01', '1000')).seen,
      () =>
        begun()
          .debit('order-01', 'OK')
          .reverse('order-01', 'OK', 'REVERSED')
          .ledger(posting('t-order-01', '1000'), posting('t-order-01', '1000', 'credit')).seen,
    ],
    [
      'INV-19',
      'one code, two payments',
      () => begun().debit('order-01', 'OK', { code: 'c' }).debit('order-02', 'OK', { code: 'c' }).seen,
      () => begun().debit('order-01', 'OK', { code: 'c' }).debit('order-02', 'DECL-CODE', { code: 'c' }).seen,
    ],
    [
      'INV-47',
      'a query that hides a success',
      () => begun().debit('order-01', 'OK').query('order-01', 'FAILED').seen,
      () => begun().debit('order-01', 'OK').query('order-01', 'SUCCESS').seen,
    ],
  ]
  test.each(table)('%s: %s', (invariant, _what, violating, holding) => {
    expect(resultOf(violating(), invariant)).toBe('violated')
    const held = holding()
    if (held.length > 0) expect(resultOf(held, invariant)).toBe('holds')
  })
})

test('an unknown outcome is undecidable until something tells it', () => {
  const unknown = begun().debit('order-01').alice('4000')
  expect(resultOf(unknown.seen, 'INV-12')).toBe('undecidable')
  expect(resultOf(begun().debit('order-01').again('order-01', 'OK').alice('4000').seen, 'INV-12')).toBe(
    'holds',
  )
})

test('nothing said is nothing judged', () => {
  expect(rulings([])).toEqual([])
})

describe('a defect planted in the harness ends with exit 5', () => {
  test.each(harnessDefects)('$id stands exactly once in $file', ({ file, find }) => {
    expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').split(find).length - 1).toBe(1)
  })

  test.each(harnessDefects.map(({ id, defect }) => [id, defect.en]))(
    '%s: %s',
    async (id) => {
      const child = fileURLToPath(new URL('../cli/mutant-child.ts', import.meta.url))
      const out = join(tmpdir(), `sifang-harness-${process.pid}-${id}`)
      const args = [
        child,
        id,
        'certify',
        '--profile',
        'sim',
        '--in-process',
        '--json',
        '--grep',
        'CPM-00|REV-00',
        '--out',
        out,
      ]
      const exit = await new Promise<number | null>((resolve) => {
        spawn(process.execPath, args, { stdio: 'ignore' }).on('close', resolve)
      })
      expect(exit).toBe(5)
    },
    60_000,
  )
})
