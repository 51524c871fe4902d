// The front door of the room: what parties owe each other, day by day. Pure.
export {
  type BreakKind,
  fileLine,
  isBreak,
  lineKey,
  netFor,
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
export { traceOf } from './file-zm-item.ts'
export { type ClearingItem, type ClearingKind, type FeeShare, movedBy, paysOut } from './item.ts'
export { downloadText, readDownload, unzip, zip } from './archive.ts'
export { type DayFileHead, dayFileName, readDayFile, writeDayFile } from './file-day.ts'
export { type Duplicate, FILE_RULES, type FileFault, type FileRule, isFault } from './file-fault.ts'
export type { FileHead, FileItem, FileRead, FileWanted } from './file-lines.ts'
export {
  BATCH_CIPHERS,
  type BatchCipher,
  batchPath,
  DAY_KEY_BYTES,
  type DayKey,
  keyPath,
  keyThereAt,
  readBatch,
  readDayKey,
  writeBatch,
  writeDayKey,
} from './file-netsunion.ts'
export type { Signing, Verifying } from './file-text.ts'
export type { ZmHead } from './file-totals.ts'
export type { ZmDetail, ZmItem, ZmLine } from './file-zm-item.ts'
export { readZmSet, writeZmSet, type ZipFile, type ZmEntry, zmNames, type ZmSet } from './file-zm-set.ts'
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
