// What is being looked at, and how: the one record that the parts of the report share. It lives in this window only.
import type { Verdict } from '../events.ts'
import type { Labels } from '../labels.ts'
import { type Page, type Run, SYMBOLS } from '../pages.ts'
import { fill, type Lang, REPORT_WORDS, type ReportKey, type Text } from '../words.ts'
import { el } from './dom.ts'
import type { Raw } from './unpack.ts'

export type Tab = 'raw' | 'parsed' | 'decrypted'
export type Theme = 'system' | 'light' | 'dark'

export type View = {
  readonly run: Run
  readonly labels: Labels
  readonly rawOf: (page: string, n: number) => Raw | undefined
  lang: Lang
  theme: Theme
  /** The open page; the overview when there is none. */
  page: string | undefined
  /** Messages of the open page that are unfolded, and the tab that each shows. */
  readonly opened: Set<number>
  readonly tabs: Map<number, Tab>
  text: string
  readonly verdicts: Set<Verdict>
  /** Draws everything again. */
  draw: () => void
}

export function say(view: View, key: ReportKey, values?: Readonly<Record<string, string | number>>): string {
  return fill(REPORT_WORDS[key][view.lang], values)
}

/** A sentence of the run's own, in the language of the reader. */
export const said = (view: View, text: Text): string => text[view.lang]

/** Symbol and word, so that colour is never alone. */
export function chip(view: View, verdict: Verdict): HTMLElement {
  return el(
    'span',
    { class: `chip ${classOf(verdict)}` },
    el('span', { class: 'mark', 'aria-hidden': 'true' }, SYMBOLS[verdict]),
    say(view, `verdict.${verdict}`),
  )
}

export const classOf = (verdict: Verdict): string => `v-${verdict.replace(' ', '-')}`

/** `#CPM-001`, `#CPM-001/3` for its third message. */
export const linkTo = (page: string, message?: number): string =>
  `#${encodeURIComponent(page)}${message === undefined ? '' : `/${message}`}`

export function partyName(view: View, page: Page, id: string): string {
  const party = page.start?.parties.find((one) => one.id === id)
  return party === undefined ? id : said(view, party.label)
}

export function copyButton(view: View, text: string): HTMLElement {
  const button = el(
    'button',
    {
      type: 'button',
      class: 'copy',
      click: () => {
        navigator.clipboard.writeText(text).then(
          () => void button.replaceChildren(say(view, 'view.copied')),
          () => getSelection()?.selectAllChildren(button.previousElementSibling ?? button),
        )
      },
    },
    say(view, 'view.copy'),
  )
  return button
}
