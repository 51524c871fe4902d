// One message, unfolded: how it fared, then its bytes, its fields and what was inside its sealed block.
import type { MessageEvent } from '../events.ts'
import { messagesOf, type Page } from '../pages.ts'
import { type HexLine, hexLines, type Stretch, stretchesOf, yuan } from './bytes.ts'
import { flagsOf } from './diagram.ts'
import { type Child, el } from './dom.ts'
import { fact, table } from './parts.ts'
import { linkTo, partyName, said, say, type Tab, type View } from './view.ts'

const TABS: readonly Tab[] = ['parsed', 'decrypted', 'raw']
/** More lines of hex than anybody reads would only slow the page down. */
const HEX_LINES_MAX = 512

export function messageList(view: View, page: Page): HTMLElement {
  return el('ol', { class: 'messages' }, ...messagesOf(page).map((message) => item(view, page, message)))
}

function item(view: View, page: Page, message: MessageEvent): HTMLElement {
  const { n } = message
  const open = view.opened.has(n)
  const panel = el('div', { class: 'panel', id: `panel-${n}`, hidden: !open })
  if (open) panel.append(unfolded(view, page, message))
  const button = el(
    'button',
    {
      type: 'button',
      'aria-expanded': String(open),
      'aria-controls': `panel-${n}`,
      click: () => {
        if (view.opened.has(n)) view.opened.delete(n)
        else view.opened.add(n)
        panel.hidden = !view.opened.has(n)
        button.setAttribute('aria-expanded', String(!panel.hidden))
        panel.replaceChildren(...(panel.hidden ? [] : [unfolded(view, page, message)]))
      },
    },
    ...row(view, page, message),
  )
  return el('li', { id: `m-${n}`, class: flagsOf(message).join(' ') }, button, panel)
}

function row(view: View, page: Page, message: MessageEvent): readonly Child[] {
  const size = view.rawOf(page.id, message.n)?.size
  const badge = (kind: string, text: string): Child => el('span', { class: `badge ${kind}` }, text)
  return [
    el('span', { class: 'n' }, `#${message.n}`),
    el('code', { class: 'type' }, message.type ?? message.path),
    el(
      'span',
      { class: 'way' },
      `${partyName(view, page, message.from)} → ${partyName(view, page, message.to)}`,
    ),
    el(
      'span',
      { class: 'badges' },
      message.class !== undefined && badge(message.class === 'OK' ? 'ok' : 'no', message.class),
      message.fate !== 'delivered' && badge('lost', `× ${say(view, `fate.${message.fate}`)}`),
      message.refused && badge('refused', `⊘ ${say(view, 'message.refused')} ${message.refused.class}`),
      message.forged && badge('forged', `◆ ${say(view, 'message.forged')}`),
      message.repeated === true && badge('repeated', `⟳ ${say(view, 'message.repeated')}`),
    ),
    el('span', { class: 'when' }, `${message.at.slice(11, 23)}`),
    el('span', { class: 'size' }, size === undefined ? '' : say(view, 'message.bytes', { n: size })),
  ]
}

function unfolded(view: View, page: Page, message: MessageEvent): HTMLElement {
  return el('div', { class: 'unfolded' }, facts(view, page, message), tabs(view, page, message))
}

function facts(view: View, page: Page, message: MessageEvent): HTMLElement {
  const { refused, forged, replyTo, type } = message
  const known = view.labels.types[(type ?? '').replace(/\.reply$/, '')]
  const answer = view.labels.classes[message.class ?? '']
  const house = known?.house === true && houseMark(view)
  return el(
    'dl',
    { class: 'facts' },
    fact(say(view, 'message.forged'), forged && said(view, forged)),
    fact(
      say(view, 'message.refused'),
      refused && [
        el('code', {}, refused.class),
        ` ${say(view, 'message.step')} `,
        el('code', {}, refused.step),
        ` · ${say(view, 'fault.field')} `,
        el('code', {}, refused.field),
        ` ${said(view, refused.rule)}`,
        refused.offset !== undefined && ` · ${offsetText(view, refused)}`,
      ],
    ),
    fact(
      say(view, 'verdict.of'),
      answer && [el('code', {}, `${message.class} (${answer.code})`), ` ${said(view, answer.label)}`],
    ),
    fact(say(view, 'message.path'), el('code', {}, message.path)),
    fact(say(view, 'message.form'), el('code', {}, message.contentType)),
    fact(say(view, 'message.number'), known && [el('code', {}, known.number), house]),
    fact(
      '',
      replyTo !== undefined &&
        el('a', { href: linkTo(page.id, replyTo) }, say(view, 'message.answers', { n: replyTo })),
    ),
  )
}

