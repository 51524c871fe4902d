// A layout: what a file of somebody else's looks like, in YAML. The same file says it to us and to whoever reads it.
import { readFile } from 'node:fs/promises'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import {
  CELL_KINDS,
  type ColumnChoice,
  COLUMNS_MAX,
  type FixedColumn,
  type LineForm,
} from '../clearing/clearing.ts'
import { UsageError } from './usage.ts'

const Whole = z
  .string()
  .regex(/^[1-9][0-9]{0,5}$/, 'a whole number from 1')
  .transform(Number)
const YesNo = z.enum(['yes', 'no', 'true', 'false']).transform((word) => word === 'yes' || word === 'true')
const Place = z.strictObject({ from: Whole, length: Whole })
/** Of separated values a column's number is enough. */
const AnyPlace = z.union([Place, Whole.transform((from) => ({ from, length: 1 }))])
const Names = z.array(z.string().min(1)).min(1)
const STATUSES = ['success', 'pending', 'failed', 'reversed'] as const

const Use = z.strictObject({
  keys: Names.optional(),
  amount: z.string().optional(),
  fee: z.string().optional(),
  status: z.string().optional(),
  day: z.string().optional(),
  kind: z.string().optional(),
  currency: z.string().optional(),
  original: Names.optional(),
  legs: Names.optional(),
})
const Shared = {
  encoding: z.enum(['utf-8', 'gbk']).optional(),
  head: z.string().min(1).optional(),
  trailer: z
    .strictObject({ mark: z.string().min(1), count: AnyPlace.optional(), amount: AnyPlace.optional() })
    .optional(),
  use: Use.optional(),
  unit: z.enum(['minor', 'major']).optional(),
  kinds: z.record(z.string(), z.string()).optional(),
  statuses: z.record(z.string(), z.enum(STATUSES)).optional(),
}
const Kind = z.enum(CELL_KINDS).default('text')
const Layout = z.discriminatedUnion('form', [
  z.strictObject({
    form: z.literal('fixed'),
    length: Whole.optional(),
    columns: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          from: Whole,
          length: Whole,
          kind: Kind,
          strip: YesNo.default(false),
        }),
      )
      .min(1)
      .max(COLUMNS_MAX),
    ...Shared,
  }),
  z.strictObject({
    form: z.literal('separated'),
    separator: z.string().optional(),
    header: YesNo.optional(),
    columns: z
      .array(z.strictObject({ name: z.string().min(1), kind: Kind }))
      .max(COLUMNS_MAX)
      .optional(),
    ...Shared,
  }),
])
type Layout = z.infer<typeof Layout>

/** What is said on the command line stands over what a layout says. */
export type FormChoice = {
  readonly encoding?: 'utf-8' | 'gbk'
  readonly separator?: string
  readonly header?: boolean
  readonly unit?: 'minor' | 'major'
}

export async function readLayout(path: string): Promise<Layout> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    throw new UsageError(`${path}: there is no such layout 没有这个布局文件 (docs/reconcile.md)`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, uniqueKeys: true })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}`
  }
  const [error] = document.errors
  if (error !== undefined)
    throw new UsageError(`${at(error.pos[0])}: is not YAML: ${error.message.split('\n')[0] ?? ''}`)
  const read = Layout.safeParse(document.toJS())
  if (read.success) return read.data
  const faults = read.error.issues.map(({ path: where, message }) => {
    let place = where as (string | number)[]
    while (place.length > 0 && !isNode(document.getIn(place, true))) place = place.slice(0, -1)
    const node = document.getIn(place, true)
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
    return `${at(offset)}: ${where.length === 0 ? '' : `${where.join('.')}: `}${message} (docs/reconcile.md)`
  })
  throw new UsageError(faults.join('\n'))
}

export function formOf(layout: Layout | undefined, chosen: FormChoice, path: string): LineForm {
  const encoding = chosen.encoding ?? layout?.encoding ?? 'utf-8'
  const shared = {
    encoding,
    ...(layout?.trailer !== undefined && { trailer: layout.trailer }),
    ...(layout?.head !== undefined && { head: layout.head }),
  }
  if (layout?.form === 'fixed') {
    const { columns } = layout
    const end = Math.max(...columns.map(({ from, length }) => from + length - 1))
    const length = layout.length ?? end
    const beyond = columns.find((column) => column.from + column.length - 1 > length)
    if (beyond !== undefined)
      throw new UsageError(
        `${path}: the column ${beyond.name} ends behind the line, which has ${length} bytes 列超出行长`,
      )
    return { form: 'fixed', columns: named(columns, path), length, ...shared }
  }
  return {
    form: 'separated',
    separator: chosen.separator ?? layout?.separator ?? ',',
    header: chosen.header ?? layout?.header ?? true,
    ...(layout?.columns !== undefined && { columns: layout.columns }),
    ...shared,
  }
}

function named(columns: readonly FixedColumn[], path: string): readonly FixedColumn[] {
  const names = columns.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new UsageError(`${path}: two columns are called ${twice} 列名重复`)
  return columns
}

export function choiceOf(layout: Layout | undefined, chosen: FormChoice): ColumnChoice {
  const { original, ...use } = layout?.use ?? {}
  return {
    unit: chosen.unit ?? layout?.unit ?? 'minor',
    ...(Object.fromEntries(
      Object.entries(use).filter(([, name]) => name !== undefined),
    ) as Partial<ColumnChoice>),
    ...(original !== undefined && { originals: original }),
    ...(layout?.kinds !== undefined && { kinds: layout.kinds }),
    ...(layout?.statuses !== undefined && { statuses: layout.statuses }),
  }
}
