// Rules over a whole story, each with a story of a few calls and messages written by hand: broken, kept, and one of which
// nobody can know.
import { expect, test } from 'vitest'
import { codeOf, type AnswerClass, type RequestType } from '../wire/wire.ts'
import { rulings } from './conformance.ts'
import { type Seen, SUBJECT } from './exchanges.ts'

const [SWITCH, ACQUIRER] = ['00010000', '48020001']
const NOON = Date.UTC(2026, 5, 15, 4)
const DAY_MS = 24 * 3600 * 1000

const item = (order: string) => ({
  acquirer: ACQUIRER,
  merchant: '898440153110001',
  order,
  orderTime: '20260615120000',
  clearingDay: '20260615',
})

type Fields = Record<string, unknown>
type Leg = readonly [account: string, side: 'debit' | 'credit', amount: string]

type Posting = readonly [what: string, ...legs: Leg[]]
const exported = (lines: readonly Posting[]): string =>
  lines
    .map(([what, ...legs], index) =>
      JSON.stringify({
        position: String(index),
        id: `p${index}`,
        what,
        clearingDay: '20260615',
        lines: legs.map(([account, side, amount]) => ({ account, side, amount })),
      }),
    )
    .join('\n')

/** A request, and the reply to it where there is an answer. */
function exchanged(
  asked: { from: string; to: string; type: RequestType; fields: Fields },
  n: number,
  at: number,
  answer: AnswerClass | undefined,
  said: Fields,
): Seen[] {
  const sealed = { path: '/', contentType: 'application/x-sifang', bytes: new Uint8Array() }
  const common = { kind: 'message', at, sealed, fate: 'delivered' } as const
  const { from, to, type, fields } = asked
  const request: Seen = { ...common, ...asked, n }
  if (answer === undefined) return [request]
  const words = { type: `${type}.reply` as never, fields: { answer: codeOf(answer), ...fields, ...said } }
  return [request, { ...common, n: n + 1, from: to, to: from, replyTo: n, ...words }]
}

/** Messages and calls written down as a stage would see them. */
function story() {
  const seen: Seen[] = []
  let [n, at] = [0, NOON]
  const told = {
    seen,
    later: (ms: number) => {
      at += ms
      return told
    },
    call: (method: string, path: string, reply: unknown, request?: unknown, status = 200) => {
      seen.push({ kind: 'call', at, after: n, method, path, status, reply, request })
      return told
    },
    say: (
      from: string,
      to: string,
      type: RequestType,
      fields: Fields,
      answer?: AnswerClass,
      said: Fields = {},
    ) => {
      const pair = exchanged({ from, to, type, fields }, n + 1, at, answer, said)
      n += pair.length
      seen.push(...pair)
      return told
    },
    debit: (order: string, answer?: AnswerClass, amount = 1000n, said: Fields = {}) =>
      told.say(
        SWITCH,
        SUBJECT,
        'debit',
        { ...item(order), transaction: `t-${order}`, token: '621', code: `c-${order}`, amount },
        answer,
        said,
      ),
    reverse: (order: string) => {
      const asked = { ...item(order), reversal: `r-${order}` }
      return told.say(SWITCH, SUBJECT, 'debit.reverse', asked, 'OK', { state: 'REVERSED' })
    },
    query: (order: string, state: string) => {
      const asked = { ...item(order), transaction: `t-${order}`, asked: 'debit' }
      return told.say(SWITCH, SUBJECT, 'debit.query', asked, 'OK', { state })
    },
    /** A code of alice's that pays with a coupon. */
    code: (order: string, coupon?: string) =>
      told.call(
        'POST',
        '/wallet/users/alice/codes',
        { code: `c-${order}` },
        coupon === undefined ? {} : { funding: [{ from: 'coupon', id: coupon }, { from: 'balance' }] },
      ),
    coupons: (state: string) =>
      told.call('GET', '/wallet/users/alice/coupons', { coupons: [{ id: 'k1', state }] }),
    limit: (perDay: string) =>
      told.call('PUT', '/control/users/alice/limits', { perDay, perPayment: '2000' }, { perDay }),
    ledger: (...lines: readonly Posting[]) => told.call('GET', '/control/ledger?after=', exported(lines)),
    alice: (frozen = '0', tier?: string) =>
      told.call(
        'POST',
        '/control/users',
        { id: 'alice', available: '900000', frozen, token: '621' },
        { id: 'alice', ...(tier !== undefined && { tier }) },
        201,
      ),
    look: (frozen: string) =>
      told.call('GET', '/control/users/alice', { id: 'alice', available: '5000', frozen, token: '621' }),
  }
  return told
}

const begun = () => story().alice()
const COUPON = {
  paid: 700n,
  legs: [['COUPON', 300n, 'shop'] as const, ['BALANCE', 700n] as const].map(([source, amount, sponsor]) => ({
    source,
    amount,
    ...(sponsor !== undefined && { sponsor }),
  })),
}
const branch = (told: ReturnType<typeof story>, ...phases: ('try' | 'confirm' | 'cancel')[]) => {
  for (const phase of phases)
    told.say(
      SWITCH,
      SUBJECT,
      `branch.${phase}`,
      { composite: 'k', branch: 'b', ...(phase === 'try' && { token: '621', amount: 400n }) },
      'OK',
      { state: phase },
    )
  return told
}
const moved = (from: string, to: string, amount: string, what = 'try') =>
  [what, [from, 'debit', amount], [to, 'credit', amount]] as const
