// Files of the NetsUnion-like network: one of details per batch, enciphered whole with the key of the day, and that key in a
// file of its own, made at noon of the day before and sealed for its receiver (facts/netsunion-gm 5). Cipher, key file and
// folders are public; names of details and their columns were never published, and those here are ours. Shares of the fee,
// legs and amounts in the merchant's currency are not in them.
import {
  aesEcbDecrypt,
  aesEcbEncrypt,
  type Bytes,
  fromBase64,
  sm3Hex,
  sm4Decrypt,
  sm4Encrypt,
  toBase64,
  utf8,
} from '../crypto/crypto.ts'
import { fromJoint, NETSUNION_FORMS, partyNumber, readBeijingTime, type Text, toJoint } from '../wire/wire.ts'
import { type FileFault, FileRefusal, type FileRule, readingSealed, WHOLE_FILE } from './file-fault.ts'
import {
  type Draft,
  type FileColumn,
  type FileForm,
  type FileHead,
  type FileRead,
  type FileWanted,
  readLines,
  writeLines,
} from './file-lines.ts'
import { fieldsOf, linesOf, type Signing, type Verifying, wrongDigest } from './file-text.ts'
import { AMOUNT, FEE, isDate, WORD } from './file-values.ts'
import type { ClearingItem, ClearingKind } from './item.ts'

const { transaction: NUMBER, party: PARTY, time: TIME } = NETSUNION_FORMS

/** TrxCtgy: 0110 and 0121 are public, the others ours. */
const CATEGORIES: Readonly<Record<ClearingKind, string>> = {
  purchase: '0110',
  refund: '0121',
  void: '0131',
  reversal: '0199',
  undo: '0198',
}
const kindOf = (category: string): ClearingKind | undefined =>
  (Object.keys(CATEGORIES) as ClearingKind[]).find((kind) => CATEGORIES[kind] === category)

const WORD_RULE: Text = {
  zh: '1 至 64 个字母、数字、点、横线或下划线',
  en: '1 to 64 letters, digits, dots, hyphens or underlines',
}
const MONEY_RULE: Text = {
  zh: '币种与两位小数的金额，如 CNY10.00',
  en: 'currency and amount with two places, as CNY10.00',
}

type Named =
  | 'transaction'
  | 'acquirer'
  | 'institution'
  | 'merchant'
  | 'order'
  | 'orderTime'
  | 'original'
  | 'business'
  | 'category'
type Written = { tell(text: string): string; hear(text: string): string | undefined; readonly rule: Text }

const as = ({ told, heard, rule }: (typeof NETSUNION_FORMS)['time'], well = WORD): Written => ({
  tell: told,
  hear: (text) => {
    const read = heard(text)
    return read !== undefined && well.test(read) && told(read) === text ? read : undefined
  },
  rule,
})
const plain: Written = {
  tell: (text) => text,
  hear: (text) => (WORD.test(text) ? text : undefined),
  rule: WORD_RULE,
}
const moment: Written = {
  ...as(TIME),
  hear: (text) => {
    const read = TIME.heard(text)
    return read !== undefined && readBeijingTime(read) !== undefined ? read : undefined
  },
}

const column = (
  name: string,
  of: Named,
  label: Text,
  origin: FileColumn['origin'],
  { tell, hear, rule }: Written,
  optional?: true,
): FileColumn => ({
  name,
  label,
  rule,
  origin,
  ...(optional && { optional }),
  tell: (item) => (item[of] === undefined ? '' : tell(item[of])),
  hear: (cell, draft) => {
    const read = hear(cell)
    if (read === undefined) return false
    draft[of] = read
    return true
  },
})

/** Amount and currency in one member, as in the network's messages. */
const money = (
  name: string,
  of: 'amount' | 'fee',
  label: Text,
  origin: FileColumn['origin'],
): FileColumn => ({
  name,
  label,
  rule: MONEY_RULE,
  origin,
  tell: (item) => toJoint({ amount: String(item[of]), currency: item.currency }) ?? '',
  hear: (cell, draft: Draft) => {
    const { amount = '', currency = '' } = fromJoint(cell) ?? {}
    const well = (of === 'amount' ? AMOUNT : FEE).test(amount) && currency !== ''
    if (!well || (draft.currency ?? currency) !== currency) return false
    draft[of] = BigInt(amount)
    draft.currency = currency
    return true
  },
})

const batchIdOf = (day: string, session: string): string => `B${day}${session}`

function readBatchId(text: string): { readonly day: string; readonly session: string } | undefined {
  const [, day = '', session = ''] = /^B([0-9]{8})([0-9]{4})$/.exec(text) ?? []
  return day !== '' && isDate(day) ? { day, session } : undefined
}

