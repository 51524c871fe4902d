// Files of a reconciliation that is too large for memory: rows by partition, and sorted runs of differences. They have
// no name as soon as they are open, so that nothing is left behind however the command ends.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { byBytes, type Difference, DIFFERENCE_KINDS, type Shelf } from '../clearing/clearing.ts'
import { type DifferenceCells, differenceCells } from '../reports/reports.ts'

export type Scratch = { file(): number; close(): void }

export function scratchFiles(): Scratch {
  const files: number[] = []
  const kept: string[] = []
  const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true })
  return {
    file: () => {
      const folder = mkdtempSync(join(tmpdir(), 'sifang-reconcile-'))
      const file = openSync(join(folder, 'rows'), 'wx+', 0o600)
      files.push(file)
      try {
        remove(folder)
      } catch {
        // Windows keeps the name of an open file: it goes when the command ends.
        kept.push(folder)
      }
      return file
    },
    close: () => {
      for (const file of files) closeSync(file)
      for (const folder of kept) remove(folder)
    },
  }
}

/** Where a file has the blocks of a partition: offset, length, offset, length. */
export type ShelfIndex = { readonly file: number; readonly blocks: readonly (readonly number[])[] }

export function fileShelf({ file, blocks }: ShelfIndex): Shelf {
  const growing = blocks as number[][]
  let end = 0
  return {
    put: (partition, block) => {
      writeAll(file, block, end)
      growing[partition]?.push(end, block.length)
      end += block.length
    },
    size: (partition) =>
      (growing[partition] ?? []).reduce((sum, value, at) => sum + (at % 2 === 1 ? value : 0), 0),
    read: (partition, into) => {
      const list = growing[partition] ?? []
      let at = 0
      for (let index = 0; index < list.length; index += 2) {
        const [offset, length] = [list[index] ?? 0, list[index + 1] ?? 0]
        if (at + length > into.length) break
        readAll(file, into.subarray(at, at + length), offset)
        at += length
      }
      return at
    },
  }
}

export const emptyIndex = (file: number, partitions: number): ShelfIndex => ({
  file,
  blocks: Array.from({ length: partitions }, () => []),
})

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, at + done)
}

function readAll(file: number, into: Uint8Array, at: number): void {
  for (let done = 0; done < into.length; ) {
    const size = readSync(file, into, done, into.length - done, at + done)
    if (size === 0) throw new Error('a scratch file ended early')
    done += size
  }
}

/** A difference as it is written out, with what it is sorted by. */
export type Told = {
  readonly key: string
  readonly rank: number
  readonly cells: DifferenceCells
  readonly text: string
}

export function toldOf(difference: Difference): Told {
  const cells = differenceCells(difference)
  return {
    key: difference.transaction,
    rank: DIFFERENCE_KINDS.indexOf(difference.kind),
    cells,
    text: JSON.stringify([difference.transaction, cells]),
  }
}

/** One order for all of them, whoever came to them first. */
export const byTold = (a: Told, b: Told): number =>
  byBytes(a.key, b.key) || a.rank - b.rank || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)

/** Some sorted differences in a row, in a file. */
export type Run = { readonly file: number; readonly at: number; readonly length: number }

export function runWriter(file: number): (all: readonly Difference[]) => Run | undefined {
  let end = 0
  return (all) => {
    if (all.length === 0) return undefined
    const at = end
    let lines: string[] = []
    const write = (): void => {
      const bytes = Buffer.from(lines.join(''))
      writeAll(file, bytes, end)
      end += bytes.length
      lines = []
    }
    for (const { text } of all.map(toldOf).sort(byTold)) if (lines.push(`${text}\n`) >= 4096) write()
    write()
    return { file, at, length: end - at }
  }
}

const PIECE_BYTES = 1 << 15

function* readRun({ file, at, length }: Run): Generator<Told> {
  let rest = Buffer.alloc(0)
  for (let done = 0; done < length; ) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, length - done))
    readAll(file, piece, at + done)
    done += piece.length
    const whole = Buffer.concat([rest, piece])
    const last = whole.lastIndexOf(10)
    rest = Buffer.from(whole.subarray(last + 1))
    if (last < 0) continue
    for (const text of whole.toString('utf8', 0, last).split('\n')) {
      const [key, cells] = JSON.parse(text) as [string, DifferenceCells]
      yield {
        key,
        rank: DIFFERENCE_KINDS.indexOf(cells[0] as (typeof DIFFERENCE_KINDS)[number]),
        cells,
        text,
      }
    }
  }
}

type Head = { readonly one: Told; readonly from: Generator<Told> }

/** All runs as one: a heap of their heads, the least on top. */
export function* mergedRuns(runs: readonly Run[]): Generator<Told> {
  const heap: Head[] = []
  const less = (a: number, b: number): boolean => {
    const [one, other] = [heap[a], heap[b]]
    return one !== undefined && other !== undefined && byTold(one.one, other.one) < 0
  }
  const swap = (a: number, b: number): void => {
    const [one, other] = [heap[a], heap[b]]
    if (one !== undefined && other !== undefined) [heap[a], heap[b]] = [other, one]
  }
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && less(child, least)) least = child
      if (least === at) return
      swap(at, least)
      at = least
    }
  }
  for (const run of runs) {
    const from = readRun(run)
    const { value } = from.next()
    if (value === undefined) continue
    heap.push({ one: value, from })
    for (let at = heap.length - 1; at > 0 && less(at, (at - 1) >> 1); at = (at - 1) >> 1)
      swap(at, (at - 1) >> 1)
  }
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    yield top.one
    const { value } = top.from.next()
    const last = value === undefined ? heap.pop() : { one: value, from: top.from }
    if (heap.length > 0 && last !== undefined) heap[0] = last
    if (heap.length > 0) sink(0)
  }
}
