// Reply codes of the NetsUnion-like network (facts/netsunion-gm 4.3): eight characters in two layers. SysRtnCd says whether
// the message was handled, BizStsCd what the business said. A code that no table here knows is never a success.
import { type AnswerClass, CLASSES, classRow, codeOf } from './classes.ts'
import { type MessageType, type RequestType, SENDERS } from './messages.ts'

export const HANDLED = '00000000'
/** Two characters that no class has: what an unknown code reads as. */
const UNKNOWN = 'ZZ'
/** Ours: two characters that have no eight of their own here travel behind this. */
const UNLISTED = 'HU0000'

type Kind = 'sign' | 'unsign' | 'pay' | 'refund' | 'payout' | 'undo'

const KINDS: Readonly<Partial<Record<RequestType, Kind>>> = {
  'token.apply': 'sign',
  'agreement.apply': 'sign',
  'agreement.confirm': 'sign',
  'card.sign': 'sign',
  'bank.sign': 'sign',
  'token.change': 'unsign',
  'agreement.cancel': 'unsign',
  credit: 'refund',
  refund: 'refund',
  'card.refund': 'refund',
  'bank.refund': 'refund',
  'card.payout': 'payout',
  'bank.payout': 'payout',
  void: 'undo',
  reversal: 'undo',
  'debit.void': 'undo',
  'debit.reverse': 'undo',
  'card.reverse': 'undo',
  'bank.reverse': 'undo',
}

/** By area: the endings that mean a class; the first is the one that is said. Which class stands behind a wording is ours. */
type Area = {
  readonly area: string
  readonly means: Readonly<Partial<Record<AnswerClass, readonly string[]>>>
}

const ACCOUNT = ['006', '005', '007', '008', '009', '010', '032', '095', '097'] as const
const AREAS: Readonly<Record<Kind, readonly Area[]>> = {
  sign: [
    {
      area: 'PB511',
      means: {
        'DECL-ACCOUNT': ['098', '002', '005', '006', '010'],
        'DECL-AUTH': ['027', '013', '014', '015', '017', '019', '021', '022', '028'],
        'DECL-LIMIT': ['025', '026'],
        'DECL-STATE': ['099'],
      },
    },
  ],
  unsign: [{ area: 'PB512', means: { 'DECL-TOKEN': ['001'], 'DECL-STATE': ['002', '098', '099'] } }],
  pay: [
    { area: 'PB520', means: { 'DECL-ACCOUNT': [...ACCOUNT, '017', '018'], 'DECL-FUNDS': ['011'] } },
    {
      area: 'PB521',
      means: {
        'DECL-FUNDS': ['012'],
        'DECL-TOKEN': ['014', '013', '015', '016'],
        'DECL-LIMIT': ['023', '021', '022', '024', '025', '026', '027'],
        'DECL-STATE': ['096'],
      },
    },
  ],
  refund: [
    { area: 'RB620', means: { 'DECL-ACCOUNT': ACCOUNT } },
    {
      area: 'RB622',
      means: {
        'DECL-ORIG': ['021'],
        'DECL-AMOUNT': ['022'],
        'DECL-STATE': ['023', '024', '025', '026', '099'],
      },
    },
    { area: 'PB522', means: { 'DECL-STATE': ['099'] } },
  ],
  payout: [
    { area: 'RB620', means: { 'DECL-ACCOUNT': ACCOUNT } },
    {
      area: 'RB623',
      means: {
        'DECL-TOKEN': ['014', '013', '015'],
        'DECL-LIMIT': ['023', '021', '022', '024', '025'],
        'DECL-STATE': ['096', '031'],
      },
    },
  ],
  undo: [{ area: 'PB522', means: { 'DECL-STATE': ['099'] } }],
}
/** The area in which a class without a public code gets one of ours. */
const OWN_AREA: Readonly<Record<Kind, string>> = {
  sign: 'PB511',
  unsign: 'PB512',
  pay: 'PB520',
  refund: 'RB622',
  payout: 'RB623',
  undo: 'PB522',
}

