// Draws the report, follows the address (#CPM-001, #CPM-001/3, #CPM-001/3/raw) and the keyboard. Remembers nothing outside this
// window and asks nobody for anything.
import { faultsOf, messagesOf, outcomeOf, type Page, runOf } from '../pages.ts'
import { REPORT_WORDS } from '../words.ts'
import { type Child, el } from './dom.ts'
import { banner, overview } from './overview.ts'
import { pageView } from './page.ts'
import { type Rows, rows } from './rows.ts'
import { type Unpacked, unpack } from './unpack.ts'
import { linkTo, say, type Theme, type View } from './view.ts'

const THEMES: readonly Theme[] = ['system', 'light', 'dark']

function start({ events, labels, rawOf }: Unpacked): void {
  const view: View = {
    run: runOf(events),
    labels,
    rawOf,
    lang: document.documentElement.lang.startsWith('zh') ? 'zh' : 'en',
    theme: 'system',
    page: undefined,
    opened: new Set(),
    tabs: new Map(),
    text: '',
    verdicts: new Set(),
    draw: () => {},
  }
  let list: Rows | undefined
  view.draw = () => {
    list = draw(view)
  }
  follow(view)
  addEventListener('hashchange', () => follow(view))
  addEventListener('keydown', (event) => press(event, view, list))
  addEventListener('beforeprint', () => document.body.append(printed(view)))
  addEventListener('afterprint', () => document.querySelector('.printed')?.remove())
}

/** Goes where the address points: a page, perhaps one of its messages, else the overview. */
function follow(view: View): void {
  const [name = '', message, tab] = location.hash.slice(1).split('/')
  const whole = decoded(location.hash.slice(1))
  const page =
    view.run.pages.find(({ id }) => id === whole) ?? view.run.pages.find(({ id }) => id === decoded(name))
  const n = page !== undefined && page.id !== whole && message !== undefined ? Number(message) : undefined
  const moved = view.page !== page?.id
  if (moved) {
    view.opened.clear()
    view.tabs.clear()
  }
  view.page = page?.id
  if (n !== undefined) view.opened.add(n)
  if (n !== undefined && (tab === 'raw' || tab === 'decrypted' || tab === 'parsed')) view.tabs.set(n, tab)
  view.draw()
  if (n !== undefined) {
    const item = document.querySelector<HTMLElement>(`#m-${n}`)
    item?.scrollIntoView({ block: 'start' })
    item?.querySelector('button')?.focus({ preventScroll: true })
  } else if (moved) {
    document.querySelector<HTMLElement>('#page-title')?.focus({ preventScroll: true })
    scrollTo({ top: Math.min(scrollY, document.querySelector<HTMLElement>('.columns')?.offsetTop ?? 0) })
  }
  document.querySelector('.rows [aria-current]')?.scrollIntoView({ block: 'nearest' })
}

