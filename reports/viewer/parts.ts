// Pieces that several parts of the report use: a definition row, an expected/observed pair, links to messages.
import type { ExpectationEvent } from '../events.ts'
import type { Page } from '../pages.ts'
import { apart } from './bytes.ts'
import { type Child, el } from './dom.ts'
import { linkTo, say, type View } from './view.ts'

/** One row of a definition list; nothing when there is nothing to say. */
export function fact(name: string, ...value: readonly Child[]): Child {
  const empty = value.every((child) => child === undefined || child === false || child === '')
  return !empty && el('div', { class: 'fact' }, el('dt', {}, name), el('dd', {}, ...value))
}

/** Expected over observed, aligned, with what differs marked. */
export function pair(view: View, { expected, observed, result }: ExpectationEvent): HTMLElement {
  const differ = result === 'broken'
  const { start, middles, end } = apart(expected, observed)
  // A mark over most of the text says nothing: it is for a difference inside.
  const shared = start.length + end.length
  const inside = differ && shared >= 0.6 * Math.max(expected.length, observed.length)
  const text = (middle: string, whole: string): Child =>
    inside ? [start, middle !== '' && el('mark', {}, middle), end] : whole
  return el(
    'div',
    { class: `pair ${result}` },
    el('span', { class: 'name' }, say(view, 'fault.expected')),
    el('code', { class: 'expected' }, text(middles[0], expected)),
    el('span', { class: 'name' }, say(view, 'fault.observed')),
    el('code', { class: 'observed' }, text(middles[1], observed)),
  )
}

export function evidence(view: View, page: Page, numbers: readonly number[]): Child {
  return numbers.map((n) =>
    el(
      'a',
      {
        class: 'number',
        href: linkTo(page.id, n),
        'aria-label': `${say(view, 'fault.evidence')} #${n}`,
      },
      `#${n}`,
    ),
  )
}

export function section(id: string, title: string, note: Child, ...children: readonly Child[]): HTMLElement {
  return el(
    'section',
    { class: `part ${id}`, 'aria-labelledby': `h-${id}` },
    el('h3', { id: `h-${id}` }, title, note),
    ...children,
  )
}

export function table(
  columns: readonly Child[],
  rows: readonly (readonly Child[])[],
  attributes: {
    readonly class?: string
    readonly 'aria-label'?: string
    readonly marked?: (row: number) => boolean
  } = {},
): HTMLElement {
  const { marked, ...rest } = attributes
  return el(
    'div',
    { class: 'wide' },
    el(
      'table',
      rest,
      el('thead', {}, el('tr', {}, ...columns.map((column) => el('th', { scope: 'col' }, column)))),
      el(
        'tbody',
        {},
        ...rows.map((cells, index) =>
          el(
            'tr',
            { class: marked?.(index) === true ? 'marked' : undefined },
            ...cells.map((cell, place) =>
              place === 0 ? el('th', { scope: 'row' }, cell) : el('td', {}, cell),
            ),
          ),
        ),
      ),
    ),
  )
}
