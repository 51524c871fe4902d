// One page of the exam: what it asked; for a failure the cause, its evidence and the line that plays it again; then
// everything that was expected, sent and posted.
import type { ExpectationEvent } from '../events.ts'
import {
  diagnosesOf,
  durationText,
  expectationsOf,
  type Fault,
  faultsOf,
  messagesOf,
  outcomeOf,
  type Page,
  reasonOf,
  replayLine,
  titleOf,
} from '../pages.ts'
import { diagram } from './diagram.ts'
import { type Child, el } from './dom.ts'
import { invariant, invariantsOf } from './invariants.ts'
import { ledger, ledgersOf } from './ledger.ts'
import { messageList } from './message.ts'
import { evidence, fact, pair, section } from './parts.ts'
import { chip, copyButton, said, say, type View } from './view.ts'

export function pageView(view: View, page: Page): HTMLElement {
  const messages = messagesOf(page)
  const expectations = expectationsOf(page)
  const ledgers = ledgersOf(page)
  const invariants = invariantsOf(page)
  const note = (n: number): Child => el('span', { class: 'aside' }, String(n))
  return el(
    'article',
    { class: 'page', 'aria-labelledby': 'page-title' },
    ...headOf(view, page),
    ...(outcomeOf(page) === 'passed' ? [] : [causeOf(view, page)]),
    ...(expectations.length === 0
      ? []
      : [
          section(
            'expectations',
            say(view, 'page.expectations'),
            note(expectations.length),
            ...expectations.map((one) => expectation(view, page, one)),
          ),
        ]),
    ...(invariants.length === 0
      ? []
      : [
          section(
            'invariants',
            say(view, 'page.invariants'),
            note(invariants.length),
            ...invariants.map((one) => invariant(view, page, one)),
          ),
        ]),
    ...(page.events.length === 0
      ? []
      : [
          section(
            'diagram',
            say(view, 'page.diagram'),
            undefined,
            el('div', { class: 'wide' }, diagram(view, page)),
            legend(view, page),
          ),
        ]),
    ...(messages.length === 0
      ? []
      : [section('list', say(view, 'page.messages'), note(messages.length), messageList(view, page))]),
    ...(ledgers.length === 0
      ? []
      : [
          section(
            'ledger',
            say(view, 'page.ledger'),
            undefined,
            ...ledgers.map((event) => ledger(view, event)),
          ),
        ]),
  )
}

function headOf(view: View, page: Page): readonly Child[] {
  const { start } = page
  const severity = severityText(view, page)
  return [
    el(
      'header',
      { class: 'page-head' },
      el(
        'p',
        { class: 'page-id' },
        chip(view, page.verdict),
        el('code', {}, page.id),
        start?.case !== undefined &&
          el('span', { class: 'aside' }, `${say(view, 'page.case')} ${start.case}`),
      ),
      el('h2', { id: 'page-title', tabindex: -1 }, said(view, titleOf(page))),
      el(
        'dl',
        { class: 'facts inline' },
        fact(say(view, 'fault.clause'), start && el('code', {}, start.clause)),
        fact(say(view, 'severity.of'), severity),
        fact(say(view, 'role.of'), roleText(view, page)),
        fact(say(view, 'fault.where'), start && el('code', {}, `${start.where.file}:${start.where.line}`)),
        fact(say(view, 'run.duration'), start && durationText(page.durationMs)),
      ),
      start && el('p', { class: 'given' }, el('b', {}, say(view, 'page.given')), said(view, start.given)),
    ),
  ]
}

export function severityText(view: View, { severity }: Page): string {
  const known = (['blocker', 'major', 'minor'] as const).find((one) => one === severity)
  return known === undefined ? severity : say(view, `severity.${known}`)
}

function roleText(view: View, { role }: Page): string {
  const known = (['account-institution', 'acquirer', 'both', 'network'] as const).find((one) => one === role)
  return known === undefined ? role : say(view, `role.${known}`)
}

