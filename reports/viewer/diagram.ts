// A page as a sequence diagram: a lane for each party, a numbered arrow for each message, notes for what the stage
// did. Shape says what colour says: × is lost, dashes are refused, a diamond is forged, an open head is a reply.
import type { MessageEvent, PageEvent } from '../events.ts'
import { expectationsOf, messagesOf, type Page } from '../pages.ts'
import { elapsedText, gapText } from './bytes.ts'
import { svg } from './dom.ts'
import { linkTo, partyName, said, say, type View } from './view.ts'

const LEFT = 96 // elapsed time stands here
const LANE_HALF = 84
const HEAD_HEIGHT = 62
const ARROW_HEIGHT = 40
const NOTE_HEIGHT = 27
const GAP_HEIGHT = 40
/** A pause that nobody announced is drawn as well. */
const WAIT_SHOWN_MS = 1000
const CHARACTER = 7.1 // of the monospaced labels, 12 px

type Sketch = {
  readonly view: View
  readonly page: Page
  /** Where each lane stands. */
  readonly x: ReadonlyMap<string, number>
  readonly right: number
  /** Messages that a broken expectation points at. */
  readonly blamed: ReadonlySet<number>
  readonly subject: string | undefined
  /** Messages at whose instant nothing came before. */
  readonly timed: ReadonlySet<number>
  readonly first: number
}

export function diagram(view: View, page: Page): SVGElement {
  const lanes = lanesOf(page)
  const messages = messagesOf(page)
  const step = lanes.length > 4 ? 190 : lanes.length > 3 ? 225 : lanes.length > 2 ? 264 : 340
  const right = LEFT + step * Math.max(lanes.length - 1, 1) + LANE_HALF
  const broken = expectationsOf(page).filter(({ result }) => result === 'broken')
  const sketch: Sketch = {
    view,
    page,
    x: new Map(lanes.map((id, index) => [id, LEFT + LANE_HALF + step * index])),
    right: right + LANE_HALF + 4,
    blamed: new Set(broken.flatMap(({ evidence }) => evidence)),
    subject: page.start?.parties.find(({ subject }) => subject)?.id,
    timed: new Set(messages.filter(({ at }, index) => at !== messages[index - 1]?.at).map(({ n }) => n)),
    first: instantOf(messages[0]?.at),
  }
  const { height, drawn } = rowsOf(sketch)
  const names = lanes.map((id) => partyName(view, page, id)).join(', ')
  return svg(
    'svg',
    {
      class: 'sequence',
      width: sketch.right,
      height,
      viewBox: `0 0 ${sketch.right} ${height}`,
      role: 'group',
      'aria-label': say(view, 'diagram.label', { lanes: names, n: messages.length }),
    },
    ...lanes.map((id) => lane(sketch, id, height)),
    ...drawn,
  )
}

function lanesOf(page: Page): readonly string[] {
  const lanes = new Set((page.start?.parties ?? []).map(({ id }) => id))
  const used = new Set(messagesOf(page).flatMap(({ from, to }) => [from, to]))
  const subjects = (page.start?.parties ?? []).filter(({ subject }) => subject).map(({ id }) => id)
  for (const id of [...subjects, ...used]) lanes.add(id)
  // Parties that only stand by would push the others off the screen.
  return [...lanes].filter((id) => used.has(id) || subjects.includes(id) || lanes.size <= 3)
}

function lane(sketch: Sketch, id: string, height: number): SVGElement {
  const x = sketch.x.get(id) ?? 0
  const subject = id === sketch.subject
  // The lane's own mark says that it is the subject.
  const full = partyName(sketch.view, sketch.page, id)
  const name = subject ? full.replace(/\s*[（(][^（()）]*[)）]$/, '') : full
  return svg(
    'g',
    { class: subject ? 'lane subject' : 'lane' },
    svg('line', { x1: x, x2: x, y1: HEAD_HEIGHT - 12, y2: height - 4 }),
    svg('rect', { x: x - LANE_HALF, y: 4, width: 2 * LANE_HALF, height: 44, rx: 6 }),
    svg('text', { x, y: 22, 'text-anchor': 'middle', class: 'name' }, clip(name, 22)),
    svg(
      'text',
      { x, y: 39, 'text-anchor': 'middle', class: 'id' },
      subject && id !== name ? `${id} · ${say(sketch.view, 'diagram.subject')}` : id === name ? '' : id,
    ),
  )
}