const houseMark = (view: View): Child => [
  ' ',
  el('abbr', { class: 'house', title: say(view, 'message.house.because') }, say(view, 'message.house')),
]

function offsetText(view: View, { step, offset }: NonNullable<MessageEvent['refused']>): string {
  return say(view, step === 'fields' ? 'fault.offset.domain' : 'fault.offset.message', { n: offset ?? 0 })
}

function tabs(view: View, page: Page, message: MessageEvent): HTMLElement {
  const { n } = message
  const body = el('div', { class: 'tab-body', role: 'tabpanel', id: `body-${n}`, tabindex: 0 })
  const buttons = TABS.map((tab) =>
    el(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${n}-${tab}`,
        'aria-controls': `body-${n}`,
        click: () => show(tab),
      },
      say(view, `tab.${tab}`),
    ),
  )
  const show = (tab: Tab, focus = false): void => {
    view.tabs.set(n, tab)
    for (const [index, button] of buttons.entries()) {
      const chosen = TABS[index] === tab
      button.setAttribute('aria-selected', String(chosen))
      button.tabIndex = chosen ? 0 : -1
      if (chosen && focus) button.focus()
    }
    body.setAttribute('aria-labelledby', `tab-${n}-${tab}`)
    body.replaceChildren(contentOf(tab, view, page, message))
  }
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const at = TABS.indexOf(view.tabs.get(n) ?? 'parsed')
    show(TABS[(at + step + TABS.length) % TABS.length] ?? 'parsed', true)
  }
  show(view.tabs.get(n) ?? 'parsed')
  return el(
    'div',
    { class: 'tabs' },
    el('div', { role: 'tablist', 'aria-label': `#${n}`, keydown: move }, ...buttons),
    body,
  )
}

function contentOf(tab: Tab, view: View, page: Page, message: MessageEvent): HTMLElement {
  if (tab === 'raw') return rawTab(view, page, message)
  return tab === 'parsed' ? parsedTab(view, message) : decryptedTab(view, message)
}

function parsedTab(view: View, message: MessageEvent): HTMLElement {
  const { head, fields, refused } = message
  if (head === undefined && fields === undefined) return el('p', { class: 'none' }, say(view, 'parsed.none'))
  const columns = (['name', 'meaning', 'wire', 'value'] as const).map((key) => say(view, `parsed.${key}`))
  const [name = '', meaning = '', , value = ''] = columns
  const names = Object.keys(fields ?? {})
  const heads = Object.entries(head ?? {})
  return el(
    'div',
    {},
    names.length > 0 && el('h5', {}, say(view, 'parsed.fields')),
    names.length > 0 &&
      table(
        columns,
        names.map((field) => fieldRow(view, field, fields?.[field])),
        {
          class: 'fields',
          'aria-label': say(view, 'parsed.fields'),
          marked: (index) => isAtFault(view, names[index] ?? '', refused?.field),
        },
      ),
    heads.length > 0 && el('h5', {}, say(view, 'parsed.head')),
    heads.length > 0 &&
      table(
        [name, meaning, value],
        heads.map(([key, text]) => [el('code', {}, key), headMeaning(view, key), el('code', {}, text)]),
        {
          class: 'fields',
          'aria-label': say(view, 'parsed.head'),
          marked: (index) => heads[index]?.[0] === refused?.field,
        },
      ),
  )
}

const isAtFault = (view: View, name: string, field: string | undefined): boolean =>
  field !== undefined && (field === name || field === view.labels.fields[name]?.wire)

function fieldRow(view: View, name: string, value: unknown): readonly Child[] {
  const known = view.labels.fields[name]
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1)
  const answer = name === 'answer' || name === 'origAnswer' ? classOfCode(view, text) : undefined
  return [
    el('code', {}, name),
    known && `${known.label.zh} · ${known.label.en}`,
    known && [el('code', {}, known.wire), known.house && houseMark(view)],
    [
      el('code', {}, text),
      known?.amount === true && el('span', { class: 'aside' }, `¥${yuan(text)}`),
      answer !== undefined && el('span', { class: 'aside' }, answer),
    ],
  ]
}

function classOfCode(view: View, code: string): string | undefined {
  const found = Object.entries(view.labels.classes).find(([, row]) => row.code === code)
  return found && `${found[0]} · ${said(view, found[1].label)}`
}

