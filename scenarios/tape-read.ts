// Reading a tape, which somebody may have cut or changed by hand: every fault is said with its line, the member, what was
// expected there and what to do. What can be read can be played.
import { fromBase64 } from '../crypto/crypto.ts'
import {
  type Field,
  isMessageType,
  isRequestType,
  MESSAGES,
  type MessageType,
  readStamp,
  type RequestType,
  type Sealed,
  type Text,
} from '../wire/wire.ts'
import type { Made } from './seen.ts'
import { type Tape, type TapeCall, type TapeHead, TAPE_VERSION, type TapeMessage } from './tape.ts'

export type TapeFault = { readonly line: number; readonly said: Text }
export type TapeRead = { readonly tape: Tape } | { readonly fault: TapeFault }

type Loose = Readonly<Record<string, unknown>>
type Faulty = { readonly fault: Text }
type Member = { readonly needed: boolean; readonly rule: Text; fits(value: unknown): boolean }

export function readTape(text: string): TapeRead {
  const rows = text.split('\n')
  if (rows.at(-1) === '') rows.pop()
  const head = headOf(rows[0] ?? '')
  if ('fault' in head) return { fault: { line: 1, said: head.fault } }
  const lines: (TapeMessage | TapeCall)[] = []
  const known = new Map<number, TapeMessage>()
  for (const [index, row] of rows.entries()) {
    if (index === 0) continue
    const number = index + 1
    const last = number === rows.length && !text.endsWith('\n')
    const read = lineOf(row, number, known, last)
    if ('fault' in read) return { fault: { line: number, said: read.fault } }
    lines.push(read)
    if (read.kind === 'message') known.set(read.n, read)
  }
  return { tape: { head, lines } }
}

const member = (zh: string, en: string, fits: Member['fits'], needed = true): Member => ({
  needed,
  rule: { zh, en },
  fits,
})
const optional = (one: Member): Member => ({ ...one, needed: false })
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const isRecord = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const word = member('应为文本', 'must be text', isText)
const number = member('应为正整数', 'must be a whole number above zero', (v) => isWhole(v) && v !== 0)
const count = member('应为非负整数', 'must be a whole number', isWhole)
const instant = member(
  '应为北京时间，如 2026-06-15T10:00:00.000+08:00',
  'must be an instant such as 2026-06-15T10:00:00.000+08:00',
  (value) => isText(value) && readStamp(value) !== undefined,
)
const record = member('应为对象', 'must be an object', isRecord)
const anything = optional(member('', '', () => true))
const oneOf = (...words: readonly string[]): Member =>
  member(`应为 ${words.join('、')} 之一`, `must be one of ${words.join(', ')}`, (value) =>
    words.includes(String(value)),
  )
const path = member(
  '应以“/”开头',
  'must begin with “/”',
  (value) => isText(value) && /^\/[^\s]*$/.test(value),
)

const HEAD: Readonly<Record<string, Member>> = {
  tape: number,
  holds: anything,
  profile: word,
  seed: word,
  recorded: word,
  by: word,
  clock: oneOf('virtual', 'wall'),
  subject: word,
  at: instant,
}

const MESSAGE: Readonly<Record<string, Member>> = {
  n: number,
  at: instant,
  from: word,
  to: word,
  type: optional(
    member('没有这种报文', 'is no type of message', (value) => isText(value) && isMessageType(value)),
  ),
  fields: optional(record),
  fate: oneOf('delivered', 'lost', 'late'),
  replyTo: optional(number),
  twisted: optional(oneOf('true')),
  made: optional(record),
  path,
  contentType: member('应为文本', 'must be text', (value) => typeof value === 'string'),
  raw: member(
    '应为 base64（RFC 4648，带填充）',
    'must be base64 with padding',
    (value) => typeof value === 'string' && fromBase64(value) !== undefined,
  ),
}

const CALL: Readonly<Record<string, Member>> = {
  call: oneOf('GET', 'POST', 'PUT'),
  path,
  at: instant,
  after: count,
  status: count,
  request: anything,
  reply: anything,
}

/** The first member of an object that is missing, wrong or unknown. */
function faultIn(table: Readonly<Record<string, Member>>, row: Loose): Text | undefined {
  for (const [name, { needed, rule, fits }] of Object.entries(table)) {
    const value = row[name]
    if (value === undefined && !needed) continue
    if (value === undefined) return said(name, '缺失', 'is missing')
    if (!fits(value)) return said(name, rule.zh, rule.en)
  }
  const unknown = Object.keys(row).find((name) => !Object.hasOwn(table, name))
  if (unknown === undefined) return undefined
  const names = Object.keys(table).join(', ')
  return said(unknown, `没有此成员；有：${names}`, `is no member here; there are: ${names}`)
}