/** Cause first, then the evidence, then the line that replays it. */
function causeOf(view: View, page: Page): HTMLElement {
  const failed = outcomeOf(page) === 'failed' || outcomeOf(page) === 'defect'
  const faults = faultsOf(page)
  const reason = reasonOf(page)
  return el(
    'section',
    { class: failed ? 'cause bad' : 'cause', 'aria-labelledby': 'h-cause' },
    el('h3', { id: 'h-cause' }, say(view, failed ? 'fault.cause' : 'table.reason')),
    reason && el('p', { class: 'because' }, said(view, reason)),
    ...faults.map((fault) => faultView(view, page, fault)),
    ...diagnosesOf(page).map(({ n, what, fix }) =>
      el(
        'dl',
        { class: 'facts' },
        fact(say(view, 'fault.diagnosis'), said(view, what)),
        fact(say(view, 'fault.fix'), said(view, fix)),
        fact(say(view, 'fault.evidence'), evidence(view, page, [n])),
      ),
    ),
    el(
      'dl',
      { class: 'facts' },
      fact(say(view, 'fault.whose'), page.cause && say(view, `cause.${page.cause}`)),
      fact(
        say(view, 'fault.replay'),
        el('code', { class: 'command' }, replayLine(page, view.run.start)),
        copyButton(view, replayLine(page, view.run.start)),
      ),
    ),
  )
}

function faultView(view: View, page: Page, { broken, field, rule, offset, within }: Fault): HTMLElement {
  const named = field === undefined ? undefined : labelOf(view, field)
  return el(
    'div',
    { class: 'fault' },
    el(
      'p',
      { class: 'what' },
      el('span', { class: 'mark', 'aria-hidden': 'true' }, '✗ '),
      said(view, broken.what),
    ),
    pair(view, broken),
    el(
      'dl',
      { class: 'facts' },
      fact(
        say(view, 'fault.field'),
        field !== undefined && el('code', {}, field),
        named !== undefined && ` ${named}`,
      ),
      fact(say(view, 'fault.rule'), rule && said(view, rule)),
      fact(say(view, 'fault.clause'), page.start && el('code', {}, page.start.clause)),
      fact(
        say(view, 'fault.offset'),
        offset !== undefined && say(view, `fault.offset.${within ?? 'message'}`, { n: offset }),
      ),
      fact(say(view, 'fault.evidence'), evidence(view, page, broken.evidence)),
      fact(
        say(view, 'fault.where'),
        el('code', {}, `${broken.where.file}:${broken.where.line}:${broken.where.column}`),
      ),
    ),
  )
}

function labelOf(view: View, field: string): string | undefined {
  const { fields } = view.labels
  const row = fields[field] ?? Object.values(fields).find(({ wire }) => wire === field)
  return row && `${row.label.zh} · ${row.label.en}`
}

const RESULT_MARKS = { held: '✓', broken: '✗', undecided: '?' } as const

function expectation(view: View, page: Page, event: ExpectationEvent): HTMLElement {
  const same = event.result === 'held' && event.expected === event.observed
  return el(
    'div',
    { class: `expectation ${event.result}` },
    el(
      'p',
      {},
      el(
        'span',
        { class: 'result' },
        el('span', { class: 'mark', 'aria-hidden': 'true' }, RESULT_MARKS[event.result]),
        say(view, `result.${event.result}`),
      ),
      // What is as expected needs no second line.
      el(
        'span',
        { class: 'what' },
        said(view, event.what),
        same && el('code', { class: 'same', title: say(view, 'page.same') }, event.observed),
      ),
      el('span', { class: 'links' }, evidence(view, page, event.evidence)),
    ),
    !same && pair(view, event),
  )
}

function legend(view: View, page: Page): Child {
  const messages = messagesOf(page)
  const kinds = (['delivered', 'lost', 'late', 'refused', 'forged', 'blamed'] as const).filter((kind) => {
    if (kind === 'refused') return messages.some(({ refused }) => refused)
    if (kind === 'forged') return messages.some(({ forged }) => forged)
    if (kind === 'blamed') return faultsOf(page).some(({ broken }) => broken.evidence.length > 0)
    return messages.some(({ fate }) => fate === kind)
  })
  if (kinds.every((kind) => kind === 'delivered')) return undefined
  const marks = { delivered: '→', lost: '×', late: '⇢', refused: '⊘ ┄', forged: '◆', blamed: '●' }
  return el(
    'p',
    { class: 'legend' },
    ...kinds.map((kind) =>
      el(
        'span',
        { class: kind },
        el('b', { 'aria-hidden': 'true' }, marks[kind]),
        say(view, `diagram.legend.${kind}`),
      ),
    ),
  )
}
