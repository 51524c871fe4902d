// The own book of a day, by the switch's stamp: postings on CLR, read on from where they were read last, into one row per item.
// What the network calls an item comes with its posting; nothing of the switch's file is looked at here.
import type { OwnItem } from '../clearing/clearing.ts'
import { START } from '../store/store.ts'
import { type PostingBody, postings } from './book.ts'
import { CLOSE_BOOK, type CloseItem, closeItemId, closeItems, closeReads, itemKeys } from './close-records.ts'
import { payments } from './records.ts'
import type { InstitutionWorld } from './world.ts'

const BATCH = 200
const KINDS: Readonly<Partial<Record<PostingBody['what'], OwnItem['kind']>>> = {
  purchase: 'purchase',
  refund: 'refund',
  reversal: 'reversal',
  void: 'void',
}

/** Reads the journal on to its end. Several at once do no harm: a batch and its position change together. */
export async function readBook({ store }: Pick<InstitutionWorld, 'store'>): Promise<void> {
  for (;;) {
    const before = closeReads.in(await store.read([closeReads.key(CLOSE_BOOK)]), CLOSE_BOOK)?.read ?? START
    const drafts: (CloseItem & { readonly what: string })[] = []
    let read = before
    let count = 0
    for await (const { position, item, body } of postings(store, before)) {
      read = position
      count += 1
      const draft = itemFrom(item, body)
      if (draft !== undefined) drafts.push(draft)
      if (count === BATCH) break
    }
    if (count === 0) return
    const originals = await store.read([...new Set(drafts.map(({ item }) => payments.key(item)))])
    const names = drafts.flatMap((draft) => [
      closeItemId(draft),
      closeItemId({ ...draft, kind: 'void' }),
      closeItemId({ ...draft, kind: 'undo' }),
    ])
    await store.change<void>([closeReads.key(CLOSE_BOOK), ...itemKeys(names)], (rows) => {
      if ((closeReads.in(rows, CLOSE_BOOK)?.read ?? START) !== before) return { result: undefined }
      const put = new Map<string, CloseItem>()
      for (const { what: _what, ...draft } of drafts) {
        const voided = closeItemId({ ...draft, kind: 'void' })
        // What is taken once more under the number of a void undoes it.
        const undoes =
          draft.kind === 'purchase' && (put.has(voided) || closeItems.in(rows, voided) !== undefined)
        // A void is booked with the payment that it takes back.
        const original = draft.kind === 'void' ? payments.in(originals, draft.item)?.transaction : undefined
        const named: CloseItem = { ...draft, ...(original !== undefined && { original }) }
        const item: CloseItem = undoes ? { ...named, kind: 'undo' } : named
        put.set(closeItemId(item), item)
      }
      return {
        put: [
          closeReads.put(CLOSE_BOOK, { read }),
          ...[...put].map(([id, item]) => closeItems.put(id, item)),
        ],
        result: undefined,
      }
    })
  }
}

function itemFrom(item: string, body: PostingBody): (CloseItem & { readonly what: string }) | undefined {
  const { entry, transaction, clearingDay, what } = body
  const kind = KINDS[what]
  const line = entry.lines.find(({ account }) => account === 'CLR')
  if (kind === undefined || line === undefined || transaction === undefined || clearingDay === undefined)
    return undefined
  // A correction of a break is no item of the day: its transaction is the item's own.
  if (entry.id.startsWith('case:')) return undefined
  const [acquirer = ''] = item.split('.')
  return {
    transaction,
    kind,
    day: clearingDay,
    amount: line.amount,
    currency: entry.currency,
    acquirer,
    item,
    what,
  }
}
