// What events are made of in this room's tests: sealed messages with a true frame and noise for ciphertext, pages and
// expectations around them. Test-only; invented values, masked as events are.
import type {
  ControlEvent,
  ExpectationEvent,
  MessageEvent,
  PageEnd,
  PageEvent,
  PageStart,
  PartyView,
  RunEnd,
  RunEvent,
  RunStart,
  Verdict,
} from './events.ts'
import { type Text, encodeHead, frameBytes, type Head, type MessageType } from '../wire/wire.ts'

const PARTIES: readonly PartyView[] = [
  { id: '48020001', role: 'acquirer', label: { zh: '收单机构甲', en: 'Acquirer A' }, subject: false },
  { id: '00010000', role: 'switch', label: { zh: '清算组织', en: 'Sifang switch' }, subject: false },
  {
    id: '62010001',
    role: 'institution',
    label: { zh: '账户机构', en: 'Account institution' },
    subject: true,
  },
]
export const [ACQUIRER, SWITCH, INSTITUTION] = ['48020001', '00010000', '62010001'] as const
const START_MS = Date.parse('2026-11-22T02:00:00.000Z')

export const stampOf = (ms: number): string =>
  `${new Date(START_MS + 8 * 3_600_000 + ms).toISOString().slice(0, -1)}+08:00`

/** Bytes that look random, the same every time. */
function noise(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = (seed * 2_654_435_761) >>> 0
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state & 255
  }
  return bytes
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const COMMON = {
  acqCode: ACQUIRER,
  merId: '898310148990001',
  orderNo: 'ORD20261122000017',
  orderTime: '20261122100000',
  txnAmt: '1000',
  currencyCode: '156',
}
export const FIELDS = {
  acquirer: ACQUIRER,
  merchant: '898310148990001',
  order: 'ORD20261122000017',
  orderTime: '20261122100000',
  amount: '1000',
  currency: '156',
}

export type Told = {
  readonly from: string
  readonly to: string
  readonly type: MessageType
  readonly ms: number
  readonly more?: Partial<MessageEvent>
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A sealed message with a true frame and head, and noise where cryptography would be. */
export function messageEvent(page: string, n: number, told: Told): MessageEvent {
  const seed = n * 131 + page.length * 7 + [...page].reduce((sum, c) => sum + c.charCodeAt(0), 0) * 997
  const reply = told.type.endsWith('.reply')
  const path = `/sifang/1/${told.type.replace('.reply', '')}`
  const head: Head = {
    v: 'sifang/1',
    profile: 'unionpay',
    suite: 'sm',
    order: 'sign-then-encrypt',
    type: told.type,
    path,
    from: told.from,
    to: told.to,
    id: `${told.from}${hexOf(noise(seed, 8))}`,
    ts: stampOf(told.ms),
    nonce: hexOf(noise(seed + 1, 16)),
    signcert: '6800000003',
    enccert: '6800000006',
    ref: reply ? `${told.to}${hexOf(noise(seed + 2, 8))}:${hexOf(noise(seed + 3, 32))}` : '-',
  }
  const fields = told.fields ?? FIELDS
  const domain = JSON.stringify({
    ...COMMON,
    ...(reply ? { respCode: '00', respMsg: '成功 · Success' } : {}),
  })
  const parts = {
    head: encodeHead(head),
    wrap: noise(seed + 4, 129),
    iv: noise(seed + 5, 16),
    cipher: noise(seed + 6, 16 * Math.ceil((domain.length + 90) / 16)),
    tag: noise(seed + 7, 32),
    sign: new Uint8Array(),
  }
  return {
    event: 'message',
    page,
    at: stampOf(told.ms),
    n,
    from: told.from,
    to: told.to,
    path,
    contentType: 'application/vnd.sifang.1',
    type: told.type,
    fate: 'delivered',
    raw: Buffer.from(frameBytes(parts)).toString('base64'),
    head,
    domain,
    fields,
    ...told.more,
  }
}

export function expectationEvent(
  page: string,
  n: number,
  told: Partial<ExpectationEvent> & Pick<ExpectationEvent, 'what' | 'expected'>,
): ExpectationEvent {
  const where = { file: 'scenarios/pages/cpm.yaml', line: 20 + n * 3, column: 7 }
  return {
    event: 'expectation',
    page,
    at: stampOf(900),
    n,
    result: 'held',
    observed: told.expected,
    evidence: [],
    where,
    ...told,
  }
}

export const held = (
  page: string,
  n: number,
  what: Text,
  expected: string,
  evidence: readonly number[],
): ExpectationEvent => expectationEvent(page, n, { what, expected, evidence })

/** The stage sets what a user owns. */
export const balanceSet = (page: string, user: string, ms: number): ControlEvent => ({
  event: 'control',
  page,
  at: stampOf(ms),
  method: 'PUT',
  path: `/control/users/${user}/balance`,
  status: 200,
})

export const REPLY = {
  ...FIELDS,
  answer: '00',
  because: '成功 · Success',
  transaction: '20261122000000000017',
  clearingDay: '20261122',
}
export const SECRETS = { code: '6210***********4417', token: '6292********0031' }

type PageTold = Partial<Omit<PageStart, 'page' | 'event'>> & Pick<PageStart, 'title' | 'given'>

export function pageEvents(
  page: string,
  told: PageTold,
  events: readonly PageEvent[],
  end: Partial<PageEnd> = {},
): readonly RunEvent[] {
  const row = told.row ?? page
  const start: PageStart = {
    event: 'page.start',
    page,
    at: stampOf(0),
    row,
    clause: 'UP-QRC-3.5',
    severity: 'blocker',
    role: 'account-institution',
    group: row.split('-')[0] ?? row,
    parties: PARTIES,
    where: { file: 'scenarios/pages/cpm.yaml', line: 12, column: 1 },
    ...told,
  }
  return [
    start,
    ...events,
    { event: 'page.end', page, at: stampOf(950), row, verdict: 'pass', durationMs: 18, ...end },
  ]
}

export const RUN_START: RunStart = {
  event: 'run.start',
  at: stampOf(0),
  run: '20261122-100000-7f3a',
  version: '0.1.0',
  profile: 'unionpay',
  seed: '20261122',
  revision: '2026.1',
  subject: {
    name: 'wallet-in-go',
    kind: 'http',
    url: 'http://127.0.0.1:8080',
    features: ['control', 'ledger-export'],
  },
  pages: 12,
}

export function runEnd(more: Partial<RunEnd> & Pick<RunEnd, 'counts' | 'rows'>): RunEnd {
  return {
    event: 'run.end',
    at: stampOf(2_500),
    verdict: 'fail',
    exit: 1,
    without: 379,
    catalogue: 391,
    messages: 24,
    durationMs: 1_234,
    transcript: hexOf(noise(7, 32)),
    ...more,
  }
}

export const NO_COUNTS: Readonly<Record<Verdict, number>> = {
  pass: 0,
  fail: 0,
  warn: 0,
  'not applicable': 0,
  'not shown': 0,
  'known gap': 0,
  'gap closed': 0,
}
