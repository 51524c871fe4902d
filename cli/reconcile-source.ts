// A file to be reconciled, as it lies there: plain, gzip, or a zip of one member. It is read in pieces and never
// unpacked to a place; what it may grow to is bounded (STL-017).
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { crc32, createGunzip, createInflateRaw } from 'node:zlib'
import { readZip, ZIP_TAIL_BYTES, ZipFault, type ZipMember } from '../clearing/clearing.ts'
import type { Text } from '../wire/wire.ts'

type Packing =
  | { readonly kind: 'plain' }
  | { readonly kind: 'gzip' }
  | { readonly kind: 'zip'; readonly member: ZipMember }
export type Source = {
  readonly path: string
  readonly bytes: number
  readonly packing: Packing
  /** What it comes to unpacked, or a guess. */
  readonly expected: number
}

/** What is wrong with a file as a whole. */
export class SourceFault extends Error {
  readonly said: Text
  constructor(said: Text) {
    super(said.en)
    this.name = 'SourceFault'
    this.said = said
  }
}

const PIECE_BYTES = 1 << 20
/** A file of lines packs to a tenth, one of blanks and zeros to a fiftieth; what grows further is a bomb. */
const GROWTH_MAX = 200
/** So small a result does no harm, however little it was packed to. */
const HARMLESS_BYTES = 64 << 20
const UNPACKED_BYTES_MAX = 64 * 2 ** 30
/** What a gzip file is taken to unpack to before it is read. */
const USUAL_GROWTH = 8

export function sourceOf(path: string): Source {
  const file = opened(path)
  try {
    const about = fstatSync(file)
    if (about.isDirectory())
      throw new SourceFault({
        zh: '这是一个文件夹：请给出当日那一个文件的名称，旧文件不会被误用',
        en: 'this is a folder; name the one file of the day, so that none of another day is taken for it',
      })
    const head = Buffer.alloc(4)
    readSync(file, head, 0, 4, 0)
    if (head[0] === 0x1f && head[1] === 0x8b)
      return { path, bytes: about.size, packing: { kind: 'gzip' }, expected: about.size * USUAL_GROWTH }
    if (head.readUInt32LE(0) !== 0x04034b50)
      return { path, bytes: about.size, packing: { kind: 'plain' }, expected: about.size }
    const tail = Buffer.alloc(Math.min(about.size, ZIP_TAIL_BYTES))
    readSync(file, tail, 0, tail.length, about.size - tail.length)
    const member = readZip(tail, about.size)
    bounded(member.size, member.packed)
    return { path, bytes: about.size, packing: { kind: 'zip', member }, expected: member.size }
  } catch (error) {
    if (error instanceof ZipFault) throw new SourceFault(error.said)
    throw error
  } finally {
    closeSync(file)
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new SourceFault({ zh: '没有这个文件', en: 'there is no such file' })
    throw new SourceFault({
      zh: `打不开（${code}）：检查权限`,
      en: `cannot be opened (${code}); see to its permissions`,
    })
  }
}

/** Hands every piece to `push`; `moved` is told how far the file has been read. */
export async function readSource(
  { path, packing, bytes }: Source,
  push: (piece: Uint8Array) => void,
  moved: (bytes: number) => void,
): Promise<void> {
  if (packing.kind === 'plain') return readPlain(path, push, moved)
  const { start, packed } =
    packing.kind === 'zip' ? bodyOf(path, packing.member, bytes) : { start: 0, packed: bytes }
  const stored = packing.kind === 'zip' && !packing.member.deflated
  if (packed === 0) return
  const file = createReadStream(path, { start, end: start + packed - 1, highWaterMark: PIECE_BYTES })
  let read = 0
  file.on('data', (piece) => {
    read += piece.length
    moved(read)
  })
  const unpacking =
    packing.kind === 'gzip'
      ? createGunzip({ chunkSize: PIECE_BYTES })
      : createInflateRaw({ chunkSize: PIECE_BYTES })
  const pieces = stored ? file : file.pipe(unpacking)
  file.on('error', (error) => unpacking.destroy(error))
  let size = 0
  let sum = 0
  try {
    for await (const piece of pieces as AsyncIterable<Buffer>) {
      size += piece.length
      bounded(size, packed)
      if (packing.kind === 'zip') sum = crc32(piece, sum)
      push(piece)
    }
  } catch (error) {
    throw isZlib(error) ? damaged((error as NodeJS.ErrnoException).code ?? '') : error
  } finally {
    file.destroy()
    unpacking.destroy()
  }
  if (packing.kind === 'zip' && (size !== packing.member.size || sum !== packing.member.crc))
    throw damaged('CRC-32')
}

function readPlain(path: string, push: (piece: Uint8Array) => void, moved: (bytes: number) => void): void {
  const file = opened(path)
  try {
    const piece = new Uint8Array(PIECE_BYTES)
    for (let at = 0; ; ) {
      const size = readSync(file, piece, 0, piece.length, at)
      if (size === 0) return
      at += size
      push(piece.subarray(0, size))
      moved(at)
    }
  } finally {
    closeSync(file)
  }
}

/** The bytes of a member begin behind its local header, whose lengths are its own. */
function bodyOf(path: string, { at, packed }: ZipMember, bytes: number): { start: number; packed: number } {
  const file = opened(path)
  try {
    const header = Buffer.alloc(30)
    const size = readSync(file, header, 0, 30, at)
    const start = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
    if (size < 30 || header.readUInt32LE(0) !== 0x04034b50 || start + packed > bytes)
      throw damaged('local header')
    return { start, packed }
  } finally {
    closeSync(file)
  }
}

function bounded(size: number, packed: number): void {
  if (size > UNPACKED_BYTES_MAX || (size > HARMLESS_BYTES && size > packed * GROWTH_MAX))
    throw new SourceFault({
      zh: `解开后超过 ${GROWTH_MAX} 倍：这不像对账文件，拒绝解开；若确实如此，请先自行解开`,
      en: `unpacks to more than ${GROWTH_MAX} times its size, which no file of lines does; it is refused. If it is right all the same, unpack it first`,
    })
}

const isZlib = (error: unknown): boolean =>
  error instanceof Error && String((error as NodeJS.ErrnoException).code ?? '').startsWith('Z_')

const damaged = (what: string): SourceFault =>
  new SourceFault({
    zh: `压缩内容损坏（${what}）：请重新获取`,
    en: `what is packed in it is damaged (${what}); fetch it again`,
  })
