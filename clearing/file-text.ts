// Files of text as lines of bytes: what a reader tolerates (a byte-order mark, either end of line, blank lines at the end:
// STL-013), the seal under the lines (their SM3 and a signature), and fields between bars.
import { type Bytes, concat, fromBase64, sm3Hex, toBase64, utf8 } from '../crypto/crypto.ts'
import { type Charset, decodeText, encodeText } from '../wire/wire.ts'
import { FileRefusal } from './file-fault.ts'
import { afterMark } from './lines-record.ts'

export type Line = { readonly number: number; readonly bytes: Bytes }

const LF = 10
const CR = 13
const LINE_END = Uint8Array.of(LF)
const CR_LF = Uint8Array.of(CR, LF)

export function linesOf(bytes: Bytes): readonly Line[] {
  const lines: Line[] = []
  for (let at = afterMark(bytes, bytes.length); at < bytes.length; ) {
    const found = bytes.indexOf(LF, at)
    const stop = found < 0 ? bytes.length : found
    const end = stop > at && bytes[stop - 1] === CR ? stop - 1 : stop
    lines.push({ number: lines.length + 1, bytes: bytes.subarray(at, end) })
    at = stop + 1
  }
  while (lines.at(-1)?.bytes.length === 0) lines.pop()
  return lines
}

/** The bytes that a digest is taken of: each line with the end that the file is written with, whatever came. Of a file as it
 *  was written that is the file. */
export function canonicalBytes(lines: readonly Line[], end: '\n' | '\r\n'): Bytes {
  const ending = end === '\n' ? LINE_END : CR_LF
  const whole = new Uint8Array(lines.reduce((sum, { bytes }) => sum + bytes.length + ending.length, 0))
  let at = 0
  for (const { bytes } of lines) {
    whole.set(bytes, at)
    whole.set(ending, at + bytes.length)
    at += bytes.length + ending.length
  }
  return whole
}

export type Fields = { readonly texts: readonly string[]; columnOf(field: number): number }

export function fieldsOf({ number, bytes }: Line, charset: Charset): Fields {
  const decoded = decodeText(bytes, charset)
  if ('badAt' in decoded)
    throw new FileRefusal(
      'encoding',
      { line: number, column: Math.min(decoded.badAt, bytes.length - 1) + 1 },
      {
        zh: `这里的字节不是 ${charset}：文件的编码不对，或一个字符被切断；请重新获取`,
        en: `these bytes are no ${charset}; the file has another encoding, or a character was cut: fetch it again`,
      },
    )
  const texts = decoded.text.split('|')
  return {
    texts,
    columnOf: (field) => {
      const before = texts.slice(0, field).join('|')
      return encodeText(before, charset).length + (field > 0 ? 2 : 1)
    },
  }
}

/** Marks that part things inside a line, and what would break it, are written as % and two digits. */
export const escaped = (text: string): string =>
  text.replace(
    /[%|:;\x00-\x1f\x7f]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )

/** One way to write each text: undefined for any other. */
export function unescaped(text: string): string | undefined {
  const read = text.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return escaped(read) === text ? read : undefined
}

export type Signing = (bytes: Bytes) => Promise<{ readonly certificate: string; readonly signature: Bytes }>
export type Verifying = (bytes: Bytes, certificate: string, signature: Bytes) => Promise<boolean>

/** The trailer's mark. */
const SEAL = 'Z'

/** The lines and under them `Z|count|SM3|certificate|signature`: the digest is of all lines above, the signature of these and
 *  of the trailer up to the bar behind the digest. Whose certificate it is shows when it is checked. */
export async function sealedText(lines: readonly string[], count: number, signing: Signing): Promise<Bytes> {
  const body = utf8(lines.map((line) => `${line}\n`).join(''))
  const digest = sm3Hex(body)
  const held = await signing(sealedBytes(body, count, digest))
  return concat(
    body,
    utf8(`${SEAL}|${count}|${digest}|${escaped(held.certificate)}|${toBase64(held.signature)}\n`),
  )
}

const sealedBytes = (body: Bytes, count: number, digest: string): Bytes =>
  concat(body, utf8(`${SEAL}|${count}|${digest}|`))

export type Unsealed = { readonly lines: readonly Line[]; readonly count: number; readonly trailer: Line }

/** The lines above a trailer whose digest and signature hold. */
export async function unsealed(bytes: Bytes, verifying: Verifying): Promise<Unsealed> {
  const all = linesOf(bytes)
  const trailer = all.at(-1)
  if (trailer === undefined || trailer.bytes[0] !== 0x5a || trailer.bytes[1] !== 0x7c) throw noTrailer(all)
  const fields = fieldsOf(trailer, 'UTF-8')
  const [, countText = '', digest = '', certificateText = '', signatureText = ''] = fields.texts
  const certificate = unescaped(certificateText)
  const signature = fromBase64(signatureText)
  const whole =
    fields.texts.length === 5 && /^(0|[1-9][0-9]{0,8})$/.test(countText) && /^[0-9a-f]{64}$/.test(digest)
  if (!whole || certificate === undefined || signature === undefined) throw noTrailer(all)
  const lines = all.slice(0, -1)
  const body = canonicalBytes(lines, '\n')
  const found = sm3Hex(body)
  if (found !== digest)
    throw new FileRefusal(
      'digest',
      { line: trailer.number, column: fields.columnOf(2) },
      wrongDigest(digest, found),
    )
  const count = Number(countText)
  if (!(await verifying(sealedBytes(body, count, digest), certificate, signature)))
    throw new FileRefusal(
      'signature',
      { line: trailer.number, column: fields.columnOf(4) },
      {
        zh: `证书 ${certificate} 对本文件的签名不成立：文件被改动，或不是它所签；不要使用，请重新获取`,
        en: `the signature of certificate ${certificate} does not hold; the file was altered or is another's: do not use it, fetch it again`,
      },
    )
  return { lines, count, trailer }
}

function noTrailer(lines: readonly Line[]): FileRefusal {
  const last = lines.at(-1)
  return new FileRefusal(
    'trailer',
    { line: last?.number ?? 1, column: 1 },
    {
      zh: '末行不是完整的尾记录 Z|笔数|SM3|证书|签名：文件不完整，请重新获取',
      en: 'the last line is no whole trailer, Z|count|SM3|certificate|signature; the file was cut: fetch it again',
    },
  )
}

export const wrongDigest = (expected: string, found: string): { zh: string; en: string } => ({
  zh: `SM3 摘要应为 ${expected}，实为 ${found}：文件被改动，请重新获取`,
  en: `the SM3 digest should be ${expected} and is ${found}; the file was altered: fetch it again`,
})