/** Ours: the endings of what has no public code. 901 is a system code of the network. */
const HOUSE: Readonly<Record<Exclude<AnswerClass, 'OK' | 'REJ-FORMAT' | 'REJ-SIG'>, string>> = {
  'DECL-ORIG': '910',
  'DECL-STATE': '911',
  'DECL-WINDOW': '912',
  'DECL-CURR': '913',
  'DECL-MERCH': '914',
  'DECL-CODE': '915',
  'DECL-ACCOUNT': '916',
  'DECL-TOKEN': '917',
  'DECL-AUTH': '918',
  'DECL-RISK': '919',
  'DECL-AMOUNT': '920',
  'DECL-LIMIT': '921',
  'DECL-TIER': '922',
  'DECL-COUPON': '923',
  'DECL-QUOTE': '924',
  'DECL-FUNDTYPE': '925',
  'DECL-FUNDS': '926',
  'DECL-QUOTA': '927',
  NOT_FOUND: '940',
  PENDING: '941',
  'REJ-SIZE': '950',
  'REJ-TYPE': '951',
  'REJ-ROUTE': '952',
  'REJ-CERT': '953',
  'REJ-REPLAY': '954',
  'REJ-CRYPTO': '955',
  'REJ-CONFLICT': '956',
  'REJ-RATE': '957',
}

/** Suffixes of system codes: bad format or no signature field; signature not verified; a response without a signature. */
const SYSTEM: readonly (readonly [suffix: string, means: AnswerClass])[] = [
  ['022', 'REJ-FORMAT'],
  ['025', 'REJ-SIG'],
  ['026', 'REJ-SIG'],
]
const NO_ANSWER = 'ES000033'
const BANK_FAILED: readonly string[] = ['ES000098', 'ES000099']
/** Who says it, and on which side it stands: the platform, a payer's side, a payee's. */
const SYSTEM_CODE = /^(?:ES500|PS500|RS600)(\d{3})$/
/** Classes with which a bank refuses the message itself; the others of the kind are the platform's own. */
const OF_BANKS: readonly string[] = [
  'REJ-SIZE',
  'REJ-TYPE',
  'REJ-FORMAT',
  'REJ-CERT',
  'REJ-CRYPTO',
  'REJ-SIG',
]
/** What says in a reply that no signature was there, where the code is that of a bad format. */
const SIGNATURE_MISSING = '{S:}'

const requestOf = (type: MessageType): RequestType => type.replace(/\.reply$/, '') as RequestType
const kindOf = (type: MessageType): Kind => KINDS[requestOf(type)] ?? 'pay'

const codes = new Map<Kind, { byClass: Map<string, string>; byCode: Map<string, AnswerClass> }>()

function tableOf(kind: Kind) {
  const known = codes.get(kind)
  if (known !== undefined) return known
  const byClass = new Map<string, string>([['OK', HANDLED]])
  const byCode = new Map<string, AnswerClass>([[HANDLED, 'OK']])
  for (const { area, means } of AREAS[kind])
    for (const [name, endings = []] of Object.entries(means))
      for (const ending of endings) {
        if (!byClass.has(name)) byClass.set(name, area + ending)
        byCode.set(area + ending, name as AnswerClass)
      }
  for (const { class: name } of CLASSES) {
    if (byClass.has(name) || name.startsWith('REJ-')) continue
    const code = OWN_AREA[kind] + HOUSE[name as keyof typeof HOUSE]
    byClass.set(name, code)
    byCode.set(code, name)
  }
  const table = { byClass, byCode }
  codes.set(kind, table)
  return table
}

/** The platform answers what institutions, acquirers and banks send; a payment institution stands on the payer's side but for
 *  refunds and payouts. */
function systemPrefix(type: MessageType): string {
  if (SENDERS[requestOf(type)] !== 'switch') return 'ES500'
  const kind = kindOf(type)
  return kind === 'refund' || kind === 'payout' ? 'RS600' : 'PS500'
}

const systemClass = (code: string): AnswerClass | undefined => {
  const suffix = SYSTEM_CODE.exec(code)?.[1]
  if (suffix === undefined) return undefined
  const house = (Object.keys(HOUSE) as (keyof typeof HOUSE)[]).find(
    (name) => name.startsWith('REJ-') && HOUSE[name] === suffix,
  )
  return SYSTEM.find(([one]) => one === suffix)?.[1] ?? house
}
const suffixOf = (name: AnswerClass): string =>
  SYSTEM.find(([, means]) => means === name)?.[0] ?? HOUSE[name as keyof typeof HOUSE]

const classOfCode2 = (code: string): AnswerClass | undefined =>
  CLASSES.find(({ unionpay }) => unionpay === code)?.class

