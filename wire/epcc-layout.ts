// Groups of an EPCC body and their order (facts/netsunion-gm 4.1). A member that its message's public groups do not have is
// written in a group of ours. Readers go by name: in which group a member stands, and in which order, does not matter.
import { ACKNOWLEDGEMENT, REFUND_NOTICE } from './epcc-numbers.ts'

/** Group → its members in order; an empty name holds what stands in the body by itself. */
type Layout = readonly (readonly [group: string, members: readonly string[]])[]

const SYSTEM = ['SysRtnInf', ['SysRtnCd', 'SysRtnDesc', 'SysRtnTm']] as const
const INSTG = ['InstgInf', ['InstgId', 'InstgAcct']] as const
const RESFD = ['ResfdInf', ['InstgAcctId', 'InstgAcctNm', 'ResfdAcctIssrId']] as const
const PAYEE = [
  'PyeeInf',
  [
    'PyeeAcctIssrId',
    'PyeeAcctId',
    'PyeeNm',
    'PyeeAcctTp',
    'PyeeCtryNo',
    'PyeeAreaNo',
    'PyeeTrxTrmTp',
    'PyeeTrxTrmNo',
  ],
] as const
const REFUND: Layout = [
  ['PyerInf', ['PyerAcctIssrId', 'PyerAcctId', 'PyerAcctTp']],
  ['', ['RPFlg']],
  ['PyeeInf', ['PyeeAcctIssrId', 'PyeeAcctId', 'PyeeAcctTp', 'SgnNo']],
  RESFD,
  ['TrxInf', ['TrxId', 'TrxDtTm', 'TrxAmt', 'TrxCtgy', 'BizTp']],
  ['OriTrxInf', ['OriTrxId', 'OriDbtrBankId', 'OriTrxAmt']],
  ['', ['BatchId']],
]

const LAYOUTS: Readonly<Record<string, Layout>> = {
  '101': [
    ['SgnInf', ['SgnAcctIssrId', 'SgnAcctTp', 'SgnAcctId', 'SgnAcctNm', 'IDTp', 'IDNo', 'MobNo', 'SgnNo']],
    ['TrxInf', ['TrxCtgy', 'TrxId', 'TrxDtTm', 'AuthMsg']],
    INSTG,
  ],
  '102': [
    SYSTEM,
    ['BizInf', ['SgnNo', 'BizStsCd', 'BizStsDesc']],
    ['SgnInf', ['SgnAcctIssrId', 'SgnAcctTp', 'SgnAcctId', 'SgnAcctNm', 'SgnAcctLvl']],
    INSTG,
  ],
  '103': [
    ['SgnInf', ['SgnAcctIssrId', 'SgnNo', 'SgnAcctTp', 'SgnAcctShrtId']],
    INSTG,
    ['RescindInf', ['TrxId', 'TrxDtTm']],
  ],
  '104': [
    ['SgnInf', ['SgnAcctIssrId', 'SgnNo', 'SgnAcctTp', 'SgnAcctShrtId']],
    INSTG,
    ['', ['TrxId']],
    SYSTEM,
    ['BizInf', ['BizStsCd', 'BizStsDesc']],
  ],
  '201': [
    ['PyerInf', ['PyerAcctIssrId', 'PyerAcctTp', 'SgnNo', 'PyerTrxTrmTp', 'PyerTrxTrmNo']],
    ['', ['RPFlg']],
    PAYEE,
    RESFD,
    ['TrxInf', ['TrxId', 'TrxDtTm', 'TrxAmt', 'TrxCtgy', 'BizTp', 'AcctInTp']],
    ['OrdrInf', ['OrdrId', 'OrdrDesc', 'PltfrmNm']],
    ['', ['BatchId', 'TrxDevcInf']],
  ],
  '205': REFUND,
  '206': [
    SYSTEM,
    [
      'BizInf',
      [
        'RPFlg',
        'TrxCtgy',
        'TrxId',
        'DbtrBankId',
        'CdtrBankId',
        'TrxAmt',
        'TrxStatus',
        'TrxFinishTm',
        'BatchId',
        'BizStsCd',
        'BizStsDesc',
      ],
    ],
  ],
  '207': [
    SYSTEM,
    [
      'BizInf',
      [
        'RPFlg',
        'InstgId',
        'TrxCtgy',
        'TrxId',
        'TrxDtTm',
        'DbtrBankId',
        'TrxAmt',
        'TrxStatus',
        'TrxFinishTm',
        'BatchId',
        'BizStsCd',
        'BizStsDesc',
      ],
    ],
  ],
  [REFUND_NOTICE]: [...REFUND, SYSTEM, ['BizInf', ['BizStsCd', 'BizStsDesc', 'TrxFinishTm', 'TrxStatus']]],
  '211': [
    ['PyerAcctInf', ['PyerBkId', 'PyerBkNo', 'PyerBkNm']],
    [
      'PyerInf',
      [
        'PyerAcctIssrId',
        'PyerAcctTp',
        'PyerAcctNo',
        'PyerAcctNm',
        'PyerMrchntNo',
        'PyerMrchntNm',
        'PyerMrchntShrtNm',
      ],
    ],
    ['PyeeAcctInf', ['PyeeAcctTp', 'PyeeBkId', 'PyeeSgnNo', 'PyeeBkNo', 'PyeeBkNm']],
    [
      'TrxInf',
      [
        'RPFlg',
        'TrxCtgy',
        'BizTp',
        'TrxId',
        'TrxDtTm',
        'TrxAmt',
        'BatchId',
        'TrxSmmry',
        'TrxPrps',
        'TrxTrmTp',
        'TrxTrmNo',
        'TrxDevcInf',
      ],
    ],
  ],
  [ACKNOWLEDGEMENT]: [SYSTEM],
  '401': [['', ['InstgId']]],
  '402': [['', ['InstgId', 'CtrlNbInf']], SYSTEM],
}

/** Ours: what has no place in the groups of a public message, and the whole of a house message but for its codes. */
export const HOUSE_GROUP = 'HsInf'
/** In a reply, what it answers; in 102 it is public, in every other reply ours. */
export const REFERENCE_GROUP = 'OriTrxInf'
const HOUSE_REPLY: Layout = [SYSTEM, ['BizInf', ['BizStsCd', 'BizStsDesc']]]

export const layoutOf = (number: string, isReply: boolean): Layout =>
  LAYOUTS[number] ?? (isReply ? HOUSE_REPLY : [])

/** Rows of a list stand in the list's element, each in one of these. */
const ROW = 'Itm'
const ROWS: Readonly<Record<string, string>> = { CtrlNbInf: 'CtrlNbInfLst' }
export const rowOf = (list: string): string => ROWS[list] ?? ROW
export const ROW_NAMES: readonly string[] = [ROW, ...Object.values(ROWS)]

/** Values that travel enciphered (facts/netsunion-gm 3); the last is ours: what else only its owner may know. */
export const ENCIPHERED: ReadonlySet<string> = new Set([
  'SgnAcctId',
  'SgnAcctNm',
  'IDNo',
  'MobNo',
  'InstgAcct',
  'PyerAcctNo',
  'PyerAcctNm',
  'PyeeBkNo',
  'PyeeBkNm',
  'AuthMsg',
])
