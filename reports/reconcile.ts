// A reconciliation as others read it: a table for a terminal, differences.csv for whoever works through them,
// differences.html for whoever looks. No cell of the CSV can be taken for a formula (SEC-034).
import {
  type Difference,
  DIFFERENCE_KINDS,
  type DifferenceKind,
  isDifference,
  legsText,
  type ReconcileItem,
  type ReconcileTotal,
  shownKey,
  type Tallied,
} from '../clearing/clearing.ts'
import { padTo, widthOf } from './columns.ts'
import { type Lang, say } from './dictionary.ts'

const OF_BOTH = ['line', 'kind', 'day', 'amount', 'currency', 'fee', 'status', 'legs', 'original'] as const

/** The columns of differences.csv: verdict, whether it is a difference, key, then each of both sides. */
export const DIFFERENCE_COLUMNS: readonly string[] = [
  'verdict',
  'difference',
  'transaction',
  ...OF_BOTH.flatMap((name) => [`ours_${name}`, `theirs_${name}`]),
]

export type DifferenceCells = readonly string[]

export function differenceCells({ kind, transaction, ours, theirs }: Difference): DifferenceCells {
  return [
    kind,
    isDifference(kind) ? 'yes' : 'no',
    shownKey(transaction),
    ...OF_BOTH.flatMap((name) => [cellOf(ours, name), cellOf(theirs, name)]),
  ]
}

function cellOf(item: ReconcileItem | undefined, name: (typeof OF_BOTH)[number]): string {
  if (item === undefined) return ''
  if (name === 'legs') return legsText(item.legs)
  if (name === 'original') return shownKey(item.original ?? '')
  return String(item[name] ?? '')
}

/** One line with its end. What a spreadsheet would take for a formula becomes text; a plain negative number is none. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(text: string): string {
  const formula = /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^-[0-9]+$/.test(text)
  if (!formula && !/[",\r\n]/.test(text)) return text
  return `"${formula ? "'" : ''}${text.replaceAll('"', '""')}"`
}

/** Counts and money by verdict and currency, and what our own items count as. */
export function reconcileTable({ totals, counted }: Tallied, lang: Lang): readonly string[] {
  const head = (['of', 'currencies', 'count', 'ours', 'theirs'] as const).map((key) =>
    say(lang, `cli.reconcile.${key}`),
  )
  const rows = totals.map((one) => [
    `${isDifference(one.kind) ? '✗' : '✓'} ${say(lang, `cli.reconcile.${one.kind}`)}`,
    one.currency,
    String(one.count),
    String(one.ours),
    String(one.theirs),
  ])
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((cells) => widthOf(cells[column] ?? ''))))
  const lines = all.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column < 2 ? padTo(cell, width) : `${' '.repeat(width - widthOf(cell))}${cell}`
      })
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...counted.map((one) => countedLine(one, lang))]
}

function countedLine({ currency, ...amounts }: Tallied['counted'][number], lang: Lang): string {
  const texts = Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, String(amount)]))
  return say(lang, 'cli.reconcile.counted', { currency, ...texts })
}

export const differenceCount = (totals: readonly ReconcileTotal[]): number =>
  totals.reduce((sum, { kind, count }) => sum + (isDifference(kind) ? count : 0), 0)

/** The first of every verdict are shown, so that the file opens at once however many there are. */
export const SHOWN_PER_KIND = 200

export type ReconcilePage = {
  readonly ours: string
  readonly theirs: string
  readonly lines: { readonly ours: number; readonly theirs: number }
  readonly told: Tallied
  readonly first: ReadonlyMap<DifferenceKind, readonly DifferenceCells[]>
}

