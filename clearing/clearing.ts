// The front door of the room: what parties owe each other, day by day. Pure.
export {
  type BreakKind,
  fileLine,
  isBreak,
  lineKey,
  type OwnItem,
  type Verdict,
  type VerdictKind,
  verdictsOf,
} from './breaks.ts'
export {
  addMonths,
  clearingDayOf,
  dayBefore,
  type DayKind,
  isDay,
  nextBusinessDay,
  nextDay,
  startOfClearingDay,
} from './calendar.ts'
export { type ClearingItem, type ClearingKind, type FeeShare, paysOut } from './item.ts'
export { dayFileName, readDayFile, writeDayFile } from './file-day.ts'
export { type FileFault, isFault } from './file-fault.ts'
export { type LineReader, lineReader } from './lines.ts'
export {
  type BytePlace,
  CELL_KINDS,
  type CellKind,
  COLUMNS_MAX,
  type Encoding,
  type FixedColumn,
  LineFault,
  type LineForm,
  type Trailer,
} from './lines-record.ts'
export { readZip, ZIP_TAIL_BYTES, ZipFault, type ZipMember } from './lines-zip.ts'
export { byKey, type Difference, reconcile } from './reconcile.ts'
export type { ColumnChoice } from './reconcile-columns.ts'
export {
  byBytes,
  DIFFERENCE_KINDS,
  type DifferenceKind,
  isDifference,
  type ItemStatus,
  legsText,
  type ReconcileItem,
  type ReconcileRules,
  type Side,
} from './reconcile-items.ts'
export { JoinFault } from './reconcile-join.ts'
export { type Codes, codesOf, LEGS_MAX, shownKey } from './reconcile-rows.ts'
export { memoryShelf, type PartitionOrder, partitionWork, type Shelf } from './reconcile-shelf.ts'
export { type Split, type SplitOrder, splitter } from './reconcile-split.ts'
export { type Counted, type ReconcileTotal, type Stand, tally, type Tallied } from './reconcile-tally.ts'
export { net, type ClearedItem, type Position } from './net.ts'