const grabs = (told: ReturnType<typeof story>, times: number) => {
  told.call('POST', '/control/campaigns', { id: 'spring', budget: '1000', granted: '0', face: '500' })
  for (let i = 0; i < times; i += 1)
    told.call('POST', '/wallet/users/alice/grabs', { id: `g${i}` }, { grab: `g${i}`, campaign: 'spring' })
  return told
}
const split = (...left: readonly string[]) => {
  const told = begun().call('POST', '/control/pools/p/splits', { id: 's', total: '10', shares: 2 })
  for (const id of ['a', 'b'])
    told.call('POST', '/wallet/users/alice/claims', { id }, { claim: id, split: 's' })
  const packets = left.map((one, index) => ({ id: ['a', 'b'][index], left: one }))
  return told.call('GET', '/wallet/users/alice/packets', { packets })
}
const granted = () =>
  begun().call('POST', '/control/users/alice/coupons', { id: 'k1' }, { coupon: 'k1', issuer: 'shop' })
const spent = [
  'purchase',
  ['CPN:shop', 'debit', '300'],
  ['USR:alice', 'debit', '700'],
  ['CLR', 'credit', '1000'],
] as const
const paidIn = (amount: string) => moved('RSV', 'OWN:shop', amount, 'own-funds')
const anyDebit = (told: ReturnType<typeof story>) => told.code('o1').debit('o1', 'OK')
const sold = (told: ReturnType<typeof story>) =>
  told.say(ACQUIRER, SWITCH, 'purchase', item('o1'), 'OK', { state: 'SUCCESS' })
const noticed = (told: ReturnType<typeof story>, state: string) =>
  told
    .say(SWITCH, ACQUIRER, 'notify.payee', { ...item('o1'), about: 'purchase', state }, 'OK')
    .say(SWITCH, SUBJECT, 'notify.payer', { ...item('o1'), about: 'purchase', state }, 'OK')
const asked = (told: ReturnType<typeof story>) =>
  told.debit('o1', 'PENDING').say(SUBJECT, SWITCH, 'auth.result', { ...item('o1'), state: 'SUCCESS' }, 'OK')
const late = () =>
  begun()
    .debit('o1', 'PENDING')
    .later(3 * DAY_MS)
    .query('o1', 'PENDING')
const cases = (told: ReturnType<typeof story>, count: number) =>
  told.call('GET', '/control/cases/t-o1', { cases: count })

