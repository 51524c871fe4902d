// The parts that certificates and revocation lists have in common, read strictly: names, times, serial numbers, the
// algorithm of the signature, extensions. One value, one spelling: whatever DER forbids is refused, not repaired.
import { type Bytes, toHex } from './bytes.ts'
import { bits, children, content, type Der, member, oid, TAG } from './der-tree.ts'
import { OID, type SignatureAlgorithm, X509Error } from './x509-words.ts'

export type Name = {
  // Names are the same when their bytes are.
  readonly der: Bytes
  // 'C=CN, O=…, CN=…'
  readonly text: string
  readonly commonName?: string
}

export type Signed = {
  // What the signature is over.
  readonly signed: Bytes
  readonly signature: Bytes
  readonly algorithm: SignatureAlgorithm
}

export type Extension = { readonly id: string; readonly critical: boolean; readonly value: Der }

const SERIAL_BYTES_MAX = 20
const SHORT: Readonly<Record<string, string>> = {
  [OID.country]: 'C',
  [OID.organization]: 'O',
  [OID.unit]: 'OU',
  [OID.commonName]: 'CN',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.5': 'serialNumber',
}
const TEXTS: readonly number[] = [TAG.utf8String, TAG.printableString, TAG.ia5String]
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/
const ASCII = /^[\x00-\x7f]*$/
const UTC_TIME = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
const GENERALIZED_TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/

export function encoded(der: Der): Bytes {
  return der.bytes.subarray(der.at, der.end)
}

// SEQUENCE { what is signed, algorithm, BIT STRING }: the outermost form of both. `inner` is the algorithm once more, inside.
export function readSigned(root: Der): { readonly tbs: Der; readonly outer: Der; readonly parts: Signed } {
  const [tbs, algorithm, signature, more] = children(member(root, root, TAG.sequence, 'the whole'))
  if (more !== undefined) throw new X509Error('签名之后还有内容', 'something follows the signature', more.at)
  const outer = member(root, algorithm, TAG.sequence, 'the signatureAlgorithm')
  const inner = member(root, tbs, TAG.sequence, 'what is signed')
  const value = bits(member(root, signature, TAG.bitString, 'the signature'))
  return {
    tbs: inner,
    outer,
    parts: { signed: encoded(inner), signature: value, algorithm: algorithmOf(outer) },
  }
}

// Both places must say the same: the outer one is not signed.
export function checkSameAlgorithm(inner: Der, outer: Der): void {
  if (toHex(encoded(inner)) === toHex(encoded(outer))) return
  throw new X509Error(
    '签名算法在证书内外不一致',
    'the signature algorithm inside is another than the one outside',
    inner.at,
  )
}

function algorithmOf(algorithm: Der): SignatureAlgorithm {
  const [name, parameters, more] = children(algorithm)
  const found = oid(member(algorithm, name, TAG.oid, 'the name of the signature algorithm'))
  const isNull = parameters?.tag === TAG.null && parameters.start === parameters.end
  // GM/T 0006 leaves the parameters out; RFC 4055, clause 5, wants NULL.
  if (found === OID.sm2WithSm3 && parameters === undefined) return 'sm2WithSm3'
  if (found === OID.sha256WithRsa && isNull && more === undefined) return 'sha256WithRsa'
  const known = found === OID.sm2WithSm3 || found === OID.sha256WithRsa
  throw new X509Error(
    known ? '签名算法的参数不对' : `不接受签名算法 ${found}，只接受 SM3withSM2 与 SHA256withRSA`,
    known
      ? 'the signature algorithm has the wrong parameters'
      : `the signature algorithm is ${found}; SM2 with SM3 and SHA256withRSA are taken`,
    algorithm.at,
  )
}

export function readSerial(der: Der): bigint {
  const bytes = content(der)
  const [first = 0, second = 0] = bytes
  const padded = bytes.length > 1 && first === 0 && second < 0x80
  if (der.tag !== TAG.integer || bytes.length === 0 || padded)
    throw new X509Error(
      '序列号不是最短形式的整数',
      'the serial number is no INTEGER in its shortest form',
      der.at,
    )
  if (first >= 0x80)
    throw new X509Error('序列号为负', 'the serial number is negative; it must be above 0', der.at)
  const number = BigInt(`0x${toHex(bytes)}`)
  if (number === 0n) throw new X509Error('序列号为零', 'the serial number is 0; it must be above 0', der.at)
  if (bytes.length > SERIAL_BYTES_MAX)
    throw new X509Error(
      `序列号超过 ${SERIAL_BYTES_MAX} 字节`,
      `the serial number is longer than ${SERIAL_BYTES_MAX} bytes`,
      der.at,
    )
  return number
}