const said = (name: string, zh: string, en: string): Text => ({ zh: `${name}：${zh}`, en: `${name}: ${en}` })

function jsonOf(row: string): unknown {
  try {
    return JSON.parse(row)
  } catch {
    return undefined
  }
}

function headOf(row: string): TapeHead | Faulty {
  const read = jsonOf(row)
  if (!isRecord(read) || read['tape'] === undefined)
    return {
      fault: {
        zh: '不是录制文件：首行应为 {"tape":1,…}。用 sifang certify --tapes 或 sifang up --tape FILE 录制',
        en: 'is no tape: its first line must be {"tape":1,…}. Record one with sifang certify --tapes or sifang up --tape FILE',
      },
    }
  if (read['tape'] !== TAPE_VERSION)
    return {
      fault: said(
        'tape',
        `格式版本 ${JSON.stringify(read['tape'])} 不认识，本版本读 ${TAPE_VERSION}；请用录制它的版本重放，或重新录制`,
        `version ${JSON.stringify(read['tape'])} is not known, this Sifang reads ${TAPE_VERSION}: replay it with the version that recorded it, or record it again`,
      ),
    }
  const fault = faultIn(HEAD, read)
  if (fault !== undefined) return { fault }
  const { tape: _version, holds: _holds, at, ...head } = read
  return { ...(head as Omit<TapeHead, 'at'>), at: readStamp(String(at)) ?? 0 }
}

function lineOf(
  row: string,
  line: number,
  known: ReadonlyMap<number, TapeMessage>,
  cutOff: boolean,
): TapeMessage | TapeCall | Faulty {
  const read = jsonOf(row)
  if (!isRecord(read))
    return {
      fault: cutOff
        ? {
            zh: '末行不完整，多半是录制时被中断；删去这一行即可',
            en: 'the last line is not whole, so the recording was most likely cut off: delete this line',
          }
        : { zh: '应为一个 JSON 对象', en: 'must be one JSON object' },
    }
  if (read['call'] !== undefined) return callOf(read, line)
  if (read['n'] !== undefined) return messageOf(read, line, known)
  return {
    fault: {
      zh: '既不是报文（n）也不是调用（call）',
      en: 'is neither a message (n) nor a call (call)',
    },
  }
}

function callOf(read: Loose, line: number): TapeCall | Faulty {
  const fault = faultIn(CALL, read)
  if (fault !== undefined) return { fault }
  const { call: method, at, ...rest } = read
  return { kind: 'call', line, method, at: readStamp(String(at)) ?? 0, ...rest } as unknown as TapeCall
}

function messageOf(read: Loose, line: number, known: ReadonlyMap<number, TapeMessage>): TapeMessage | Faulty {
  const fault = faultIn(MESSAGE, read) ?? placeFault(read, known)
  if (fault !== undefined) return { fault }
  const { at, raw, path: where, contentType, fields, made, type, ...rest } = read
  const content = fields === undefined ? undefined : contentOf(type as MessageType, fields as Loose, 'fields')
  if (content !== undefined && 'fault' in content) return content
  const origin = made === undefined ? undefined : madeOf(made as Loose, known)
  if (origin !== undefined && 'fault' in origin) return origin
  const bytes = fromBase64(String(raw)) ?? new Uint8Array()
  const sealed: Sealed = { path: String(where), contentType: String(contentType), bytes }
  return {
    ...rest,
    kind: 'message',
    line,
    at: readStamp(String(at)) ?? 0,
    sealed,
    ...(type !== undefined && { type }),
    ...(content !== undefined && { fields: content.fields }),
    ...(origin !== undefined && { made: origin.made }),
  } as unknown as TapeMessage
}

function placeFault(read: Loose, known: ReadonlyMap<number, TapeMessage>): Text | undefined {
  const before = known.get(Number(read['n']))
  if (before !== undefined)
    return said('n', `第 ${before.line} 行已用此号`, `line ${before.line} has this number already`)
  const { replyTo, fields, type } = read
  if (replyTo !== undefined && known.get(Number(replyTo)) === undefined)
    return said(
      'replyTo',
      `此前没有第 ${String(replyTo)} 号报文`,
      `there is no message ${String(replyTo)} before this one`,
    )
  if (fields !== undefined && type === undefined)
    return said('type', '有 fields 就必须有 type', 'is missing; fields are read by it')
  return undefined
}

