// The subject's ledger before and after, and the postings in between; amounts in yuan, and as they were told in fen.
import type { LedgerEvent, PostingView } from '../events.ts'
import type { Page } from '../pages.ts'
import { difference, yuan } from './bytes.ts'
import { type Child, el } from './dom.ts'
import { table } from './parts.ts'
import { say, type View } from './view.ts'

export const ledgersOf = (page: Page): readonly LedgerEvent[] =>
  page.events.filter((event) => event.event === 'ledger')

export function ledger(view: View, { before, after, postings }: LedgerEvent): HTMLElement {
  const accounts = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const columns = (['account', 'before', 'after', 'change'] as const).map((key) => say(view, `ledger.${key}`))
  const [account, ...sums] = columns
  return el(
    'div',
    { class: 'book' },
    table(
      [account, ...sums.map((name, index) => (index === sums.length - 1 ? name : [name, unit(view)]))],
      accounts.map((name) => [
        el('code', {}, name),
        amount(before[name]),
        amount(after[name]),
        el('span', { class: 'change' }, difference(before[name] ?? '0', after[name] ?? '0')),
      ]),
      { class: 'amounts', 'aria-label': say(view, 'page.ledger') },
    ),
    postings.length === 0
      ? el('p', { class: 'none' }, say(view, 'ledger.none'))
      : postingsTable(view, postings),
  )
}

function postingsTable(view: View, postings: readonly PostingView[]): HTMLElement {
  const columns = (['posting', 'what', 'transaction', 'day', 'account', 'debit', 'credit'] as const).map(
    (key) => say(view, `ledger.${key}`),
  )
  const rows = postings.flatMap((posting) =>
    posting.lines.map(({ account, side, amount: sum }, index) => [
      ...(index > 0
        ? ['', '', '', '']
        : [posting.id, posting.what, posting.transaction, posting.clearingDay]
      ).map((text) => text !== undefined && text !== '' && el('code', {}, text)),
      el('code', {}, account),
      side === 'debit' && amount(sum),
      side === 'credit' && amount(sum),
    ]),
  )
  return el(
    'div',
    {},
    el('h4', {}, say(view, 'ledger.postings')),
    table(columns, rows, { class: 'amounts postings', 'aria-label': say(view, 'ledger.postings') }),
  )
}

const unit = (view: View): Child => el('span', { class: 'aside' }, say(view, 'ledger.unit'))

function amount(fen: string | undefined): Child {
  return fen === undefined ? '–' : [yuan(fen), el('span', { class: 'aside' }, `(${fen})`)]
}
