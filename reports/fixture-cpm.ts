// Two pages of the tests' run: a payment that succeeds, and a decline that does not stay one. Test-only.
import type { MessageEvent, PageEvent, RunEvent } from './events.ts'
import {
  ACQUIRER,
  balanceSet,
  expectationEvent,
  FIELDS,
  held,
  INSTITUTION,
  messageEvent,
  pageEvents,
  REPLY,
  SECRETS,
  stampOf,
  SWITCH,
} from './fixture-parts.ts'

export function passing(): readonly RunEvent[] {
  const page = 'CPM-001'
  const about = {
    title: { zh: '付款码支付成功：一笔扣款，一条通知', en: 'A code payment succeeds: one debit, one notice' },
    given: {
      zh: '用户余额 50.00 元，付款码有效。',
      en: 'The user holds 50.00 yuan and a live payment code.',
    },
  }
  const events: readonly PageEvent[] = [
    {
      event: 'control',
      page,
      at: stampOf(0),
      method: 'POST',
      path: '/control/users',
      status: 201,
      request: { id: 'u1' },
    },
    balanceSet(page, 'u1', 0),
    ...paid(page),
    held(page, 1, { zh: '扣款应答为 OK', en: 'The debit is answered OK' }, 'OK', [3]),
    held(
      page,
      2,
      { zh: '恰好一笔分录：借 USR 贷 CLR', en: 'Exactly one posting: debit USR, credit CLR' },
      'USR:u1 −1000, CLR +1000',
      [2, 3],
    ),
    held(page, 3, { zh: '付款方收到一条通知', en: 'The payer gets one notice' }, '1', [5, 6]),
    {
      event: 'ledger',
      page,
      at: stampOf(1100),
      before: { 'USR:u1': '5000', CLR: '0' },
      after: { 'USR:u1': '4000', CLR: '1000' },
      postings: [
        {
          id: 'p-1',
          what: 'debit',
          transaction: REPLY.transaction,
          clearingDay: REPLY.clearingDay,
          lines: [
            { account: 'USR:u1', side: 'debit', amount: '1000' },
            { account: 'CLR', side: 'credit', amount: '1000' },
          ],
        },
      ],
    },
  ]
  return pageEvents(page, about, events)
}

function paid(page: string): readonly MessageEvent[] {
  const [out, home] = [
    { from: SWITCH, to: INSTITUTION },
    { from: INSTITUTION, to: SWITCH },
  ]
  const shop = {
    ...FIELDS,
    ...SECRETS,
    merchantName: '和风面馆',
    merchantCategory: '5812',
    terminal: 'T0000001',
  }
  const debit = { transaction: REPLY.transaction, ...FIELDS, ...SECRETS, clearingDay: REPLY.clearingDay }
  const notice = { notice: 'N20261122-1', about: 'debit', ...REPLY, state: 'SUCCESS' }
  const read = { answer: '00', because: REPLY.because }
  return [
    messageEvent(page, 1, { from: ACQUIRER, to: SWITCH, type: 'purchase', ms: 5, fields: shop }),
    messageEvent(page, 2, { ...out, type: 'debit', ms: 9, fields: debit }),
    messageEvent(page, 3, {
      ...home,
      type: 'debit.reply',
      ms: 14,
      fields: REPLY,
      more: { replyTo: 2, class: 'OK' },
    }),
    messageEvent(page, 4, {
      from: SWITCH,
      to: ACQUIRER,
      type: 'purchase.reply',
      ms: 17,
      fields: REPLY,
      more: { replyTo: 1, class: 'OK' },
    }),
    messageEvent(page, 5, { ...out, type: 'notify.payer', ms: 1017, fields: notice }),
    messageEvent(page, 6, {
      ...home,
      type: 'notify.payer.reply',
      ms: 1020,
      fields: read,
      more: { replyTo: 5, class: 'OK' },
    }),
  ]
}

export function failing(): readonly RunEvent[] {
  const page = 'CPM-002'
  const about = {
    title: {
      zh: '余额不足：拒绝，且充值后重发仍是同一答复',
      en: 'Insufficient balance is declined, and a repeat after a top-up gets the same answer',
    },
    given: { zh: '用户余额 9.99 元，付款 10.00 元。', en: 'The user holds 9.99 yuan and pays 10.00.' },
  }
  const sums = { 'USR:u2': '999', CLR: '0' }
  const events: readonly PageEvent[] = [
    balanceSet(page, 'u2', 0),
    ...declined(page),
    held(page, 1, { zh: '首次答复为 DECL-FUNDS', en: 'The first answer is DECL-FUNDS' }, 'DECL-FUNDS', [2]),
    expectationEvent(page, 2, {
      what: { zh: '重发得到同一答复', en: 'The repeat gets the same answer' },
      result: 'broken',
      field: 'respCode',
      expected: 'DECL-FUNDS (64)',
      observed: 'OK (00)',
      evidence: [2, 4],
    }),
    expectationEvent(page, 3, {
      what: { zh: '应答逐字段合乎格式', en: 'Every field of the reply is well formed' },
      result: 'broken',
      expected: 'txnAmt = 1000',
      observed: 'txnAmt = 1000.00',
      evidence: [4],
    }),
    expectationEvent(page, 4, {
      what: { zh: '账本不变', en: 'The ledger does not move' },
      result: 'undecided',
      expected: 'Δ=0',
      observed: 'no ledger export',
    }),
    { event: 'ledger', page, at: stampOf(61_100), before: sums, after: sums, postings: [] },
  ]
  return pageEvents(page, about, events, { verdict: 'fail', cause: 'subject' })
}

function declined(page: string): readonly PageEvent[] {
  const debit = { transaction: '20261122000000000018', ...FIELDS, ...SECRETS }
  const [out, home] = [
    { from: SWITCH, to: INSTITUTION, type: 'debit', fields: debit } as const,
    { from: INSTITUTION, to: SWITCH, type: 'debit.reply' } as const,
  ]
  const decline = { ...REPLY, answer: '64', because: '余额不足 · Insufficient balance' }
  const refused = {
    class: 'REJ-FORMAT',
    step: 'fields',
    field: 'txnAmt',
    offset: 147,
    rule: {
      zh: '大于零的整数分，无符号、无前导零、无小数',
      en: 'whole minor units above zero: no sign, no leading zero, no decimals',
    },
  }
  return [
    messageEvent(page, 1, { ...out, ms: 4 }),
    messageEvent(page, 2, { ...home, ms: 8, fields: decline, more: { replyTo: 1, class: 'DECL-FUNDS' } }),
    balanceSet(page, 'u2', 9),
    {
      event: 'time',
      page,
      at: stampOf(61_009),
      to: stampOf(61_009),
      because: { zh: '过了付款码有效期', en: 'past the life of the payment code' },
    },
    { event: 'restart', page, at: stampOf(61_009), party: INSTITUTION },
    messageEvent(page, 3, { ...out, ms: 61_010 }),
    messageEvent(page, 4, {
      ...home,
      ms: 61_014,
      fields: { ...REPLY, amount: '1000.00' },
      more: { replyTo: 3, class: 'OK', refused },
    }),
  ]
}
