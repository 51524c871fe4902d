// The ledger export as a subject tells it: one JSON object a line. It is a stranger's word, so it is read at the door;
// what cannot be read is the subject's fault, with its line and field, and never ours.
import { z } from 'zod'
import type { Text } from '../wire/wire.ts'
import type { PostingView } from './events.ts'

const Line = z.object({
  account: z.string().min(1, 'the name of an account'),
  side: z.enum(['debit', 'credit']),
  amount: z.string().regex(/^(0|[1-9][0-9]{0,17})$/, 'whole minor units as text, such as "1000"'),
})
/** Members beyond these are the subject's own business. */
const Posting = z.object(
  {
    position: z.string().min(1, 'the position from which the next export goes on'),
    id: z.string().min(1, 'a name of its own'),
    item: z.string().optional(),
    transaction: z.string().optional(),
    clearingDay: z.string().optional(),
    what: z.string().optional(),
    lines: z.array(Line).min(2, 'at least one line on each side'),
  },
  { error: 'is no JSON object' },
)

export type Ledger =
  | { readonly entries: readonly PostingView[]; readonly position: string }
  | { readonly unreadable: Text }

/** Every posting after a position, in the order of the export. */
export function readLedger(body: unknown, after: string): Ledger {
  if (typeof body !== 'string')
    return unreadable(
      '应为每行一个 JSON 对象（application/x-ndjson）',
      'it must be one JSON object a line, as application/x-ndjson',
    )
  let position = after
  const entries: PostingView[] = []
  for (const [index, line] of body.split('\n').entries()) {
    if (line === '') continue
    const read = Posting.safeParse(jsonOf(line))
    if (!read.success) {
      const [issue] = read.error.issues
      const field = issue?.path.join('.') ?? ''
      const rule = `${field === '' ? '' : `${field}: `}${issue?.message ?? 'is no posting'}`
      return unreadable(`第 ${index + 1} 行：${rule}`, `line ${index + 1}: ${rule}`)
    }
    position = read.data.position
    entries.push(read.data as PostingView)
  }
  return { entries, position }
}

const unreadable = (zh: string, en: string): Ledger => ({ unreadable: { zh, en } })

/** Undefined, which no posting is, for what is no JSON. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
