// What a merchant's code says: an address on the network's own host, or the text TLV that EMVCo defines (facts/unionpay
// 3.4 and 4.4). Any text ends in an answer or in a refusal; nothing is read beyond a length, and no half is believed.
// What the code claims is for routing and for comparison: who is paid and how much, the switch says (MPM-010).
import type { Text } from './classes.ts'

export type MerchantCode =
  | { readonly form: 'address'; readonly institution: string; readonly number: string }
  | {
      readonly form: 'tlv'
      readonly kind: 'STATIC' | 'DYNAMIC'
      readonly acquirer: string
      readonly merchant: string
      readonly currency: string
      readonly amount?: bigint
      /** As printed on the sticker; never shown to a payer. */
      readonly claimedName: string
      readonly bill?: string
    }

export type CodeRefused = {
  readonly kind: 'refused'
  readonly class: 'REJ-FORMAT' | 'REJ-ROUTE'
  /** Which part: `qrCode` itself, a tag such as `59`, a nested one such as `62.01`. */
  readonly field: string
  /** Character offset into the code. */
  readonly offset: number
  readonly rule: Text
}
export type CodeRead = { readonly kind: 'code'; readonly code: MerchantCode } | CodeRefused

/** `hosts`: the network's own; an address on any other is nobody's to open (MPM-008). */
export function readMerchantCode(text: string, hosts: readonly string[]): CodeRead {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith('//')) return addressOf(text, hosts)
  if (text.startsWith('00')) return tlvOf(text)
  return refused('REJ-FORMAT', 'qrCode', 0, '不是商户二维码', 'is no merchant code')
}

/** Read by its letters, not by a URL parser: what it would normalise, somebody else would read differently. */
function addressOf(text: string, hosts: readonly string[]): CodeRead {
  const host = hosts.find((one) => text.startsWith(`https://${one}/`))
  if (host === undefined)
    return refused(
      'REJ-ROUTE',
      'qrCode',
      0,
      '不在本网络的地址名单内，未发出任何请求',
      'is not on a host of this network; nothing was asked of it',
    )
  const path = text.slice(`https://${host}/`.length)
  const match = /^([0-9]{8})\/([0-9A-Za-z]{10,64})$/.exec(path)
  if (match === null)
    return refused(
      'REJ-FORMAT',
      'qrCode',
      text.length - path.length,
      '地址后应为 8 位机构号与码号',
      'must go on with 8 digits of an institution and the number of the code',
    )
  return { kind: 'code', code: { form: 'address', institution: match[1] ?? '', number: match[2] ?? '' } }
}

type Tag = { readonly value: string; readonly at: number }
const ONCE = '同一标签出现两次'

/** Two digits of tag, two of length, the value; `path` is what encloses it. */
function tagsOf(text: string, start: number, path: string): ReadonlyMap<string, Tag> | CodeRefused {
  const tags = new Map<string, Tag>()
  for (let at = 0; at < text.length; ) {
    const head = text.slice(at, at + 4)
    const tag = head.slice(0, 2)
    if (!/^[0-9]{4}$/.test(head))
      return refused(
        'REJ-FORMAT',
        path + tag,
        start + at,
        '标签与长度应为四位数字',
        'tag and length must be four digits',
      )
    const length = Number(head.slice(2))
    const value = text.slice(at + 4, at + 4 + length)
    if (length === 0 || value.length < length)
      return refused(
        'REJ-FORMAT',
        path + tag,
        start + at + 2,
        '长度超出码的结尾',
        `says ${length} characters, but ${value.length} are left`,
      )
    if (tags.has(tag)) return refused('REJ-FORMAT', path + tag, start + at, ONCE, 'is there twice')
    tags.set(tag, { value, at: start + at + 4 })
    at += 4 + length
  }
  return tags
}

