// What the NetsUnion-like network calls a member that the field rows know by its UnionPay-like name, and in which form it is
// written (facts/netsunion-gm 4). Laid out by hand: one member, one line.
import type { Field } from './fields.ts'
import { MESSAGES, type MessageType } from './messages.ts'
import type { FormName } from './netsunion-forms.ts'

export type Named = { readonly name: string; readonly form: FormName; readonly origin: 'public' | 'house' }

const open = (name: string, form: FormName = 'as it is'): Named => ({ name, form, origin: 'public' })
const ours = (name: string, form: FormName = 'as it is'): Named => ({ name, form, origin: 'house' })

/** `currencyCode` and `respCode`, `respMsg` are not here: TrxAmt carries the one, two layers of codes the others. */
const NAMES: Readonly<Record<string, Named>> = {
  acqCode: open('PyeeAcctIssrId', 'party'),
  merId: open('PyeeAcctId'),
  merName: open('PyeeNm'),
  merCatCode: ours('MrchntCtgyCd'),
  termId: open('PyeeTrxTrmNo'),
  qrNo: ours('PyerQrCd'),
  token: open('SgnNo'),
  txnAmt: open('TrxAmt', 'decimal'),
  orderNo: open('OrdrId'),
  orderTime: open('TrxDtTm', 'time'),
  voucherNum: open('TrxId', 'transaction'),
  settleDate: open('BatchId', 'batch'),
  origVoucherNum: open('OriTrxId', 'transaction'),
  origOrderNo: ours('OriOrdrId'),
  origOrderTime: ours('OriTrxDtTm', 'time'),
  reqReserved: open('TrxSmmry'),
  accountIdHash: open('InstgAcct'),
  txnState: open('TrxStatus', 'status'),
  reversalNo: ours('RvslId'),
  noticeId: ours('NtfctnId'),
  origReqType: ours('OriTrxKnd'),
  qrValidTime: ours('QrVldTm'),
  // 0202 repeats the TrxId of 0201: it is the number of the sign-up.
  signNo: open('TrxId'),
  customerNm: open('SgnAcctNm'),
  certifId: open('IDNo'),
  phoneNo: open('MobNo'),
  accNo: open('SgnAcctId'),
  smsCode: open('AuthMsg'),
  bindTime: ours('SgnTm', 'time'),
  tokenEnd: ours('SgnExpDt'),
  bizCode: ours('BizCd'),
  areaCode: open('PyeeAreaNo'),
  qrCode: ours('PyeeQrCd'),
  qrType: ours('QrTp'),
  qrClass: ours('QrClss'),
  tn: ours('GwOrdrNo'),
  appLink: ours('GwLnk'),
  frontUrl: open('ClbckUrl'),
  payTimeout: open('OrdrExp', 'time'),
  orderDesc: open('OrdrDesc'),
  packageList: ours('SubOrdrLst'),
  packageId: ours('SubOrdrId'),
  payOrderNo: ours('PyerOrdrId'),
  fundList: ours('FndLst'),
  fundType: ours('FndTp'),
  spnsrId: ours('SpnsrId'),
  payAmt: ours('PyAmt', 'decimal'),
  couponNo: ours('CpnNo'),
  offstAmt: ours('CpnAmt', 'decimal'),
  minAmt: ours('CpnMinAmt', 'decimal'),
  couponInfo: ours('CpnLst'),
  couponBackList: ours('CpnBckLst'),
  bankTraceNo: open('TrxId'),
  origBankTraceNo: open('OriTrxId'),
  issInsCode: open('PyerAcctIssrId', 'party'),
  cardSignNo: open('SgnNo'),
  payCardType: open('SgnAcctTp', 'card'),
  bizPurpose: open('TrxPrps'),
  compositeNo: ours('CmpstId'),
  branchNo: ours('BrnchId'),
  dupFlag: ours('RptFlg'),
  errField: ours('ErrFld'),
  errOffset: ours('ErrOffst'),
  refundedAmt: ours('RfdAmt', 'decimal'),
  refundList: ours('RfdLst'),
  instrNo: ours('InstrId'),
  payerCode: ours('PyerInstgId', 'party'),
  payeeCode: ours('PyeeInstgId', 'party'),
  maskedNm: ours('MskdNm'),
  maskedPhone: ours('MskdMobNo'),
  exchangeNo: ours('XchgId'),
  netCouponNo: ours('NetCpnNo'),
  instgCode: open('InstgId', 'party'),
  ctrlNbList: open('CtrlNbInf'),
  ctrlNbF: open('CtrlNbF'),
  ctrlNbL: open('CtrlNbL'),
  certType: ours('CertTp'),
  encryptPubKeyCert: ours('NcrptnCert'),
  oldCertEndTime: ours('OldCertEndTm', 'time'),
  fileType: ours('FlTp'),
  filePart: ours('FlPrt'),
  filePartQty: ours('FlPrtQty'),
  fileVersion: ours('FlVrsn'),
  fileDigest: ours('FlDgst'),
  fileContent: ours('FlCntt'),
  netDirect: ours('NetDrctn'),
  netAmt: ours('NetAmt', 'decimal'),
  netCcy: ours('NetCcy'),
  netQty: ours('NetQty'),
  netList: ours('NetLst'),
  ctrPtyCode: ours('CtrPtyId', 'party'),
}

