// What a thread is told and what it answers while files are reconciled; and the reading of one side, which is the same
// with threads and without. Plain data both ways.
import {
  JoinFault,
  LineFault,
  lineReader,
  type PartitionOrder,
  type Side,
  type Split,
  type SplitOrder,
  splitter,
  type Tallied,
} from '../clearing/clearing.ts'
import type { Text } from '../wire/wire.ts'
import type { Run, ShelfIndex } from './reconcile-files.ts'
import { readSource, type Source, SourceFault } from './reconcile-source.ts'

export type Order =
  | { readonly do: 'split'; readonly source: Source; readonly split: SplitOrder; readonly file: number }
  | {
      readonly do: 'begin'
      readonly partitions: PartitionOrder
      readonly shelves: readonly ShelfIndex[]
      readonly open: number
      readonly runs: number
    }
  | { readonly do: 'join'; readonly partition: number }
  | { readonly do: 'joined' }
  | { readonly do: 'settle'; readonly partition: number; readonly open: readonly ShelfIndex[] }
  | { readonly do: 'tell' }

export type Reply =
  | { readonly moved: number }
  | { readonly split: Split; readonly index: ShelfIndex }
  | { readonly begun: true }
  | { readonly run: Run | undefined }
  | { readonly open: ShelfIndex }
  | { readonly told: Tallied }
  | { readonly fault: PlacedFault }
  | { readonly failed: string }

/** What is wrong with which file, and where. */
export type PlacedFault = {
  readonly side: Side
  readonly line?: number
  readonly column?: number
  readonly said: Text
}

/** The first of what is wrong, thrown through the orchestration and told by the command. */
export class ReconcileFault extends Error {
  readonly fault: PlacedFault
  constructor(fault: PlacedFault) {
    super(fault.said.en)
    this.name = 'ReconcileFault'
    this.fault = fault
  }
}

export async function splitSource(
  source: Source,
  order: SplitOrder,
  put: Parameters<typeof splitter>[1],
  moved: (bytes: number) => void,
): Promise<Split> {
  const sink = splitter(order, put)
  const reader = lineReader(order.form, sink)
  await readSource(source, reader.push, moved)
  reader.end()
  return sink.end()
}

export function faultOf(error: unknown, order: Order): { fault: PlacedFault } | { failed: string } {
  const placed = placedFault(error, order.do === 'split' ? order.split.side : 'ours')
  if (placed !== undefined) return { fault: placed }
  return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

export function placedFault(error: unknown, side: Side): PlacedFault | undefined {
  if (error instanceof JoinFault) return { side: error.side, line: error.line, said: error.said }
  if (error instanceof LineFault) return { side, line: error.line, column: error.column, said: error.said }
  if (error instanceof SourceFault) return { side, said: error.said }
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC') return undefined
  return {
    side,
    said: {
      zh: '临时文件写不下：两个文件各约需与自身等大的空间；腾出空间，或用 TMPDIR 指定别处',
      en: 'no room for scratch files; they take about as much as both files together: make room, or set TMPDIR to a place that has it',
    },
  }
}