/** One reply code as one code there: of another message, or where there is only one layer. */
export function codeTold(type: MessageType, code: string): string {
  if (!/^[0-9A-Z]{2}$/.test(code)) return code
  const name = classOfCode2(code)
  if (name === undefined) return UNLISTED + code
  return name.startsWith('REJ-')
    ? systemPrefix(type) + suffixOf(name)
    : (tableOf(kindOf(type)).byClass.get(name) ?? '')
}

/** The reply code that eight characters stand for; one that no row knows where they are in no table. */
export function codeHeard(type: MessageType, code: string): string {
  const unlisted = code.startsWith(UNLISTED) ? code.slice(UNLISTED.length) : undefined
  if (unlisted !== undefined)
    return /^[0-9A-Z]{2}$/.test(unlisted) && classOfCode2(unlisted) === undefined ? unlisted : UNKNOWN
  if (code === NO_ANSWER) return codeOf('PENDING')
  const name = tableOf(kindOf(type)).byCode.get(code) ?? systemClass(code)
  return name === undefined ? UNKNOWN : classRow(name).unionpay
}

export type Layers = {
  readonly SysRtnCd?: string
  readonly SysRtnDesc?: string
  readonly BizStsCd?: string
  readonly BizStsDesc?: string
}
export type Answer = { readonly code?: string; readonly because?: string }

/** Answers that say nothing but that the message came: there is one layer only. */
const ACKNOWLEDGED: readonly string[] = ['notify.payer', 'notify.payee', 'card.notice', 'bank.notice']
export const isAcknowledgement = (type: MessageType): boolean =>
  type.endsWith('.reply') && ACKNOWLEDGED.includes(requestOf(type))

/** `about`: what else the reply says that decides how its refusal is told. */
export function layersOf(
  type: MessageType,
  { code, because }: Answer,
  about: { readonly field?: string | undefined; readonly relayed: boolean },
): Layers {
  if (code === undefined) return because === undefined ? {} : { BizStsDesc: because }
  const text = (name: 'SysRtnDesc' | 'BizStsDesc') => (because === undefined ? {} : { [name]: because })
  const name = classOfCode2(code)
  if (name === 'REJ-SIG' && about.field === SIGNATURE_MISSING)
    return { SysRtnCd: systemPrefix(type) + suffixOf('REJ-FORMAT'), ...text('SysRtnDesc') }
  if (name !== undefined && about.relayed && OF_BANKS.includes(name)) {
    const told = `${systemPrefix(requestOf(type).replace('card.', 'bank.') as RequestType)}${suffixOf(name)}`
    return { SysRtnCd: 'ES000098', BizStsDesc: because === undefined ? told : `${told} ${because}` }
  }
  if (isAcknowledgement(type) || name?.startsWith('REJ-') === true)
    return { SysRtnCd: codeTold(type, code), ...text('SysRtnDesc') }
  return { SysRtnCd: HANDLED, BizStsCd: codeTold(type, code), ...text('BizStsDesc') }
}

/** What two layers say together. */
export function answerOf(type: MessageType, layers: Layers, field: string | undefined): Answer {
  const { SysRtnCd: system, SysRtnDesc, BizStsCd: business, BizStsDesc } = layers
  const because = BizStsDesc ?? SysRtnDesc
  const said = because === undefined ? {} : { because }
  if (system === undefined) return said
  if (BANK_FAILED.includes(system)) return bankFailed(BizStsDesc, said)
  if (system !== HANDLED) {
    const told = SysRtnDesc ?? BizStsDesc
    const missing = field === SIGNATURE_MISSING && systemClass(system) === 'REJ-FORMAT'
    const code = missing ? codeOf('REJ-SIG') : codeHeard(type, system)
    return { code, ...(told !== undefined && { because: told }) }
  }
  if (business !== undefined) return { code: codeHeard(type, business), ...said }
  return isAcknowledgement(type) ? { code: codeOf('OK'), ...said } : said
}

/** The platform puts the bank's own code into the text: one that says the bank did nothing is believed, no other. */
function bankFailed(text: string | undefined, said: Answer): Answer {
  const [, code = '', rest] = /^([A-Z]S\d{6})(?: (.*))?$/s.exec(text ?? '') ?? []
  const name = systemClass(code)
  if (name === undefined) return { code: UNKNOWN, ...said }
  return { code: classRow(name).unionpay, ...(rest !== undefined && { because: rest }) }
}
