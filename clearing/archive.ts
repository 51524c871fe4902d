// Files of a day packed together: a zip with its members by name, and the form in which the ACP download hands it out,
// deflated once more and in base64 (facts/unionpay 2.2). Nothing is written anywhere by a member's name, and what an archive
// may unfold to is bounded before it unfolds (STL-017).
import { crc32, deflateRawSync, deflateSync, inflateRawSync, inflateSync } from 'node:zlib'
import { type Bytes, concat, fromBase64, toBase64, utf8 } from '../crypto/crypto.ts'
import type { ZipFile } from './file-zm-set.ts'
import { type FileFault, reading } from './file-fault.ts'
import { ZipFault, type ZipMember, zipMembers } from './lines-zip.ts'

export type ArchiveLimits = { readonly membersMax: number; readonly bytesMax: number }
/** A hundred thousand ZM rows are 60 MB; ours. */
export const ARCHIVE_LIMITS: ArchiveLimits = { membersMax: 16, bytesMax: 256 * 1024 * 1024 }

const LOCAL = 0x04034b50
const LISTED = 0x02014b50
const LIST_END = 0x06054b50
const LOCAL_BYTES = 30
const DEFLATED = 8
/** 2.0: deflate, no folders. */
const VERSION_NEEDED = 20
/** Names in UTF-8. */
const UTF8_NAMES = 0x800

/** Members in their order, dated by the clearing day: the same files make the same archive. */
export function zip(files: readonly ZipFile[], day: string): Bytes {
  const date = ((Number(day.slice(0, 4)) - 1980) << 9) | (Number(day.slice(4, 6)) << 5) | Number(day.slice(6))
  const packed: Bytes[] = []
  const list: Bytes[] = []
  let at = 0
  for (const { name, bytes } of files) {
    const title = utf8(name)
    const content = deflateRawSync(bytes)
    const shared = [VERSION_NEEDED, UTF8_NAMES, DEFLATED, 0, date]
    const sizes = [crc32(bytes), content.length, bytes.length]
    const local = concat(
      words([LOCAL]),
      halves(shared),
      words(sizes),
      halves([title.length, 0]),
      title,
      content,
    )
    packed.push(local)
    list.push(
      concat(
        words([LISTED]),
        halves([VERSION_NEEDED, ...shared]),
        words(sizes),
        halves([title.length, 0, 0, 0, 0]),
        words([0, at]),
        title,
      ),
    )
    at += local.length
  }
  const listing = concat(...list)
  const end = [halves([0, 0, files.length, files.length]), words([listing.length, at]), halves([0])]
  return concat(...packed, listing, words([LIST_END]), ...end)
}

const words = (values: readonly number[]): Bytes => littleEndian(values, 4)
const halves = (values: readonly number[]): Bytes => littleEndian(values, 2)

function littleEndian(values: readonly number[], width: 2 | 4): Bytes {
  const view = new DataView(new ArrayBuffer(values.length * width))
  values.forEach((value, index) =>
    width === 2 ? view.setUint16(index * 2, value, true) : view.setUint32(index * 4, value, true),
  )
  return new Uint8Array(view.buffer)
}

export function unzip(
  file: string,
  bytes: Bytes,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): readonly ZipFile[] | FileFault {
  return reading(file, () => {
    const members = zipMembers(bytes, bytes.length)
    if (members.length > limits.membersMax)
      throw new ZipFault({
        zh: `压缩包有 ${members.length} 个成员，至多 ${limits.membersMax} 个：整个文件作废`,
        en: `the archive has ${members.length} members, at most ${limits.membersMax} are taken; the whole file is refused`,
      })
    const twice = members.find(({ name }, index) => members.findIndex((one) => one.name === name) !== index)
    if (twice !== undefined)
      throw new ZipFault({
        zh: `压缩包中“${twice.name}”出现两次：不知以哪个为准，整个文件作废`,
        en: `the archive has “${twice.name}” twice, and nothing says which one counts; the whole file is refused`,
      })
    let left = limits.bytesMax
    return members.map((member) => {
      // Members may share bytes of the archive, so that each is small and all are not.
      if (member.size > left) throw tooLarge(limits.bytesMax)
      const content = contentOf(bytes, member)
      left -= content.length
      return { name: member.name, bytes: content }
    })
  })
}

function contentOf(bytes: Bytes, { name, deflated, at, packed, size, crc }: ZipMember): Bytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + LOCAL_BYTES > bytes.length || view.getUint32(at, true) !== LOCAL) throw damaged(name)
  const from = at + LOCAL_BYTES + view.getUint16(at + 26, true) + view.getUint16(at + 28, true)
  if (from + packed > bytes.length) throw damaged(name)
  const held = bytes.subarray(from, from + packed)
  const content = deflated
    ? unfolded(() => inflateRawSync(held, bounded(size)), damaged(name), damaged(name))
    : held.slice()
  if (content.length !== size || crc32(content) !== crc) throw damaged(name)
  return content
}

/** zlib wants room for one byte at least. What would become longer is no longer what the list says. */
const bounded = (size: number): { maxOutputLength: number } => ({ maxOutputLength: Math.max(1, size) })

function unfolded(inflate: () => Uint8Array, larger: ZipFault, broken: ZipFault): Bytes {
  try {
    return new Uint8Array(inflate())
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? larger : broken
  }
}

const damaged = (name: string): ZipFault =>
  new ZipFault({
    zh: `“${name}”损坏，或展开后与所标长度不符：整个文件作废，请重新获取`,
    en: `“${name}” is damaged, or does not unfold to the size that is given; the whole file is refused: fetch it again`,
  })

const tooLarge = (bytesMax: number): ZipFault =>
  new ZipFault({
    zh: `压缩包展开后超过 ${bytesMax} 字节：可能是压缩炸弹，整个文件作废`,
    en: `the archive would unfold to more than ${bytesMax} bytes; it may be meant to fill a disk, and the whole file is refused`,
  })

/** `fileContent` of the download. */
export const downloadText = (archive: Bytes): string => toBase64(new Uint8Array(deflateSync(archive)))

export function readDownload(
  file: string,
  text: string,
  { bytesMax }: ArchiveLimits = ARCHIVE_LIMITS,
): Bytes | FileFault {
  return reading(file, () => {
    const held = fromBase64(text)
    if (held === undefined)
      throw new ZipFault({
        zh: '内容不是 base64：应答被截断或改动，请重新下载',
        en: 'the content is no base64; the answer was cut or altered: download it again',
      })
    return unfolded(() => inflateSync(held, { maxOutputLength: bytesMax }), tooLarge(bytesMax), damaged(file))
  })
}
