// What is wrong with a file of a clearing day: which rule, in which file, at which line and column. Thrown inside a reader,
// given back as a value at its door; a file is refused whole, and nothing of it is used.
import type { Text } from '../wire/wire.ts'
import { LineFault } from './lines-record.ts'
import { ZipFault } from './lines-zip.ts'

/** In order of precedence. Seals come before sense: nothing is read of a file whose digest or signature is wrong (STL-025). */
export const FILE_RULES = [
  'archive',
  'key',
  'trailer',
  'digest',
  'signature',
  'layout',
  'addressee',
  'day',
  'encoding',
  'field',
  'totals',
] as const
export type FileRule = (typeof FILE_RULES)[number]

export type FileFault = {
  readonly kind: 'refused'
  readonly rule: FileRule
  readonly file: string
  /** Lines and columns count from 1, columns in bytes. Line 0: the file as a whole. */
  readonly line: number
  readonly column: number
  readonly said: Text
}

export type FilePlace = { readonly line: number; readonly column: number }
export const WHOLE_FILE: FilePlace = { line: 0, column: 0 }

export class FileRefusal extends Error {
  readonly rule: FileRule
  readonly place: FilePlace
  readonly said: Text
  constructor(rule: FileRule, place: FilePlace, said: Text) {
    super(`${place.line}:${place.column}: ${said.en}`)
    this.name = 'FileRefusal'
    this.rule = rule
    this.place = place
    this.said = said
  }
}

export function reading<T>(file: string, read: () => T): T | FileFault {
  try {
    return read()
  } catch (error) {
    return faultOf(file, error)
  }
}

export async function readingSealed<T>(file: string, read: () => Promise<T>): Promise<T | FileFault> {
  try {
    return await read()
  } catch (error) {
    return faultOf(file, error)
  }
}

/** Whatever is no fault of the file's is ours, and goes on. */
function faultOf(file: string, error: unknown): FileFault {
  if (error instanceof FileRefusal)
    return { kind: 'refused', rule: error.rule, file, ...error.place, said: error.said }
  if (error instanceof LineFault)
    return { kind: 'refused', rule: 'layout', file, line: error.line, column: error.column, said: error.said }
  if (error instanceof ZipFault)
    return { kind: 'refused', rule: 'archive', file, ...WHOLE_FILE, said: error.said }
  throw error
}

export const isFault = (read: object): read is FileFault => 'kind' in read && read.kind === 'refused'

/** A line of a network id that stood there before: the first is kept, this one is told (STL-008). */
export type Duplicate = {
  readonly flag: 'DUP_SW'
  readonly transaction: string
  readonly line: number
  readonly first: number
}

/** Parts the first line of each id from those that say it again. Equal in all but the id are two (STL-009). */
export function firstOfEach<T>(
  rows: Iterable<T>,
  idOf: (row: T) => string,
  lineOf: (row: T) => number,
): { readonly kept: readonly T[]; readonly duplicates: readonly Duplicate[] } {
  const first = new Map<string, number>()
  const kept: T[] = []
  const duplicates: Duplicate[] = []
  for (const row of rows) {
    const [transaction, line] = [idOf(row), lineOf(row)]
    const before = first.get(transaction)
    if (before === undefined) {
      first.set(transaction, line)
      kept.push(row)
    } else duplicates.push({ flag: 'DUP_SW', transaction, line, first: before })
  }
  return { kept, duplicates }
}