/** Fields by the message's own table: each must be one of its fields, of the kind that the table says. */
function contentOf(type: MessageType, fields: Loose, at: string): { fields: Loose } | Faulty {
  return rowOf(MESSAGES[type], fields, at, type)
}

function rowOf(table: readonly Field[], row: Loose, at: string, type: string): { fields: Loose } | Faulty {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    const field = table.find((one) => one.name === name)
    const names = table.map((one) => one.name).join(', ')
    if (field === undefined)
      return {
        fault: said(
          `${at}.${name}`,
          `不是 ${type} 的字段；有：${names}`,
          `is no field of ${type}; there are: ${names}`,
        ),
      }
    const inner = valueOf(field, value, `${at}.${name}`, type)
    if ('fault' in inner) return inner
    fields[name] = inner.value
  }
  return { fields }
}

function valueOf(field: Field, value: unknown, at: string, type: string): { value: unknown } | Faulty {
  if (field.format === 'list') {
    if (!Array.isArray(value)) return { fault: said(at, '应为数组', 'must be a list') }
    const rows: Loose[] = []
    for (const [index, row] of value.entries()) {
      const read = isRecord(row) ? rowOf(field.of ?? [], row, `${at}[${index}]`, type) : undefined
      if (read === undefined) return { fault: said(`${at}[${index}]`, '应为对象', 'must be an object') }
      if ('fault' in read) return read
      rows.push(read.fields)
    }
    return { value: rows }
  }
  if (typeof value !== 'string')
    return { fault: said(at, '应为文本（金额也是）', 'must be text, amounts too') }
  if (field.format !== 'amount' && field.format !== 'amount0') return { value }
  if (/^-?[0-9]{1,30}$/.test(value)) return { value: BigInt(value) }
  return {
    fault: said(at, '应为整数分，如 "1000"', 'must be whole minor units as text, such as "1000"'),
  }
}

const texts = optional(
  member(
    '应为名与文本',
    'must be names with texts',
    (value) => isRecord(value) && Object.values(value).every((one) => typeof one === 'string'),
  ),
)
const words = optional(
  member(
    '应为文本的列表',
    'must be a list of texts',
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  ),
)
const some = optional(word)

const FORGE: Readonly<Record<string, Member>> = {
  head: texts,
  headAfter: texts,
  headWithout: words,
  members: texts,
  without: words,
  twice: texts,
  reordered: optional(oneOf('true')),
  afterSigning: texts,
  sign: some,
  flip: optional(oneOf('head', 'wrap', 'iv', 'cipher', 'tag', 'sign')),
  lift: optional(number),
  cut: optional(count),
  pad: optional(count),
  path: optional(path),
  contentType: some,
  encoding: some,
  doctype: some,
  entity: texts,
}
const MADE: Readonly<Record<string, Member>> = { type: word, fields: record, forge: record }

function madeOf(made: Loose, known: ReadonlyMap<number, TapeMessage>): { made: Made } | Faulty {
  const inside = (fault: Text): Faulty => ({ fault: { zh: `made.${fault.zh}`, en: `made.${fault.en}` } })
  const { type, fields, forge } = made as { type: string; fields: Loose; forge: Loose }
  const fault = faultIn(MADE, made)
  if (fault !== undefined) return inside(fault)
  const bent = faultIn(FORGE, forge)
  if (bent !== undefined) return inside({ zh: `forge.${bent.zh}`, en: `forge.${bent.en}` })
  if (!isRequestType(type)) return inside(said('type', '没有这种请求', 'is no type of request'))
  const content = contentOf(type, fields, 'fields')
  if ('fault' in content) return inside(content.fault)
  const { lift, ...rest } = forge
  const lifted = lift === undefined ? undefined : known.get(Number(lift))
  if (lift !== undefined && lifted === undefined)
    return inside(
      said(
        'forge.lift',
        `此前没有第 ${Number(lift)} 号报文`,
        `there is no message ${Number(lift)} before this one`,
      ),
    )
  return {
    made: {
      type: type as RequestType,
      fields: content.fields,
      forge: { ...rest, ...(lifted !== undefined && { lift: lifted.sealed }) },
    },
  }
}
