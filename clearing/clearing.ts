// The front door of the room: what parties owe each other, day by day. Pure.
export {
  addMonths,
  clearingDayOf,
  type DayKind,
  isDay,
  nextBusinessDay,
  nextDay,
  startOfClearingDay,
} from './calendar.ts'
export { type Difference, reconcile, type ReconcileItem } from './reconcile.ts'
export { net, type ClearedItem, type Position } from './net.ts'
