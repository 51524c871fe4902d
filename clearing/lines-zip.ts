// The list of members at the end of a zip file (APPNOTE 6.3). Names are only looked at, nothing is ever written by them;
// one that points outside its folder is refused all the same, for whoever made it meant harm (STL-017).
import type { Text } from '../wire/wire.ts'

export type ZipMember = {
  readonly name: string
  readonly deflated: boolean
  /** Where its local header stands; the bytes follow it. */
  readonly at: number
  readonly packed: number
  readonly size: number
  readonly crc: number
}

type Listed = ZipMember & { readonly locked: boolean; readonly method: number }

export class ZipFault extends Error {
  readonly said: Text
  constructor(said: Text) {
    super(said.en)
    this.name = 'ZipFault'
    this.said = said
  }
}

/** So much of the end of a file holds its list: the list's own end, and the longest remark. */
export const ZIP_TAIL_BYTES = 65_557

const LIST_END = 0x06054b50
const LISTED = 0x02014b50
const LARGE = 0xffffffff
const SHOWN_NAMES_MAX = 5

const damaged = (zh: string, en: string): ZipFault =>
  new ZipFault({
    zh: `压缩包损坏（${zh}）：请重新获取`,
    en: `the archive is damaged (${en}); fetch it again`,
  })

/** The one member of an archive, from its last bytes; `size` is that of the whole file. */
export const readZip = (tail: Uint8Array, size: number): ZipMember => only(listed(tail, size))

/** All of them, of an archive in which several belong together. */
export const zipMembers = (tail: Uint8Array, size: number): readonly ZipMember[] =>
  listed(tail, size).map(readable)

/** The files of the list, none of which points outside. */
function listed(tail: Uint8Array, size: number): readonly Listed[] {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  let end = tail.length - 22
  while (end >= 0 && view.getUint32(end, true) !== LIST_END) end -= 1
  if (end < 0) throw damaged('没有目录', 'it has no list of members')
  const count = view.getUint16(end + 10, true)
  const listAt = view.getUint32(end + 16, true)
  if (count === 0xffff || listAt === LARGE)
    throw new ZipFault({
      zh: '这是 zip64 压缩包：请改用 gzip，或先解开',
      en: 'this is a zip64 archive; use gzip for so large a file, or unpack it first',
    })
  const start = listAt - (size - tail.length)
  if (start < 0 || start > end) throw damaged('目录位置不符', 'its list is not where it says')
  const all = members(tail, view, { start, end, count })
  const outside = all.find(({ name }) => /(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:|\0/.test(name))
  if (outside !== undefined)
    throw new ZipFault({
      zh: `压缩包中的成员名“${outside.name}”指向包外：整个文件作废，不要解开它`,
      en: `the archive has a member “${outside.name}”, whose name points outside; the whole file is refused: do not unpack it`,
    })
  return all.filter(({ name }) => !name.endsWith('/'))
}

function members(
  tail: Uint8Array,
  view: DataView,
  { start, end, count }: { start: number; end: number; count: number },
): readonly Listed[] {
  const found: Listed[] = []
  let at = start
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > end || view.getUint32(at, true) !== LISTED) throw damaged('目录残缺', 'its list is cut')
    const names = view.getUint16(at + 28, true)
    const next = at + 46 + names + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
    if (next > end) throw damaged('目录残缺', 'its list is cut')
    const flags = view.getUint16(at + 8, true)
    const method = view.getUint16(at + 10, true)
    const raw = tail.subarray(at + 46, at + 46 + names)
    found.push({
      name: new TextDecoder((flags & 0x800) === 0 ? 'gbk' : 'utf-8').decode(raw),
      locked: (flags & 1) !== 0,
      method,
      deflated: method === 8,
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    })
    at = next
  }
  return found
}

function only(files: readonly Listed[]): ZipMember {
  const [one] = files
  if (one === undefined || files.length > 1) {
    const names = files
      .slice(0, SHOWN_NAMES_MAX)
      .map(({ name }) => name)
      .join(', ')
    throw new ZipFault({
      zh: `压缩包中应恰有一个文件，实有 ${files.length} 个（${names}）：请解开，给出要对账的那一个`,
      en: `one file is expected in the archive, found ${files.length} (${names}); unpack it and name the one to reconcile`,
    })
  }
  return readable(one)
}

function readable(one: Listed): ZipMember {
  if (one.locked)
    throw new ZipFault({
      zh: `“${one.name}”有口令：请先解开`,
      en: `“${one.name}” is locked by a password; unpack it first`,
    })
  if (one.method !== 0 && one.method !== 8)
    throw new ZipFault({
      zh: `“${one.name}”的压缩方法 ${one.method} 不支持（只支持存储与 deflate）：请重新压缩`,
      en: `“${one.name}” is packed by method ${one.method}, and only stored and deflated ones are read; pack it again`,
    })
  if (one.packed === LARGE || one.size === LARGE || one.at === LARGE)
    throw new ZipFault({
      zh: `“${one.name}”超过 4 GB（zip64）：请改用 gzip，或先解开`,
      en: `“${one.name}” is larger than 4 GB (zip64); use gzip for it, or unpack it first`,
    })
  const { name, deflated, at, packed, size, crc } = one
  return { name, deflated, at, packed, size, crc }
}
