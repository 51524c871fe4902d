// The head of the report, and the view with no page open: the verdict in words, what was judged and what was not.
import type { Verdict } from '../events.ts'
import {
  beyondOf,
  durationText,
  faultsOf,
  groupsOf,
  judgedOf,
  outcomeOf,
  type Page,
  reasonsOf,
  RUN_SYMBOLS,
  SYMBOLS,
  titleOf,
  totalOf,
  unreachedText,
  VERDICTS,
} from '../pages.ts'
import { type Child, el } from './dom.ts'
import { fact, section, table } from './parts.ts'
import { chip, classOf, linkTo, said, say, type View } from './view.ts'

export function banner(view: View): HTMLElement {
  const { start, end, verdict, counts } = view.run
  const beyond = beyondOf(view.run)
  const rows = totalOf(counts)
  const kind =
    verdict === 'pass' ? 'good' : verdict === 'fail' || verdict === 'harness defect' ? 'bad' : 'open'
  return el(
    'section',
    { class: `banner ${kind}`, 'aria-labelledby': 'verdict' },
    el(
      'div',
      { class: 'verdict' },
      el('span', { class: 'mark', 'aria-hidden': 'true' }, RUN_SYMBOLS[verdict]),
      el(
        'div',
        {},
        el('h1', { id: 'verdict' }, say(view, `run.${verdict}`)),
        el('p', {}, say(view, rows === 0 ? 'report.nothing' : `run.${verdict}.because`)),
      ),
      el(
        'p',
        { class: 'counts' },
        el('span', {}, say(view, rows === 1 ? 'count.row' : 'count.rows', { n: rows })),
        ...present(counts).map((name) =>
          el(
            'span',
            { class: classOf(name) },
            el('b', {}, `${SYMBOLS[name]} ${counts[name]}`),
            ` ${say(view, `verdict.${name}`)}`,
          ),
        ),
      ),
    ),
    el(
      'dl',
      { class: 'facts inline' },
      fact(
        say(view, 'run.subject'),
        start && [
          el('b', {}, start.subject.name),
          ` ${start.subject.kind}`,
          start.subject.url !== undefined && ` ${start.subject.url}`,
        ],
      ),
      fact(say(view, 'run.profile'), start && el('code', {}, start.profile)),
      fact(say(view, 'run.revision'), start && el('code', {}, start.revision)),
      fact(say(view, 'run.seed'), start && el('code', {}, start.seed)),
      fact(say(view, 'run.messages'), end && String(end.messages)),
      fact(say(view, 'run.duration'), end && durationText(end.durationMs)),
    ),
    el(
      'p',
      { class: 'scope' },
      end &&
        `${say(view, 'report.of', { catalogue: end.catalogue, rows: end.rows.length, judged: judgedOf(counts), without: end.without })} `,
      el('b', {}, say(view, 'report.unofficial')),
      beyond > 0 && el('b', { class: 'v-fail' }, ` ${say(view, 'report.beyond', { n: beyond })}`),
    ),
  )
}

const present = (counts: Readonly<Record<Verdict, number>>): readonly Verdict[] =>
  VERDICTS.filter((name) => counts[name] > 0).toReversed()

export function overview(view: View): HTMLElement {
  const { pages, start, end } = view.run
  const of = (...outcomes: readonly string[]): readonly Page[] =>
    pages.filter((page) => outcomes.includes(outcomeOf(page)))
  const having = (verdict: Verdict): readonly Page[] =>
    pages.filter((page) => page.verdict === verdict && page.cause !== 'harness')
  return el(
    'article',
    { class: 'page overview' },
    el('h2', { id: 'page-title', tabindex: -1, class: 'unseen' }, say(view, 'view.overview')),
    ...failures(view, 'list.failures', of('failed')),
    ...failures(view, 'list.defects', of('defect')),
    ...reasons(view, 'list.warnings', having('warn')),
    ...reasons(view, 'list.unshown', having('not shown')),
    ...reasons(view, 'list.gaps', having('known gap')),
    ...reasons(view, 'list.inapplicable', having('not applicable')),
    matrix(view),
    el(
      'dl',
      { class: 'facts run' },
      fact(say(view, 'run.id'), start && el('code', {}, start.run)),
      fact(say(view, 'run.version'), start && el('code', {}, `sifang ${start.version}`)),
      fact(say(view, 'run.started'), start?.at),
      fact(say(view, 'run.features'), start?.subject.features.join(' · ')),
      fact(say(view, 'list.unshown'), end?.unreached && unreachedText(end.unreached, view.lang)),
      fact(say(view, 'run.exit'), end && String(end.exit)),
      fact(say(view, 'run.transcript'), end && el('code', {}, `SM3 ${end.transcript}`)),
    ),
  )
}

function failures(
  view: View,
  title: 'list.failures' | 'list.defects',
  pages: readonly Page[],
): readonly Child[] {
  if (pages.length === 0) return []
  const items = pages.map((page) => {
    const [first] = faultsOf(page)
    const field = first?.field === undefined ? '' : `${first.field}: `
    return el(
      'li',
      {},
      el('a', { href: linkTo(page.id) }, el('code', {}, page.id), said(view, titleOf(page))),
      chip(view, page.verdict),
      first
        ? el(
            'p',
            {},
            field,
            said(view, first.broken.what),
            el('br'),
            el('span', { class: 'name' }, say(view, 'fault.expected')),
            el('code', {}, first.broken.expected),
            el('span', { class: 'name' }, say(view, 'fault.observed')),
            el('code', {}, first.broken.observed),
          )
        : el('p', {}, page.because && said(view, page.because)),
    )
  })
  return [
    section(
      title.replace('.', '-'),
      say(view, title),
      el('span', { class: 'aside' }, String(pages.length)),
      el('ul', { class: 'failures' }, ...items),
    ),
  ]
}

function reasons(
  view: View,
  title: 'list.unshown' | 'list.inapplicable' | 'list.warnings' | 'list.gaps',
  pages: readonly Page[],
): readonly Child[] {
  if (pages.length === 0) return []
  const items = reasonsOf(pages).map(({ because, pages: same }) =>
    el(
      'li',
      {},
      el('span', { class: 'reason' }, said(view, because)),
      el(
        'span',
        { class: 'ids' },
        ...same.map(({ id }) => el('a', { href: linkTo(id) }, el('code', {}, id))),
      ),
    ),
  )
  return [
    section(
      title.replace('.', '-'),
      say(view, title),
      el('span', { class: 'aside' }, String(pages.length)),
      el('ul', { class: 'reasons' }, ...items),
    ),
  ]
}

/** Groups against verdicts: a number and a symbol in each cell, never only a colour. */
function matrix(view: View): Child {
  const { pages } = view.run
  const verdicts = VERDICTS.filter((verdict) => pages.some((page) => page.verdict === verdict)).toReversed()
  if (verdicts.length === 0) return undefined
  const columns = [
    say(view, 'list.groups'),
    ...verdicts.map((verdict) => chip(view, verdict)),
    say(view, 'list.all'),
  ]
  const rows = [...groupsOf(pages)].map(([group, own]) => [
    el('code', {}, group),
    ...verdicts.map((verdict) => {
      const n = own.filter((page) => page.verdict === verdict).length
      return n > 0 && el('span', { class: `cell ${classOf(verdict)}` }, `${SYMBOLS[verdict]} ${n}`)
    }),
    String(own.length),
  ])
  const title = say(view, 'list.groups')
  return section(
    'list-groups',
    title,
    undefined,
    table(columns, rows, { class: 'matrix', 'aria-label': title }),
  )
}