/** A refund goes the other way: the bank is the payee. A payout's bank has members of its own (211). */
const SIGN = { issInsCode: open('SgnAcctIssrId', 'party') }
const REFUND = { issInsCode: open('PyeeAcctIssrId', 'party') }
const PAYOUT = { issInsCode: open('PyeeBkId', 'party'), cardSignNo: open('PyeeSgnNo') }
const OTHERWISE: Readonly<Partial<Record<MessageType, Readonly<Record<string, Named>>>>> = {
  'settle.reply': { bankTraceNo: open('DbtrBankId') },
  'card.sign': SIGN,
  'bank.sign': SIGN,
  'card.refund': REFUND,
  'bank.refund': REFUND,
  'card.payout': PAYOUT,
  'bank.payout': PAYOUT,
}

/** Members that the table of names leaves to forms of their own. */
export const CURRENCY = 'currencyCode'
export const AMOUNT = 'txnAmt'
export const ANSWER = 'respCode'
export const BECAUSE = 'respMsg'
export const ORIGINAL_ANSWER = 'origRespCode'
const APART: readonly string[] = [CURRENCY, ANSWER, BECAUSE, ORIGINAL_ANSWER]

export type Row = Named & { readonly unionpay: string; readonly rows?: readonly Row[] }
export type Table = {
  readonly rows: readonly Row[]
  /** Amount and currency in one member. */
  readonly joint: boolean
  /** Names of the field rows: as members they are nobody's here. */
  readonly foreign: ReadonlySet<string>
}

const tables = new Map<MessageType, Table>()

/** The members of a message with their names and forms, made once. */
export function namesOf(type: MessageType): Table {
  const known = tables.get(type)
  if (known !== undefined) return known
  const fields: readonly Field[] = MESSAGES[type]
  const joint = fields.some(({ unionpay }) => unionpay === CURRENCY)
  const rows = rowsOf(fields, OTHERWISE[type] ?? {}).filter(({ unionpay }) => !(joint && unionpay === AMOUNT))
  const table = { rows, joint, foreign: new Set(fields.map(({ unionpay }) => unionpay)) }
  tables.set(type, table)
  return table
}

function rowsOf(fields: readonly Field[], otherwise: Readonly<Record<string, Named>>): readonly Row[] {
  return fields.flatMap(({ unionpay, of }) => {
    if (APART.includes(unionpay)) return []
    const named = otherwise[unionpay] ?? NAMES[unionpay]
    if (named === undefined) throw new Error(`${unionpay} has no name on the NetsUnion-like network`)
    return [{ ...named, unionpay, ...(of !== undefined && { rows: rowsOf(of, otherwise) }) }]
  })
}