function unknownAddress(view: View): Child {
  const page = decoded(location.hash.slice(1))
  return (
    view.page === undefined &&
    page !== '' &&
    el('p', { class: 'cause', role: 'alert' }, say(view, 'view.unknown', { page }))
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function draw(view: View): Rows {
  document.documentElement.lang = view.lang === 'zh' ? 'zh-CN' : 'en'
  document.documentElement.dataset['theme'] = view.theme
  const page = view.run.pages.find(({ id }) => id === view.page)
  const list = rows(view)
  const at = document.querySelector('.rows')?.scrollTop ?? 0
  document.querySelector('.app')?.remove()
  document.body.append(
    el(
      'div',
      { class: 'app' },
      el('a', { class: 'skip', href: '#content', click: skip }, say(view, 'view.skip')),
      bar(view),
      banner(view),
      el(
        'div',
        { class: 'columns' },
        list.nav,
        el(
          'main',
          { id: 'content', tabindex: -1 },
          unknownAddress(view),
          page ? pageView(view, page) : overview(view),
        ),
      ),
      el('footer', {}, el('p', {}, say(view, 'view.keys'))),
    ),
  )
  list.nav.scrollTop = at
  return list
}

/** The same things in other words or colours: what had the focus has it again, and nothing moves. */
function redraw(view: View): void {
  const focusable = (): readonly HTMLElement[] => [
    ...document.querySelectorAll<HTMLElement>('.app :is(a, button, input, [tabindex])'),
  ]
  const at = focusable().findIndex((element) => element === document.activeElement)
  const { scrollY: before } = window
  view.draw()
  focusable()[at]?.focus({ preventScroll: true })
  scrollTo({ top: before })
}

/** The address belongs to pages; skipping is only a move of the focus. */
function skip(event: Event): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#content')?.focus()
}

function bar(view: View): HTMLElement {
  const choice = (label: string, current: boolean, choose: () => void, lang?: string): Child =>
    el('button', { type: 'button', 'aria-pressed': String(current), lang, click: choose }, label)
  const change = (apply: () => void): void => {
    apply()
    redraw(view)
  }
  return el(
    'header',
    { class: 'bar' },
    el('span', { class: 'brand' }, el('b', {}, '四方'), ' Sifang'),
    el(
      'div',
      { class: 'choices', role: 'group', 'aria-label': say(view, 'view.language') },
      choice('中文', view.lang === 'zh', () => change(() => void (view.lang = 'zh')), 'zh'),
      choice('English', view.lang === 'en', () => change(() => void (view.lang = 'en')), 'en'),
    ),
    el(
      'div',
      { class: 'choices', role: 'group', 'aria-label': say(view, 'view.theme') },
      ...THEMES.map((theme) =>
        choice(say(view, `view.theme.${theme}`), view.theme === theme, () =>
          change(() => void (view.theme = theme)),
        ),
      ),
    ),
  )
}

function press(event: KeyboardEvent, view: View, list: Rows | undefined): void {
  if (event.ctrlKey || event.metaKey || event.altKey || list === undefined) return
  const typing = event.target instanceof HTMLInputElement
  if (typing && event.key === 'Escape') list.links()[0]?.focus()
  if (typing && event.key === 'Enter') list.links()[1]?.click()
  if (typing) return
  const act = KEYS[event.key]
  if (act === undefined) return
  event.preventDefault()
  act(view, list)
}

const KEYS: Readonly<Record<string, (view: View, list: Rows) => void>> = {
  '/': (_, { input }) => {
    input.focus()
    input.select()
  },
  j: (_, list) => step(list, 1),
  k: (_, list) => step(list, -1),
  n: (view) => nextFailure(view),
  o: () => void (location.hash = ''),
  l: (view) => {
    view.lang = view.lang === 'zh' ? 'en' : 'zh'
    redraw(view)
  },
  t: (view) => {
    view.theme = THEMES[(THEMES.indexOf(view.theme) + 1) % THEMES.length] ?? 'system'
    redraw(view)
  },
}

/** Enter on a link opens it by itself. */
function step({ nav, links }: Rows, by: number): void {
  const all = links()
  const active = all.findIndex((link) => link === document.activeElement)
  const current = active >= 0 ? active : all.indexOf(nav.querySelector<HTMLElement>('[aria-current]') ?? nav)
  all[Math.min(Math.max(current + by, 0), all.length - 1)]?.focus()
}

function nextFailure(view: View): void {
  const failed = view.run.pages.filter((page) => outcomeOf(page) === 'failed' || outcomeOf(page) === 'defect')
  const at = failed.findIndex(({ id }) => id === view.page)
  const next: Page | undefined = failed[(at + 1) % Math.max(failed.length, 1)]
  if (next !== undefined) location.hash = linkTo(next.id)
}

/** On paper: the verdict, the overview and every failure in full; with a page open, that page. */
function printed(view: View): HTMLElement {
  const open = view.run.pages.filter(({ id }) => id === view.page)
  const failed = view.run.pages.filter((page) => faultsOf(page).length > 0 || outcomeOf(page) === 'defect')
  const unfold: View = { ...view, opened: new Set(), tabs: new Map() }
  const pages = (open.length > 0 ? open : failed).map((page) => {
    for (const { n } of open.length > 0 ? messagesOf(page) : []) unfold.opened.add(n)
    return pageView(unfold, page)
  })
  return el('div', { class: 'printed' }, banner(view), ...(open.length > 0 ? [] : [overview(view)]), ...pages)
}

unpack(document.querySelector('#packed')?.textContent ?? '').then(start, () => {
  const sorry = REPORT_WORDS['report.unreadable']
  document.body.append(el('p', {}, sorry.zh), el('p', { lang: 'en' }, sorry.en))
})
