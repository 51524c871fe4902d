// What must hold in any network, as two oracles judged it on the page; each line with what it rests on.
import type { InvariantEvent } from '../events.ts'
import type { Page } from '../pages.ts'
import { el } from './dom.ts'
import { evidence } from './parts.ts'
import { said, say, type View } from './view.ts'

export const invariantsOf = (page: Page): readonly InvariantEvent[] =>
  page.events.filter((event) => event.event === 'invariant')

const LOOKS = {
  holds: { mark: '✓', like: 'held' },
  violated: { mark: '✗', like: 'broken' },
  undecidable: { mark: '?', like: 'undecided' },
  disputed: { mark: '!', like: 'broken' },
} as const

export function invariant(view: View, page: Page, event: InvariantEvent): HTMLElement {
  const { mark, like } = LOOKS[event.result]
  const by = event.by.map((one) => say(view, `oracle.${one}`)).join(' · ')
  return el(
    'div',
    { class: `expectation ${like}` },
    el(
      'p',
      {},
      el(
        'span',
        { class: 'result' },
        el('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        say(view, `invariant.${event.result}`),
      ),
      el(
        'span',
        { class: 'what' },
        el('code', {}, event.invariant),
        ' ',
        said(view, event.because),
        el('span', { class: 'aside' }, ` ${say(view, 'invariant.by', { by, n: event.items })}`),
      ),
      el('span', { class: 'links' }, evidence(view, page, event.evidence)),
    ),
  )
}
