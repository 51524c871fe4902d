// The list of pages by group, with its filter. `/` looks for text; a verdict's button shows only that verdict.
import { groupsOf, type Page, SYMBOLS, titleOf, VERDICTS } from '../pages.ts'
import { el } from './dom.ts'
import { severityText } from './page.ts'
import { classOf, linkTo, said, say, type View } from './view.ts'

export type Rows = {
  readonly nav: HTMLElement
  readonly input: HTMLInputElement
  links(): readonly HTMLElement[]
}

export function rows(view: View): Rows {
  const items = new Map(view.run.pages.map((page) => [page, row(view, page)]))
  const groups = [...groupsOf(view.run.pages)].map(([group, pages]) => ({
    pages,
    element: el(
      'section',
      { 'aria-labelledby': `g-${group}` },
      el('h3', { id: `g-${group}` }, group, el('span', { class: 'aside' }, String(pages.length))),
      el('ul', {}, ...pages.map((page) => items.get(page))),
    ),
  }))
  const status = el('p', { class: 'shown', role: 'status' })
  const input = el('input', {
    type: 'search',
    placeholder: say(view, 'view.filter'),
    'aria-label': say(view, 'view.filter'),
    'aria-keyshortcuts': '/',
    autocomplete: 'off',
    spellcheck: 'false',
  })
  input.value = view.text
  const filter = (): void => {
    view.text = input.value
    let shown = 0
    for (const { pages, element } of groups) {
      const fitting = pages.filter((page) => fits(view, page))
      shown += fitting.length
      for (const page of pages) items.get(page)?.toggleAttribute('hidden', !fitting.includes(page))
      element.hidden = fitting.length === 0
    }
    const all = view.run.pages.length
    status.textContent =
      shown === 0
        ? say(view, 'view.nothing')
        : shown === all
          ? ''
          : say(view, 'view.filtered', { shown, all })
  }
  input.addEventListener('input', filter)
  const nav = el(
    'nav',
    { class: 'rows', 'aria-label': say(view, 'view.rows') },
    el('div', { class: 'filter' }, input, chooser(view, filter), status),
    el(
      'a',
      { href: '#', class: 'home', 'aria-current': view.page === undefined ? 'page' : undefined },
      say(view, 'view.overview'),
    ),
    ...groups.map(({ element }) => element),
  )
  filter()
  return {
    nav,
    input,
    links: () => [...nav.querySelectorAll<HTMLElement>('a')].filter((link) => link.offsetParent !== null),
  }
}

function row(view: View, page: Page): HTMLElement {
  const title = said(view, titleOf(page))
  const verdict = say(view, `verdict.${page.verdict}`)
  return el(
    'li',
    {},
    el(
      'a',
      {
        href: linkTo(page.id),
        'aria-current': view.page === page.id ? 'page' : undefined,
        title: `${verdict} · ${severityText(view, page)}`,
      },
      el('span', { class: `mark ${classOf(page.verdict)}`, 'aria-hidden': 'true' }, SYMBOLS[page.verdict]),
      el('span', { class: 'unseen' }, verdict),
      el('code', {}, page.id),
      el('span', { class: 'title' }, title),
    ),
  )
}

function chooser(view: View, filter: () => void): HTMLElement {
  const buttons = VERDICTS.flatMap((verdict) => {
    const n = view.run.pages.filter((page) => page.verdict === verdict).length
    if (n === 0) return []
    const button = el(
      'button',
      {
        type: 'button',
        class: classOf(verdict),
        'aria-pressed': String(view.verdicts.has(verdict)),
        click: () => {
          if (view.verdicts.has(verdict)) view.verdicts.delete(verdict)
          else view.verdicts.add(verdict)
          button.setAttribute('aria-pressed', String(view.verdicts.has(verdict)))
          filter()
        },
      },
      el('span', { class: 'mark', 'aria-hidden': 'true' }, SYMBOLS[verdict]),
      `${say(view, `verdict.${verdict}`)} ${n}`,
    )
    return [button]
  })
  return el('div', { class: 'verdicts', role: 'group', 'aria-label': say(view, 'verdict.of') }, ...buttons)
}

function fits(view: View, page: Page): boolean {
  if (view.verdicts.size > 0 && !view.verdicts.has(page.verdict)) return false
  const { start, because } = page
  const words = [
    page.id,
    page.row,
    page.group,
    page.verdict,
    start?.clause,
    start?.title.zh,
    start?.title.en,
    because?.zh,
    because?.en,
  ]
  const text = words.join('\n').toLowerCase()
  return view.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