function rowsOf(sketch: Sketch): { readonly height: number; readonly drawn: readonly SVGElement[] } {
  const drawn: SVGElement[] = []
  let y = HEAD_HEIGHT
  let before = sketch.page.start === undefined ? undefined : instantOf(sketch.page.start.at)
  for (const event of sketch.page.events) {
    const waited = event.event === 'message' && before !== undefined ? instantOf(event.at) - before : 0
    if (waited >= WAIT_SHOWN_MS) {
      drawn.push(timeGap(sketch, y, gapText(waited), ''))
      y += GAP_HEIGHT
    }
    const row = rowOf(event, sketch, y, before)
    if (row !== undefined) {
      drawn.push(row.drawn)
      y += row.height
    }
    if (event.event === 'message') before = instantOf(event.at)
    if (event.event === 'time') before = instantOf(event.to)
  }
  return { height: y + 14, drawn }
}

type Row = { readonly height: number; readonly drawn: SVGElement }

function rowOf(event: PageEvent, sketch: Sketch, y: number, before: number | undefined): Row | undefined {
  const { view, subject } = sketch
  switch (event.event) {
    case 'message':
      return { height: ARROW_HEIGHT, drawn: arrow(event, sketch, y) }
    case 'control': {
      const words = `${event.method} ${shortPath(event.path)}`
      return { height: NOTE_HEIGHT, drawn: note(sketch, subject, y, clip(words, 40), String(event.status)) }
    }
    case 'restart':
      return {
        height: NOTE_HEIGHT,
        drawn: note(sketch, partyOf(sketch.page, event.party), y, `↻ ${say(view, 'diagram.restart')}`, ''),
      }
    case 'time': {
      const gap = instantOf(event.to) - (before ?? instantOf(event.at))
      const moved = gap > 0 ? gapText(gap) : say(view, 'diagram.clock', { to: event.to.slice(11, 19) })
      return { height: GAP_HEIGHT, drawn: timeGap(sketch, y, moved, said(view, event.because)) }
    }
    case 'expectation':
    case 'invariant':
    case 'diagnosis':
    case 'ledger':
      return undefined
  }
}

/** A restart may name a party by its role. */
function partyOf(page: Page, name: string): string {
  const parties = page.start?.parties ?? []
  return (parties.find(({ id }) => id === name) ?? parties.find(({ role }) => role === name))?.id ?? name
}

/** Ids inside a path say less than what is done with them. */
function shortPath(path: string): string {
  const segments = (path.split('?')[0] ?? path).split('/')
  return segments.map((part, index) => (index < segments.length - 1 ? clip(part, 9) : part)).join('/')
}

function timeGap({ right, x }: Sketch, y: number, moved: string, because: string): SVGElement {
  const middle = y + GAP_HEIGHT / 2 - 2
  const left = Math.min(...x.values()) - LANE_HALF
  return svg(
    'g',
    { class: 'gap' },
    svg('rect', { x: left, y: middle - 13, width: right - left - 6, height: 26, rx: 13 }),
    // A clock, drawn: not every machine has the character.
    svg('circle', { cx: left + 19, cy: middle, r: 6.5 }),
    svg('path', { d: `M${left + 19} ${middle - 4} v4 l3 2 M${left + 17} ${middle - 9} h4` }),
    svg('text', { x: left + 32, y: middle + 4 }, svg('tspan', { class: 'moved' }, moved), ` ${because}`),
  )
}

function note(
  { x, right }: Sketch,
  party: string | undefined,
  y: number,
  words: string,
  status: string,
): SVGElement {
  const width = (words.length + status.length + 1) * 6.7 + 22
  const centre = x.get(party ?? '') ?? [...x.values()].at(-1) ?? LEFT
  const left = Math.min(Math.max(centre - width / 2, 4), right - width - 4)
  return svg(
    'g',
    { class: 'note' },
    svg('path', {
      d: `M${left} ${y} h${width - 7} l7 7 v14 h${-width} z M${left + width - 7} ${y} v7 h7`,
    }),
    svg(
      'text',
      { x: left + 9, y: y + 14.5 },
      words,
      status !== '' && svg('tspan', { class: /^[23]/.test(status) ? 'good' : 'bad', dx: 6 }, status),
    ),
  )
}

