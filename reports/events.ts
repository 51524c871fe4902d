// The one stream that every report is made from. Nothing else comes in.
export type * from '../conformance/conformance.ts'