export function readName(der: Der, what: string): Name {
  const parts: string[] = []
  let commonName: string | undefined
  for (const part of children(member(der, der, TAG.sequence, what))) {
    const attributes = children(member(der, part, TAG.set, 'a part of a name'))
    if (attributes.length === 0) throw new X509Error('名称中有空的部分', 'a part of a name is empty', part.at)
    for (const attribute of attributes) {
      const [type, value, more] = children(member(part, attribute, TAG.sequence, 'an attribute of a name'))
      const id = oid(member(attribute, type, TAG.oid, 'the type of an attribute'))
      if (value === undefined || more !== undefined)
        throw new X509Error('名称的属性不完整', 'an attribute of a name must have one value', attribute.at)
      const text = textOf(value)
      parts.push(`${SHORT[id] ?? id}=${shown(text)}`)
      if (id !== OID.commonName) continue
      // Which of two would be meant is anybody's guess.
      if (commonName !== undefined)
        throw new X509Error('名称中有两个 CN', 'a name has two common names', attribute.at)
      commonName = text
    }
  }
  return {
    der: encoded(der),
    text: parts.join(', ') || '(empty)',
    ...(commonName !== undefined && { commonName }),
  }
}

function textOf(der: Der): string {
  const bytes = Buffer.from(content(der))
  if (!TEXTS.includes(der.tag)) return `#${bytes.toString('hex')}`
  const text = bytes.toString(der.tag === TAG.utf8String ? 'utf8' : 'latin1')
  const fits =
    der.tag === TAG.utf8String
      ? Buffer.from(text).equals(bytes)
      : (der.tag === TAG.printableString ? PRINTABLE : ASCII).test(text)
  if (!fits)
    throw new X509Error('名称中有其编码不允许的字符', 'a name holds signs that its encoding forbids', der.at)
  return text
}

// Names are the issuer's words: what would pass for another part is escaped (RFC 4514, clause 2.4), and whatever would move a
// terminal's cursor is shown as a question mark.
const shown = (text: string): string =>
  text.replace(/[,\\+"<>;]/g, '\\$&').replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')

export function readTime(parent: Der, der: Der | undefined, what: string): number {
  const tag = der?.tag
  const form = tag === TAG.utcTime ? UTC_TIME : tag === TAG.generalizedTime ? GENERALIZED_TIME : undefined
  const text = der === undefined ? '' : Buffer.from(content(der)).toString('latin1')
  const digits = form?.exec(text)
  const wrong = (en: string): X509Error =>
    new X509Error(
      `${what}不是规定形式的时间（YYMMDDHHMMSSZ，2050 年起为 YYYYMMDDHHMMSSZ）`,
      `${what}: ${en}`,
      der?.at ?? parent.end,
    )
  if (digits === undefined || digits === null)
    throw wrong('must be YYMMDDHHMMSSZ, or from 2050 on YYYYMMDDHHMMSSZ')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.slice(1).map(Number)
  const full = tag === TAG.utcTime ? (year >= 50 ? 1900 : 2000) + year : year
  if (tag === TAG.generalizedTime && full < 2050) throw wrong('a time before 2050 must be a UTCTime')
  const at = Date.UTC(full, month - 1, day, hour, minute, second)
  // 31 February would become a day of March.
  const again = new Date(at).toISOString().slice(0, 19).replace(/[-T:]/g, '')
  if (again !== `${full}${text.slice(tag === TAG.utcTime ? 2 : 4, -1)}`) throw wrong('is no real time')
  return at
}

// `explicit` is the tag around them.
export function readExtensions(parent: Der, explicit: Der | undefined): readonly Extension[] {
  if (explicit === undefined) return []
  const [list, more] = children(explicit)
  if (more !== undefined)
    throw new X509Error('扩展项之后还有内容', 'something follows the extensions', more.at)
  const all = children(member(parent, list, TAG.sequence, 'the extensions'))
  if (all.length === 0) throw new X509Error('扩展项为空', 'the list of extensions is empty', explicit.at)
  const found = new Map<string, Extension>()
  for (const one of all) {
    const read = readExtension(one)
    if (found.has(read.id))
      throw new X509Error(`扩展项 ${read.id} 出现两次`, `the extension ${read.id} is there twice`, one.at)
    found.set(read.id, read)
  }
  return [...found.values()]
}

function readExtension(der: Der): Extension {
  const [name, ...rest] = children(member(der, der, TAG.sequence, 'an extension'))
  const id = oid(member(der, name, TAG.oid, 'the name of an extension'))
  const critical = rest[0]?.tag === TAG.boolean ? rest[0] : undefined
  // FALSE is the default, and DER does not write defaults.
  if (critical !== undefined && (critical.end - critical.start !== 1 || content(critical)[0] !== 0xff))
    throw new X509Error('扩展项的 critical 编码不合规', 'critical must be TRUE (ff) or left out', critical.at)
  const [value, more] = critical === undefined ? rest : rest.slice(1)
  if (more !== undefined) throw new X509Error('扩展项之后还有内容', 'something follows an extension', more.at)
  return {
    id,
    critical: critical !== undefined,
    value: member(der, value, TAG.octetString, 'an extension’s value'),
  }
}

// One that says it must be understood, and is not.
export function checkUnderstood(extensions: readonly Extension[], known: readonly string[]): void {
  const strange = extensions.find(({ id, critical }) => critical && !known.includes(id))
  if (strange !== undefined)
    throw new X509Error(
      `不认识的关键扩展项 ${strange.id}`,
      `the extension ${strange.id} is critical and not known here`,
      strange.value.at,
    )
}
