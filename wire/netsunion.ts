// The NetsUnion-like network's names and forms (facts/netsunion-gm 4): what parties say under the field rows' names becomes
// what the network calls it, and back. Flat: groups belong to the frame EPCC.
import type { FieldFault } from './codec.ts'
import type { Tree } from './json.ts'
import type { MessageType } from './messages.ts'
import {
  type Answer,
  answerOf,
  codeHeard,
  codeTold,
  isAcknowledgement,
  type Layers,
  layersOf,
} from './netsunion-codes.ts'
import { FORMS, fromJoint, JOINT_RULE, toJoint } from './netsunion-forms.ts'
import { AMOUNT, ANSWER, BECAUSE, CURRENCY, namesOf, ORIGINAL_ANSWER, type Row } from './netsunion-names.ts'
import type { NetworkTable } from './networks.ts'

const JOINT = 'TrxAmt'
const ORIGINAL = 'OriBizStsCd'
const CODES = ['SysRtnCd', 'BizStsCd', ORIGINAL] as const
const EIGHT = /^[0-9A-Z]{8}$/
const EIGHT_RULE = { zh: '应为八位数字或大写字母', en: 'must be eight digits or capital letters' }
const LAYERS = ['SysRtnCd', 'SysRtnDesc', 'BizStsCd', 'BizStsDesc'] as const

type Members = Record<string, string | readonly Tree[]>
type Heard = { readonly tree: Tree } | { readonly fault: FieldFault }

export const netsunion: NetworkTable = { told, heard, nameOf }

function told(type: MessageType, members: Tree): Tree {
  const { rows, joint, foreign } = namesOf(type)
  const said: Members = {}
  const answer = answerAmong(members)
  if (answer !== undefined) Object.assign(said, layersOf(type, answer, aboutOf(type, members)))
  Object.assign(said, toldRows(rows, members))
  const amount = joint ? toJoint(jointAmong(members)) : undefined
  if (amount !== undefined) said[JOINT] = amount
  const original = text(members, ORIGINAL_ANSWER)
  if (original !== undefined) said[ORIGINAL] = codeTold(type, original)
  for (const [name, value] of Object.entries(members)) if (!foreign.has(name)) said[name] = value
  return said
}

const text = (members: Tree, name: string): string | undefined => {
  const value = members[name]
  return typeof value === 'string' ? value : undefined
}

const named = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value })

function answerAmong(members: Tree): Answer | undefined {
  const [code, because] = [text(members, ANSWER), text(members, BECAUSE)]
  return code === undefined && because === undefined
    ? undefined
    : { ...named('code', code), ...named('because', because) }
}

/** A refusal without a field that names the attempt is a bank's, passed on; with one it is the platform's own. */
function aboutOf(type: MessageType, members: Tree) {
  const field = text(members, 'errField')
  const relayed =
    type.startsWith('card.') && type !== 'card.notice.reply' && members['bankTraceNo'] !== undefined
  return { field, relayed: relayed && field === undefined }
}

const jointAmong = (members: Tree) => ({
  ...named('amount', text(members, AMOUNT)),
  ...named('currency', text(members, CURRENCY)),
})

function toldRows(rows: readonly Row[], members: Tree): Members {
  const said: Members = {}
  for (const { unionpay, name, form, rows: inner } of rows) {
    const value = members[unionpay]
    if (value === undefined) continue
    if (typeof value === 'string') said[name] = FORMS[form].told(value)
    else said[name] = value.map((row) => toldRows(inner ?? [], row))
  }
  return said
}

function heard(type: MessageType, members: Tree): Heard {
  const { rows, joint, foreign } = namesOf(type)
  const own = new Set<string>([
    ...LAYERS,
    ORIGINAL,
    ...(joint ? [JOINT] : []),
    ...rows.map(({ name }) => name),
  ])
  const read: Members = {}
  for (const [name, value] of Object.entries(members))
    if (!own.has(name) && !foreign.has(name)) read[name] = value
  const plain = heardRows(rows, members, '')
  if ('fault' in plain) return plain
  Object.assign(read, plain.tree)
  const amount = joint ? text(members, JOINT) : undefined
  if (amount !== undefined) {
    const both = fromJoint(amount)
    if (both === undefined) return { fault: { field: JOINT, rule: JOINT_RULE } }
    Object.assign(read, named(AMOUNT, both.amount), named(CURRENCY, both.currency))
  } else if (joint && members[JOINT] !== undefined) return { fault: { field: JOINT, rule: JOINT_RULE } }
  const original = text(members, ORIGINAL)
  if (original !== undefined && foreign.has(ORIGINAL_ANSWER))
    read[ORIGINAL_ANSWER] = codeHeard(type, original)
  const list = LAYERS.find((name) => members[name] !== undefined && typeof members[name] !== 'string')
  if (list !== undefined)
    return { fault: { field: list, rule: { zh: '应为字符串', en: 'must be a string' } } }
  // In a reply what is no code is an unknown outcome; nobody has to take a request that holds one.
  const code = type.endsWith('.reply')
    ? undefined
    : CODES.find((name) => members[name] !== undefined && !EIGHT.test(text(members, name) ?? ''))
  if (code !== undefined) return { fault: { field: code, rule: EIGHT_RULE } }
  if (foreign.has(ANSWER)) {
    const { code, because } = answerOf(type, members as Layers, text(members, 'ErrFld'))
    Object.assign(read, named(ANSWER, code), named(BECAUSE, because))
  }
  return { tree: read }
}

function heardRows(rows: readonly Row[], members: Tree, path: string): Heard {
  const read: Members = {}
  for (const { unionpay, name, form, rows: inner } of rows) {
    const value = members[name]
    if (value === undefined) continue
    if (typeof value === 'string') {
      const back = FORMS[form].heard(value)
      if (back === undefined) return { fault: { field: `${path}${name}`, rule: FORMS[form].rule } }
      read[unionpay] = back
      continue
    }
    const list: Tree[] = []
    for (const [index, row] of value.entries()) {
      const one = heardRows(inner ?? [], row, `${path}${name}[${index}].`)
      if ('fault' in one) return one
      list.push(one.tree)
    }
    read[unionpay] = list
  }
  return { tree: read }
}

/** `fundList[0].txnAmt` → `FndLst[0].TrxAmt`. */
function nameOf(type: MessageType, path: string): string {
  const { rows, joint } = namesOf(type)
  const [head = '', index = '', rest] = /^([^[.]*)(\[\d+\])?(?:\.(.*))?$/.exec(path)?.slice(1) ?? []
  if (head === ANSWER) return isAcknowledgement(type) ? 'SysRtnCd' : 'BizStsCd'
  if (head === BECAUSE) return isAcknowledgement(type) ? 'SysRtnDesc' : 'BizStsDesc'
  if (head === ORIGINAL_ANSWER) return ORIGINAL
  if (joint && (head === AMOUNT || head === CURRENCY)) return JOINT
  const row = rows.find(({ unionpay }) => unionpay === head)
  if (row === undefined) return path
  const inner = row.rows?.find(({ unionpay }) => unionpay === rest)
  return row.name + index + (rest === undefined ? '' : `.${inner?.name ?? rest}`)
}