type Told = ReturnType<typeof story>
const table: readonly (readonly [string, string, 'violated' | 'holds' | 'undecidable', () => Told])[] = [
  [
    'INV-02',
    'a sum that is not nothing',
    'violated',
    () => anyDebit(begun()).ledger(['purchase', ['CLR', 'credit', '1']]),
  ],
  [
    'INV-02',
    'postings that balance',
    'holds',
    () => anyDebit(begun()).ledger(moved('USR:alice', 'CLR', '1000')),
  ],

  [
    'INV-23',
    'one coupon, two payments',
    'violated',
    () =>
      begun()
        .code('o1', 'k1')
        .code('o2', 'k1')
        .debit('o1', 'OK', 1000n, COUPON)
        .debit('o2', 'OK', 1000n, COUPON),
  ],
  [
    'INV-23',
    'the first of two was reversed',
    'holds',
    () =>
      begun()
        .code('o1', 'k1')
        .code('o2', 'k1')
        .debit('o1', 'OK', 1000n, COUPON)
        .reverse('o1')
        .debit('o2', 'OK', 1000n, COUPON),
  ],
  [
    'INV-23',
    'no legs are told',
    'undecidable',
    () => begun().code('o1', 'k1').code('o2', 'k1').debit('o1', 'OK').debit('o2', 'OK'),
  ],
  [
    'INV-23',
    'locked, and the payment failed',
    'violated',
    () => begun().code('o1', 'k1').debit('o1', 'DECL-FUNDS').coupons('LOCKED'),
  ],
  [
    'INV-23',
    'locked, and the payment is open',
    'undecidable',
    () => begun().code('o1', 'k1').debit('o1', 'PENDING').coupons('LOCKED'),
  ],
  [
    'INV-23',
    'free after it paid',
    'violated',
    () => begun().code('o1', 'k1').debit('o1', 'OK', 1000n, COUPON).coupons('FREE'),
  ],
  [
    'INV-23',
    'used after it paid',
    'holds',
    () => begun().code('o1', 'k1').debit('o1', 'OK', 1000n, COUPON).coupons('USED'),
  ],

  ['INV-24', 'more grabs than the budget holds', 'violated', () => grabs(begun(), 3)],
  ['INV-24', 'as many as it holds', 'holds', () => grabs(begun(), 2)],
  ['INV-24', 'shares above the sum', 'violated', () => split('5', '6')],
  ['INV-24', 'an empty share', 'violated', () => split('10', '0')],
  ['INV-24', 'shares that are the sum', 'holds', () => split('4', '6')],
  ['INV-24', 'a share that nobody looked at', 'undecidable', () => split('4')],

  [
    'INV-25',
    'own funds paid less than the coupons cost',
    'violated',
    () => anyDebit(granted()).ledger(spent, paidIn('200')),
  ],
  [
    'INV-25',
    'own funds paid what they cost',
    'holds',
    () => anyDebit(granted()).ledger(spent, paidIn('300')),
  ],
  ['INV-25', 'the day is not closed', 'undecidable', () => anyDebit(granted()).ledger(spent)],
  [
    'INV-25',
    'days later nothing was paid',
    'violated',
    () =>
      anyDebit(granted())
        .later(4 * DAY_MS)
        .ledger(spent),
  ],

  [
    'INV-26',
    'above the limit per payment',
    'violated',
    () => begun().limit('9000').code('o1').debit('o1', 'OK', 2001n),
  ],
  [
    'INV-26',
    'two that pass the day together',
    'violated',
    () => begun().limit('1500').code('o1').code('o2').debit('o1', 'OK').debit('o2', 'OK'),
  ],
  [
    'INV-26',
    'two within the day',
    'holds',
    () => begun().limit('2000').code('o1').code('o2').debit('o1', 'OK').debit('o2', 'OK'),
  ],
  [
    'INV-26',
    'the same on two days',
    'holds',
    () => begun().limit('1500').code('o1').code('o2').debit('o1', 'OK').later(DAY_MS).debit('o2', 'OK'),
  ],
  [
    'INV-26',
    'one that was reversed before',
    'undecidable',
    () => begun().limit('1500').code('o1').code('o2').debit('o1', 'OK').reverse('o1').debit('o2', 'OK'),
  ],
  [
    'INV-26',
    'above what class Ⅰ may pay in a lifetime',
    'violated',
    () => story().alice('0', 'I').code('o1').debit('o1', 'OK', 100_001n),
  ],
  [
    'INV-26',
    'all that class Ⅰ may pay',
    'holds',
    () => story().alice('0', 'I').code('o1').debit('o1', 'OK', 100_000n),
  ],

  [
    'INV-27',
    'frozen after the branch was cancelled',
    'violated',
    () => branch(begun(), 'try', 'cancel').ledger(moved('USR:alice', 'FRZ:alice', '400')),
  ],
  [
    'INV-27',
    'given back twice',
    'violated',
    () => branch(begun(), 'try', 'cancel').ledger(moved('FRZ:alice', 'USR:alice', '400')),
  ],
  [
    'INV-27',
    'frozen while it is tried',
    'holds',
    () => branch(begun(), 'try').ledger(moved('USR:alice', 'FRZ:alice', '400')),
  ],
  [
    'INV-27',
    'frozen while a payment is open',
    'undecidable',
    () =>
      begun()
        .debit('o1', 'PENDING')
        .ledger(moved('USR:alice', 'FRZ:alice', '400')),
  ],
  [
    'INV-27',
    'told as frozen, and nothing is tried',
    'violated',
    () => branch(begun(), 'try', 'confirm').look('400'),
  ],
  ['INV-27', 'told as frozen while it is tried', 'holds', () => branch(begun(), 'try').look('400')],

  ['INV-43', 'the result was told otherwise', 'violated', () => asked(begun()).query('o1', 'FAILED')],
  ['INV-43', 'the result stayed', 'holds', () => asked(begun()).query('o1', 'SUCCESS')],
  ['INV-43', 'no notice, a day long', 'violated', () => sold(begun()).later(DAY_MS).look('0')],
  [
    'INV-43',
    'a notice that says otherwise',
    'violated',
    () => noticed(sold(begun()), 'FAILED').later(DAY_MS).look('0'),
  ],
  ['INV-43', 'a notice that says the same', 'holds', () => noticed(sold(begun()), 'SUCCESS')],
  ['INV-43', 'no notice yet', 'undecidable', () => sold(begun())],

  ['INV-44', 'open for three days, and no case', 'violated', () => cases(late(), 0)],
  ['INV-44', 'open for three days, and a case', 'holds', () => cases(late(), 1)],
  ['INV-44', 'open for three days, and nobody looked for a case', 'undecidable', late],
  [
    'INV-44',
    'open on its own day',
    'undecidable',
    () => cases(begun().debit('o1', 'PENDING').query('o1', 'PENDING'), 0),
  ],
  ['INV-44', 'it came to an end', 'holds', () => begun().debit('o1', 'PENDING').query('o1', 'SUCCESS')],
]

test.each(table)('%s: %s: %s', (invariant, _what, result, told) => {
  const found = rulings(told().seen).find((one) => one.invariant === invariant)
  expect(found, JSON.stringify(found)).toMatchObject({ result })
  expect(found?.because.zh).not.toBe(found?.because.en)
})