const columnsOf = (session: string): readonly FileColumn[] => [
  column('TrxId', 'transaction', { zh: '交易流水号', en: 'transaction id' }, 'public', as(NUMBER)),
  {
    name: 'TrxCtgy',
    label: { zh: '交易类别', en: 'category' },
    rule: {
      zh: `${Object.values(CATEGORIES).join('、')} 之一`,
      en: `one of ${Object.values(CATEGORIES).join(', ')}`,
    },
    origin: 'public',
    tell: ({ kind }) => CATEGORIES[kind],
    hear: (cell, draft) => {
      const kind = kindOf(cell)
      if (kind !== undefined) draft.kind = kind
      return kind !== undefined
    },
  },
  {
    name: 'BatchId',
    label: { zh: '批次号', en: 'batch' },
    rule: { zh: `B、清算日与场次 ${session}`, en: `B, the clearing day and session ${session}` },
    origin: 'public',
    tell: ({ day }) => batchIdOf(day, session),
    hear: (cell, draft) => {
      const batch = readBatchId(cell)
      if (batch?.session !== session) return false
      draft.day = batch.day
      return true
    },
  },
  column('TrxDtTm', 'orderTime', { zh: '交易时间', en: 'time' }, 'public', moment),
  money('TrxAmt', 'amount', { zh: '交易金额', en: 'amount' }, 'public'),
  money('FeeAmt', 'fee', { zh: '手续费', en: 'fee' }, 'house'),
  column(
    'PyerAcctIssrId',
    'institution',
    { zh: '付款方账户机构', en: 'payer’s institution' },
    'public',
    as(PARTY),
  ),
  column('PyeeAcctIssrId', 'acquirer', { zh: '收款方机构', en: 'payee’s institution' }, 'public', as(PARTY)),
  column('PyeeAcctId', 'merchant', { zh: '商户', en: 'merchant' }, 'public', plain),
  column('OrdrId', 'order', { zh: '订单号', en: 'order id' }, 'public', plain),
  column('OriTrxId', 'original', { zh: '原交易流水号', en: 'original’s id' }, 'public', as(NUMBER), true),
  column('BizCd', 'business', { zh: '业务编码', en: 'business code' }, 'house', plain, true),
  column('MrchntCtgyCd', 'category', { zh: '商户类别码', en: 'merchant category' }, 'house', plain, true),
]

const formOf = (session: string): FileForm => ({
  mark: 'EPCC-DETAIL',
  layout: '1',
  columns: columnsOf(session),
  kinds: CATEGORIES,
  party: { tell: partyNumber, hear: (text) => PARTY.heard(text) },
  batch: { tell: batchIdOf, hear: readBatchId },
})
/** What stands in the lines of any session. */
export const BATCH_FORM = formOf('0001')

/** Which cipher is the profile's; AES-256-ECB is the public one. ECB hides no repetition and proves nothing about who wrote
 *  it: the signature inside does. */
export const BATCH_CIPHERS = ['AES-256-ECB', 'SM4-ECB'] as const
export type BatchCipher = (typeof BATCH_CIPHERS)[number]
export const DAY_KEY_BYTES: Readonly<Record<BatchCipher, number>> = { 'AES-256-ECB': 32, 'SM4-ECB': 16 }
export type DayKey = { readonly cipher: BatchCipher; readonly key: Bytes }

const SM4_ECB = { mode: 'ecb', padding: 'pkcs7' } as const
const NO_IV = new Uint8Array(0)

const folder = (institution: string, day: string): string => `${partyNumber(institution)}/${day}/trans`
/** Root / IssrId / yyyyMMdd / trans, as the key's place is known. */
export const batchPath = (institution: string, day: string, session: string): string =>
  `${folder(institution, day)}/${partyNumber(institution)}-${batchIdOf(day, session)}.dat`
export const keyPath = (institution: string, day: string): string =>
  `${folder(institution, day)}/${partyNumber(institution)}-${day}.key`

const DAY_MS = 24 * 3600 * 1000
/** The instant from which a day's key is there: noon of the day before. */
export function keyThereAt(day: string): number {
  const noon = readBeijingTime(`${day}120000`)
  if (noon === undefined) throw new Error(`${day} is not a day of the form YYYYMMDD`)
  return noon - DAY_MS
}

export async function writeBatch(
  head: FileHead,
  items: readonly ClearingItem[],
  { cipher, key }: DayKey,
  signing: Signing,
): Promise<Bytes> {
  const text = await writeLines(formOf(head.session), head, items, signing)
  return cipher === 'AES-256-ECB' ? aesEcbEncrypt(key, text) : sm4Encrypt(key, NO_IV, text, SM4_ECB)
}