/** One file without script and without anything from elsewhere, in both languages at once. */
export function reconcileHtml(page: ReconcilePage, lang: Lang): string {
  const both = (text: (of: Lang) => string): string =>
    (['zh', 'en'] as const).map((of) => `<span lang="${of}">${escaped(text(of))}</span>`).join('')
  const checked = (of: Lang): string => (of === lang ? ' checked' : '')
  const count = differenceCount(page.told.totals)
  const result = (of: Lang): string =>
    count === 0 ? say(of, 'cli.reconcile.fine') : say(of, 'cli.reconcile.bad', { count })
  return `<!doctype html>
<html lang="${lang === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<title>${count === 0 ? '✓' : '✗'} ${escaped(say(lang, 'cli.reconcile.title'))} · Sifang 四方</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<input type="radio" name="lang" id="zh"${checked('zh')}><label for="zh">中文</label>
<input type="radio" name="lang" id="en"${checked('en')}><label for="en">English</label>
<main>
<h1>${both((of) => say(of, 'cli.reconcile.title'))}: ${both(result)}</h1>
<p><code>${escaped(page.ours)}</code> ↔ <code>${escaped(page.theirs)}</code><br>${both((of) => say(of, 'cli.reconcile.lines', page.lines))}. ${both((of) => say(of, 'cli.reconcile.amounts'))}</p>
${totalsTable(page.told, both)}
${page.told.counted.map((one) => `<p>${both((of) => countedLine(one, of))}</p>`).join('\n')}
${DIFFERENCE_KINDS.map((kind) => section(kind, page, both)).join('')}
</main>
</body>
</html>
`
}

type Both = (text: (of: Lang) => string) => string

function totalsTable({ totals }: Tallied, both: Both): string {
  const head = (['of', 'currencies', 'count', 'ours', 'theirs'] as const)
    .map((key) => `<th scope="col">${both((of) => say(of, `cli.reconcile.${key}`))}</th>`)
    .join('')
  const rows = totals.map(({ kind, currency, count, ours, theirs }) => {
    const mark = isDifference(kind) ? '✗' : '✓'
    const cells = [currency, count, ours, theirs].map((cell) => `<td>${escaped(String(cell))}</td>`).join('')
    return `<tr class="${isDifference(kind) ? 'bad' : 'fine'}"><th scope="row">${mark} ${both((of) => say(of, `cli.reconcile.${kind}`))}</th>${cells}</tr>`
  })
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function section(kind: DifferenceKind, { first, told }: ReconcilePage, both: Both): string {
  const shown = first.get(kind) ?? []
  if (shown.length === 0 || kind === 'matched') return ''
  const count = told.totals.reduce((sum, one) => sum + (one.kind === kind ? one.count : 0), 0)
  const more =
    count > shown.length
      ? `<p>${both((of) => say(of, 'cli.reconcile.shown', { shown: shown.length, count }))}</p>`
      : ''
  const used = OF_BOTH.flatMap((name, at) =>
    shown.some((cells) => (cells[3 + 2 * at] ?? '') !== '' || (cells[4 + 2 * at] ?? '') !== '')
      ? [{ name, at }]
      : [],
  )
  const head = used
    .map(({ name }) => {
      const side = (key: 'ours' | 'theirs'): string =>
        `<th scope="col">${both((of) => say(of, `cli.reconcile.${key}`))} ${name}</th>`
      return side('ours') + side('theirs')
    })
    .join('')
  const rows = shown.map((cells) => {
    const values = used.map(({ name, at }) => {
      const [ours, theirs] = [cells[3 + 2 * at] ?? '', cells[4 + 2 * at] ?? '']
      // Lines are numbered by their own files.
      const mark = ours !== theirs && name !== 'line' ? ' class="differs"' : ''
      return `<td${mark}>${escaped(ours)}</td><td${mark}>${escaped(theirs)}</td>`
    })
    return `<tr><th scope="row">${escaped(cells[2] ?? '')}</th>${values.join('')}</tr>`
  })
  return `<h2>${isDifference(kind) ? '✗' : '✓'} ${both((of) => say(of, `cli.reconcile.${kind}`))} (${count})</h2>
<p>${both((of) => say(of, `cli.reconcile.${kind}.means`))}</p>
${more}<div><table><thead><tr><th scope="col">${both((of) => say(of, 'cli.reconcile.key'))}</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>
`
}

const STYLE = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:90rem;margin:1rem auto;padding:0 1rem}
#zh:checked~main [lang=en],#en:checked~main [lang=zh]{display:none}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .6rem;border-bottom:1px solid #8885;text-align:left;white-space:pre}
td{text-align:right}
thead th{font-weight:600}
tbody th{font-weight:400}
.bad th,.differs{color:light-dark(#b00020,#ff8a80)}
div{overflow-x:auto}`

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