const FIXED: readonly (readonly [tag: string, pattern: RegExp, rule: Text])[] = [
  ['00', /^01$/, { zh: '版本应为 01', en: 'must be 01' }],
  ['01', /^1[12]$/, { zh: '应为 11（静态）或 12（动态）', en: 'must be 11 (static) or 12 (dynamic)' }],
  [
    '15',
    /^[0-9]{16}[0-9A-Za-z]{15}$/,
    {
      zh: '应为 31 位：收单机构、转发机构、商户',
      en: 'must be 31 characters: acquirer, forwarder, merchant',
    },
  ],
  ['52', /^[0-9]{4}$/, { zh: '应为四位商户类别码', en: 'must be a merchant category of four digits' }],
  ['53', /^[0-9]{3}$/, { zh: '应为三位数字币种代码', en: 'must be a three-digit currency number' }],
  ['58', /^[A-Z]{2}$/, { zh: '应为两位国家代码', en: 'must be a country of two letters' }],
  [
    '59',
    /^.{1,25}$/,
    { zh: '应为 1–25 个字符的商户名称', en: 'must be a merchant name of 1 to 25 characters' },
  ],
  ['60', /^.{1,15}$/, { zh: '应为 1–15 个字符的城市', en: 'must be a city of 1 to 15 characters' }],
]

function tlvOf(text: string): CodeRead {
  const tail = text.length - 8
  if (tail < 0 || text.slice(tail, tail + 4) !== '6304')
    return refused(
      'REJ-FORMAT',
      '63',
      Math.max(tail, 0),
      '末尾应为 6304 与四位校验值',
      'must end in 6304 and a checksum of four characters',
    )
  const said = text.slice(tail + 4)
  const summed = crcOf(text.slice(0, tail + 4))
  if (said !== summed)
    return refused(
      'REJ-FORMAT',
      '63',
      tail + 4,
      '校验值不符',
      `the checksum is ${said}, but the code makes it ${summed}`,
    )
  const tags = tagsOf(text, 0, '')
  if ('kind' in tags) return tags
  for (const [tag, pattern, rule] of FIXED) {
    const found = tags.get(tag)
    if (found === undefined || !pattern.test(found.value))
      return { kind: 'refused', class: 'REJ-FORMAT', field: tag, offset: found?.at ?? text.length, rule }
  }
  return codeOf(tags, (tag) => tags.get(tag)?.value ?? '')
}

function codeOf(tags: ReadonlyMap<string, Tag>, value: (tag: string) => string): CodeRead {
  const priced = tags.get('54')
  const amount = priced === undefined ? undefined : minorOf(priced.value)
  if (priced !== undefined && amount === undefined)
    return refused(
      'REJ-FORMAT',
      '54',
      priced.at,
      '金额应为大于零、至多两位小数的元',
      'must be an amount above zero with at most two decimals',
    )
  const more = tags.get('62')
  const inner = more === undefined ? undefined : tagsOf(more.value, more.at, '62.')
  if (inner !== undefined && 'kind' in inner) return inner
  const bill = inner?.get('01')?.value
  return {
    kind: 'code',
    code: {
      form: 'tlv',
      kind: value('01') === '12' ? 'DYNAMIC' : 'STATIC',
      acquirer: value('15').slice(0, 8),
      merchant: value('15').slice(16),
      currency: value('53'),
      claimedName: value('59'),
      ...(amount !== undefined && { amount }),
      ...(bill !== undefined && { bill }),
    },
  }
}

/** Fen of yuan as text, exactly. */
function minorOf(text: string): bigint | undefined {
  const match = /^(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?$/.exec(text)
  if (match === null) return undefined
  const minor = BigInt(match[1] ?? '0') * 100n + BigInt((match[2] ?? '').padEnd(2, '0'))
  return minor > 0n ? minor : undefined
}

/** CRC-16, polynomial 1021, begun with FFFF, over the UTF-8 bytes up to and with `6304`. */
export function crcOf(text: string): string {
  let crc = 0xff_ff
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1)
      crc = crc & 0x80_00 ? ((crc << 1) ^ 0x10_21) & 0xff_ff : (crc << 1) & 0xff_ff
  }
  return crc.toString(16).toUpperCase().padStart(4, '0')
}

const refused = (
  kind: CodeRefused['class'],
  field: string,
  offset: number,
  zh: string,
  en: string,
): CodeRefused => ({ kind: 'refused', class: kind, field, offset, rule: { zh, en } })