export async function readBatch(
  file: string,
  bytes: Bytes,
  wanted: FileWanted,
  { cipher, key }: DayKey,
  verifying: Verifying,
): Promise<FileRead | FileFault> {
  const text =
    cipher === 'AES-256-ECB' ? aesEcbDecrypt(key, bytes) : await sm4Decrypt(key, NO_IV, bytes, SM4_ECB)
  // By chance a wrong key leaves right padding once in 256 times.
  if (text === undefined || text[0] !== 0x48 || text[1] !== 0x7c)
    return {
      kind: 'refused',
      rule: 'key',
      file,
      ...WHOLE_FILE,
      said: {
        zh: `用 ${wanted.day} 的 ${cipher} 密钥解不开：密钥文件不是当日的，算法不同，或文件被截断；请重新获取两者`,
        en: `it does not open with the ${cipher} key of ${wanted.day}; the key is of another day, the cipher another one, or the file was cut: fetch both again`,
      },
    }
  return readLines(formOf(wanted.session), file, text, wanted, verifying)
}

const KEY_MARK = 'EPCC-KEY'
const KEY_LAYOUT = '1'

/** `EPCC-KEY|1|IssrId|day|cipher|sealed key|SM3`: one line, whose digest is of all before it (ours). */
export async function writeDayKey(
  to: string,
  day: string,
  { cipher, key }: DayKey,
  seal: (key: Bytes) => Promise<Bytes>,
): Promise<Bytes> {
  if (key.length !== DAY_KEY_BYTES[cipher])
    throw new RangeError(`the key of ${cipher} must have ${DAY_KEY_BYTES[cipher]} bytes, got ${key.length}`)
  const text = [KEY_MARK, KEY_LAYOUT, partyNumber(to), day, cipher, toBase64(await seal(key)), ''].join('|')
  return utf8(`${text}${sm3Hex(utf8(text))}\n`)
}

export function readDayKey(
  file: string,
  bytes: Bytes,
  wanted: { readonly to: string; readonly day: string },
  unseal: (sealed: Bytes) => Promise<Bytes | undefined>,
): Promise<DayKey | FileFault> {
  return readingSealed(file, async () => {
    const [line, more] = linesOf(bytes)
    const { texts, columnOf } = fieldsOf(line ?? { number: 1, bytes }, 'UTF-8')
    const wrong = (rule: FileRule, field: number, zh: string, en: string): FileRefusal =>
      new FileRefusal(rule, { line: 1, column: columnOf(field) }, { zh, en })
    const [mark, layout, to, day, cipherText, sealed = '', digest = ''] = texts
    if (texts.length !== 7 || more !== undefined)
      throw wrong(
        'trailer',
        0,
        '应为一行七列：密钥文件不完整，请重新获取',
        'one line of seven fields expected; the key file was cut: fetch it again',
      )
    const found = sm3Hex(utf8(`${texts.slice(0, -1).join('|')}|`))
    if (found !== digest) {
      const { zh, en } = wrongDigest(digest, found)
      throw wrong('digest', 6, zh, en)
    }
    if (mark !== KEY_MARK || layout !== KEY_LAYOUT)
      throw wrong(
        'layout',
        mark === KEY_MARK ? 1 : 0,
        `应以 ${KEY_MARK}|${KEY_LAYOUT} 开头：布局版本未知`,
        `it should begin with ${KEY_MARK}|${KEY_LAYOUT}; the layout is not known`,
      )
    if (to === undefined || PARTY.heard(to) !== wanted.to)
      throw wrong(
        'addressee',
        2,
        `密钥是给 ${to} 的，应为 ${wanted.to}：请取自己的密钥`,
        `the key is for ${to}, expected ${wanted.to}: fetch the right one`,
      )
    if (day !== wanted.day)
      throw wrong(
        'day',
        3,
        `密钥是 ${day} 的，应为 ${wanted.day}：请取当日的密钥`,
        `the key is of ${day}, expected ${wanted.day}: fetch that one`,
      )
    const cipher = BATCH_CIPHERS.find((one) => one === cipherText)
    const wrapped = fromBase64(sealed)
    const key = wrapped === undefined ? undefined : await unseal(wrapped)
    if (cipher === undefined || key?.length !== DAY_KEY_BYTES[cipher])
      throw wrong(
        'key',
        cipher === undefined ? 4 : 5,
        '密钥打不开，或算法未知：可能用了别的证书加密；请联系网络',
        'the key does not open, or its cipher is not known; perhaps it was sealed for another certificate: ask the network',
      )
    return { cipher, key }
  })
}