function arrow(message: MessageEvent, sketch: Sketch, y: number): SVGElement {
  const { view, page, x, blamed, first } = sketch
  const line = y + 25
  const from = x.get(message.from) ?? LEFT
  const to = x.get(message.to) ?? LEFT
  const way = to >= from ? 1 : -1
  const classes = ['arrow', ...flagsOf(message), ...(blamed.has(message.n) ? ['blamed'] : [])]
  const elapsed = instantOf(message.at) - first
  return svg(
    'a',
    { class: classes.join(' '), href: linkTo(page.id, message.n), 'aria-label': nameOf(message, view, page) },
    svg('rect', { class: 'hit', x: 0, y, width: sketch.right, height: ARROW_HEIGHT }),
    svg(
      'text',
      { class: 'elapsed', x: LEFT - 24, y: line + 4, 'text-anchor': 'end' },
      sketch.timed.has(message.n) && elapsedText(elapsed),
    ),
    ...shaft(message, from, to, line, way),
    svg('circle', { cx: from, cy: line, r: 9.5 }),
    svg('text', { class: 'n', x: from, y: line + 3.8, 'text-anchor': 'middle' }, message.n),
    label(message, sketch, (from + to) / 2, line - 7, Math.abs(to - from)),
    ...(message.refused
      ? [
          svg(
            'text',
            { class: 'why', x: (from + to) / 2, y: line + 13, 'text-anchor': 'middle' },
            `⊘ ${message.refused.class}`,
          ),
        ]
      : []),
  )
}

function shaft(
  message: MessageEvent,
  from: number,
  to: number,
  y: number,
  way: number,
): readonly SVGElement[] {
  if (from === to)
    return [
      svg('path', { class: 'shaft', d: `M${from} ${y - 6} h34 v12 h-22`, fill: 'none' }),
      head(from + 12, y + 6, -1, false),
    ]
  const lost = message.fate === 'lost'
  const end = lost ? from + (to - from) * 0.74 : to - way * 2
  const middle = from + (to - from) * 0.2
  return [
    svg('line', { class: 'shaft', x1: from + way * 10, x2: end, y1: y, y2: y }),
    lost
      ? svg('path', { class: 'cross', d: `M${end - 6} ${y - 6} l12 12 M${end + 6} ${y - 6} l-12 12` })
      : head(end, y, way, message.replyTo !== undefined),
    ...(message.forged
      ? [svg('path', { class: 'diamond', d: `M${middle} ${y - 7} l7 7 l-7 7 l-7 -7 z` })]
      : []),
  ]
}

function head(x: number, y: number, way: number, open: boolean): SVGElement {
  const d = `M${x - way * 9} ${y - 5} L${x} ${y} L${x - way * 9} ${y + 5}`
  return svg('path', { class: open ? 'head open' : 'head', d: open ? d : `${d} z` })
}

function label(message: MessageEvent, { view }: Sketch, x: number, y: number, room: number): SVGElement {
  const type = message.type ?? message.path.split('/').at(-1) ?? '?'
  const answer = message.class === undefined ? '' : ` · ${message.class}`
  const fate = message.fate === 'delivered' ? '' : ` · ${say(view, `fate.${message.fate}`)}`
  const repeated = message.repeated === true ? ` · ${say(view, 'message.repeated')}` : ''
  const words = clip(`${type}${answer}${repeated}${fate}`, Math.max(12, Math.floor((room - 30) / CHARACTER)))
  return svg('text', { class: 'label', x, y, 'text-anchor': 'middle' }, words)
}

export function flagsOf({ fate, forged, refused, replyTo }: MessageEvent): readonly string[] {
  return [
    fate,
    ...(forged ? ['forged'] : []),
    ...(refused ? ['refused'] : []),
    ...(replyTo === undefined ? [] : ['reply']),
  ]
}

function nameOf(message: MessageEvent, view: View, page: Page): string {
  const name = say(view, 'diagram.arrow', {
    n: message.n,
    type: message.type ?? message.path,
    from: partyName(view, page, message.from),
    to: partyName(view, page, message.to),
    fate: say(view, `fate.${message.fate}`),
  })
  return [
    name,
    message.class,
    message.refused && `${say(view, 'message.refused')} ${message.refused.class}`,
    message.forged && `${say(view, 'message.forged')}: ${said(view, message.forged)}`,
  ]
    .filter((words) => words !== undefined)
    .join('; ')
}

const instantOf = (at: string | undefined): number => {
  const instant = Date.parse(at ?? '')
  return Number.isNaN(instant) ? 0 : instant
}

function clip(text: string, most: number): string {
  let width = 0
  for (const [index, character] of [...text].entries()) {
    width += character > '\u2e7f' ? 1.7 : 1
    if (width > most) return `${[...text].slice(0, index - 1).join('')}…`
  }
  return text
}