function headMeaning(view: View, key: string): string {
  const names = [
    'v',
    'profile',
    'suite',
    'order',
    'type',
    'path',
    'from',
    'to',
    'id',
    'ts',
    'nonce',
    'signcert',
    'enccert',
    'ref',
  ] as const
  const name = names.find((one) => one === key)
  return name === undefined ? '' : say(view, `head.${name}`)
}

function decryptedTab(view: View, { domain }: MessageEvent): HTMLElement {
  if (domain === undefined) return el('p', { class: 'none' }, say(view, 'decrypted.none'))
  return el(
    'div',
    {},
    el('p', { class: 'none' }, say(view, 'decrypted.note')),
    el('pre', { class: 'json', tabindex: 0 }, indented(domain)),
  )
}

function indented(domain: string): string {
  try {
    return JSON.stringify(JSON.parse(domain), null, 2)
  } catch {
    return domain
  }
}

function rawTab(view: View, page: Page, message: MessageEvent): HTMLElement {
  const raw = view.rawOf(page.id, message.n)
  if (raw?.bytes === undefined)
    return el('p', { class: 'none' }, say(view, 'raw.absent', { page: page.id, n: message.n }))
  const { bytes } = raw
  const at = message.refused?.step === 'fields' ? undefined : message.refused?.offset
  const framed = message.contentType.startsWith('application/vnd.sifang.')
  const stretches: readonly Stretch[] = framed
    ? stretchesOf(bytes)
    : [{ name: 'torn', prefix: 0, start: 0, end: bytes.length }]
  return el(
    'div',
    { class: 'raw' },
    at !== undefined && el('p', { class: 'none' }, `${say(view, 'raw.marks')}: ${at} (0x${at.toString(16)})`),
    ...stretches.map((stretch) => stretchOf(view, bytes, stretch, at, framed)),
  )
}

function stretchOf(
  view: View,
  bytes: Uint8Array,
  stretch: Stretch,
  at: number | undefined,
  framed: boolean,
): HTMLElement {
  const { name, prefix, start, end } = stretch
  const title = name === 'torn' ? (framed ? say(view, 'raw.torn') : '') : say(view, `part.${name}`)
  const span = `0x${hex(prefix)}–0x${hex(Math.max(end - 1, prefix))} · ${say(view, 'message.bytes', { n: end - start })}`
  const lengthBytes = hexLines(bytes, prefix, start)[0]?.hex.join(' ')
  const lines = hexLines(bytes, start, Math.min(end, start + HEX_LINES_MAX * 16))
  return el(
    'section',
    { class: `stretch s-${name}` },
    el(
      'h6',
      {},
      title,
      el('span', { class: 'aside' }, span),
      lengthBytes !== undefined &&
        el(
          'span',
          { class: 'aside' },
          `${say(view, 'part.length')} `,
          marked(bytes, prefix, lengthBytes, at),
        ),
    ),
    lines.length > 0 && el('pre', { tabindex: 0 }, ...lines.map((line) => hexRow(line, at))),
    end - start > HEX_LINES_MAX * 16 && el('p', { class: 'none' }, '…'),
  )
}

function marked(bytes: Uint8Array, prefix: number, text: string, at: number | undefined): Child {
  const inside = at !== undefined && at >= prefix && at < prefix + 4 && at < bytes.length
  return inside ? el('mark', {}, text) : el('code', {}, text)
}

function hexRow({ offset, hex: pairs, text }: HexLine, at: number | undefined): Child {
  const index = at === undefined ? -1 : at - offset
  const middle = pairs[index]
  const before = pairs.slice(0, Math.max(index, 0)).join(' ')
  const gap = ' '.repeat(Math.max(0, 16 * 3 - pairs.length * 3) + 2)
  const number = el('span', { class: 'offset' }, hex(offset), '  ')
  if (middle === undefined) return [number, pairs.join(' '), gap, el('span', { class: 'ascii' }, text), '\n']
  return [
    number,
    before === '' ? '' : `${before} `,
    el('mark', {}, middle),
    ` ${pairs.slice(index + 1).join(' ')}`.trimEnd(),
    gap,
    el(
      'span',
      { class: 'ascii' },
      text.slice(0, index),
      el('mark', {}, text.slice(index, index + 1)),
      text.slice(index + 1),
    ),
    '\n',
  ]
}

const hex = (offset: number): string => offset.toString(16).padStart(4, '0')
