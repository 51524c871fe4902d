// What the room's own tests stand on: two parties on a fixed clock with keys from a seed, and an example of every
// message. Test-only.
import {
  ACQUIRER_A,
  BANK,
  INSTITUTION,
  seeded,
  SWITCH,
  type TestNetwork,
  testNetwork,
} from '../scenarios/scenarios.ts'
import {
  type Fields,
  isRequestType,
  MESSAGES,
  type MessageType,
  type PartyId,
  PROFILES,
  type RequestType,
  type Sealer,
  SENDERS,
} from './wire.ts'

export const NOON = Date.parse('2026-06-15T12:00:00+08:00')

export type Pair = { readonly network: TestNetwork; at(party: PartyId, now?: number): Sealer }

export async function pair(profileId: string, seed = 'wire tests'): Promise<Pair> {
  const profile = PROFILES[profileId]
  if (profile === undefined) throw new Error(`no profile ${profileId}`)
  const network = await testNetwork(profile, seeded(seed), NOON)
  const random = seeded(`${seed} messages`)
  return {
    network,
    at: (me, now = NOON) => ({
      me,
      profile,
      clock: { wall: () => now, mono: () => BigInt(now) * 1_000_000n, until: () => Promise.resolve() },
      random,
      keys: network.keysOf(me),
      directory: network.directory,
    }),
  }
}

const EXAMPLES: Readonly<Record<string, unknown>> = {
  acquirer: ACQUIRER_A,
  payer: INSTITUTION,
  payee: SWITCH,
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  terminal: '01080209',
  code: '6220123456789012345',
  token: '620000000000000001',
  amount: 1000n,
  currency: '156',
  order: 'ORDER00000001',
  orderTime: '20260615120000',
  transaction: '20260615432000001234',
  clearingDay: '20260615',
  origTransaction: '20260614432000001234',
  origOrder: 'ORDER00000000',
  origOrderTime: '20260614120000',
  memo: '备注 + 100% & a=b \r\n',
  account: 'a1b2c3d4e5f6',
  state: 'SUCCESS',
  reversal: 'REVERSAL0001',
  notice: 'N20260615432000001234M',
  about: 'purchase',
  asked: 'debit',
  codeLifeSeconds: '60',
  answer: '00',
  because: '成功 · Success',
  repeated: '1',
  wrongField: 'txnAmt',
  wrongOffset: '12',
  origAnswer: '00',
  refundedTotal: 0n,
  refunds: [
    {
      transaction: '20260615432000001235',
      order: 'REFUND000001',
      orderTime: '20260615120100',
      amount: 300n,
      state: 'R_SUCCESS',
    },
  ],
  instruction: '20260615-62010001-156',
  trace: 'BANK00000001',
  agreement: 'SIGN00000001',
  holderName: '测试甲',
  idNumber: '110101199001011237',
  phone: '13800000001',
  cardNumber: '6216261000000000018',
  smsCode: '123456',
  boundAt: '20260615120000',
  validDay: '20310615',
  maskedName: '*试甲',
  maskedPhone: '138****0001',
  business: '01020304010607080910',
  region: '3100',
  qrCode: 'https://qr.95516.com/00010000/62071234567890123456789012345678',
  codeKind: 'DYNAMIC',
  codeClass: 'A',
  tn: '202606151200000000001',
  link: 'sifang://pay?tn=202606151200000000001&until=20260615121500&cert=6800000001&sign=MEUCIQ',
  returnUrl: 'https://shop.example/back',
  validUntil: '20260615121500',
  subject: '测试商品',
  packages: [{ package: 'P1', subject: '测试商品', amount: 1000n }],
  payment: 'PAYMENT00001',
  legs: [
    { source: 'COUPON', sponsor: 'c1', amount: 200n },
    { source: 'BALANCE', amount: 800n },
  ],
  paid: 800n,
  coupon: 'COUPON0001',
  networkCoupon: 'NETPKT0001',
  face: 200n,
  threshold: 1000n,
  coupons: [{ coupon: 'COUPON0001', face: 200n, threshold: 1000n }],
  couponsBack: [{ coupon: 'COUPON0001', state: 'RETURNED' }],
  exchange: 'EXCHANGE0001',
  attempt: 'ATTEMPT00001',
  origAttempt: 'ATTEMPT00000',
  bank: '01020000',
  card: 'CARDSIGN0001',
  cardKind: 'DEBIT',
  purpose: 'PAY',
  composite: 'COMPOSITE001',
  branch: 'BRANCH000001',
  institution: INSTITUTION,
  controls: [{ front: '07', numbers: '0001|0002' }],
  certType: '01',
  keyCertificate: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  overlapEnd: '20260715120000',
  fileKind: 'DAY',
  part: '1',
  parts: '1',
  version: '1',
  fileDigest: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
  fileContent: 'SHxTSUZBTkctREFZfDF8',
  direction: 'PAYS',
  netAmount: 1000n,
  netCurrency: '156',
  itemCount: '1',
  nets: [{ counterparty: ACQUIRER_A, direction: 'PAYS', netAmount: 1000n }],
}

const ROLES: Readonly<Record<string, PartyId>> = {
  switch: SWITCH,
  institution: INSTITUTION,
  acquirer: ACQUIRER_A,
  bank: BANK,
  member: INSTITUTION,
}

/** Who may send a message, and somebody to send it to. */
export function ends(type: MessageType): { readonly from: PartyId; readonly to: PartyId } {
  const from = isRequestType(type) ? (ROLES[SENDERS[type]] ?? SWITCH) : SWITCH
  return { from, to: from === INSTITUTION ? SWITCH : INSTITUTION }
}

/** A message of every type with every field present. */
export function example<T extends MessageType>(type: T): Fields<T> {
  return Object.fromEntries(MESSAGES[type].map(({ name }) => [name, EXAMPLES[name]])) as unknown as Fields<T>
}

export const MESSAGE_TYPES = Object.keys(MESSAGES) as MessageType[]

/** Who asks and who answers: a reply goes back over the edge that its request came by. */
export function edge(type: MessageType): {
  readonly request: RequestType
  readonly from: PartyId
  readonly to: PartyId
} {
  const request = type.replace(/\.reply$/, '') as RequestType
  const { from, to } = ends(request)
  if (request === 'notify.payee') return { request, from, to: ACQUIRER_A }
  const bank = request.startsWith('bank.') || request === 'settle'
  return {
    request,
    from,
    to: bank && from !== BANK ? BANK : to === INSTITUTION && from === BANK ? SWITCH : to,
  }
}
