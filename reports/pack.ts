// The events of a run as one deflated block inside the report, raw bytes right behind the page that they belong to:
// a head's text and its bytes then lie close together, and only what is random costs anything.
//   block = part…    part = u32be(length of the text) ‖ JSON text ‖ raw bytes      (viewer/unpack.ts reads it)
// Where not all raw bytes fit, those of the pages that matter least stay out; events.ndjson always has them.
import { deflateSync } from 'node:zlib'
import type { PageEnd, PageEvent, PageStart, RunEnd, RunEvent, RunStart } from './events.ts'
import type { Labels } from './labels.ts'
import { maskedEvent } from './mask.ts'
import { type Page, VERDICTS } from './pages.ts'

/** First part: the run. */
export type PackedRun = { readonly start?: RunStart; readonly end?: RunEnd; readonly labels: Labels }
/** Every further part: a page, its messages without their raw bytes. */
export type PackedPage = {
  readonly events: readonly (PageStart | PageEvent | PageEnd)[]
  /** Length of each message's raw bytes, in the order of the messages. */
  readonly sizes: readonly number[]
  /** Whether the bytes follow. */
  readonly kept: boolean
}

/** Above this a report gets one percent smaller and takes twice the time. */
const LEVEL = 6

type Part = {
  /** A packed page without its last word. */
  readonly json: string
  readonly raw: readonly Uint8Array[]
  readonly bytes: number
}

/** Base64 of the block, at most `charactersMax` long as long as leaving out raw bytes can achieve that. */
export function pack(
  events: readonly RunEvent[],
  pages: readonly Page[],
  labels: Labels,
  charactersMax: number,
): string {
  const start = events.find((event) => event.event === 'run.start')
  const end = events.find((event) => event.event === 'run.end')
  const run: PackedRun = { ...(start && { start }), ...(end && { end }), labels }
  const head = part(JSON.stringify(run), [])
  const parts = partsOf(events)
  const order = byImportance(pages).filter((id) => parts.has(id))
  const packed = (kept: number): string => {
    const keep = new Set(order.slice(0, kept))
    const block = [
      head,
      ...[...parts].map(([id, { json, raw }]) =>
        part(`${json.slice(0, -1)},"kept":${keep.has(id)}}`, keep.has(id) ? raw : []),
      ),
    ]
    return deflateSync(Buffer.concat(block), { level: LEVEL }).toString('base64')
  }
  return fitting(
    packed,
    order.map((id) => parts.get(id)?.bytes ?? 0),
    charactersMax,
  )
}

/** Raw bytes hardly shrink: their share of the room is known after packing none, and a few steps then make it fit. */
function fitting(packed: (kept: number) => string, bytes: readonly number[], charactersMax: number): string {
  const total = bytes.reduce((sum, size) => sum + size, 0)
  const roomy = total * CHARACTERS_PER_BYTE < charactersMax
  const whole = roomy ? packed(bytes.length) : undefined
  if (whole !== undefined && whole.length <= charactersMax) return whole
  const none = packed(0)
  let share = 1
  for (let tries = 0; tries < 8; tries += 1) {
    const room = ((charactersMax - none.length) / CHARACTERS_PER_BYTE) * share
    let kept = 0
    let used = 0
    while (kept < bytes.length && used + (bytes[kept] ?? 0) <= room) used += bytes[kept++] ?? 0
    if (kept === 0) return none
    const text = packed(kept)
    if (text.length <= charactersMax) return text
    share -= 0.06
  }
  return none
}

/** What a raw byte takes in the block: base64 of what deflate leaves of it, a head's text being known already. */
const CHARACTERS_PER_BYTE = 0.8

function partsOf(events: readonly RunEvent[]): ReadonlyMap<string, Part> {
  const parts = new Map<string, { events: (PageStart | PageEvent | PageEnd)[]; raw: Uint8Array[] }>()
  for (const event of events) {
    if (event.event === 'run.start' || event.event === 'run.end') continue
    const part = parts.get(event.page) ?? { events: [], raw: [] }
    parts.set(event.page, part)
    if (event.event === 'message') {
      part.raw.push(Buffer.from(event.raw, 'base64'))
      part.events.push({ ...event, raw: '' })
    } else part.events.push(maskedEvent(event) as typeof event)
  }
  return new Map(
    [...parts].map(([id, { events: own, raw }]) => {
      const sizes = raw.map(({ length }) => length)
      const json = JSON.stringify({ events: own, sizes } satisfies Omit<PackedPage, 'kept'>)
      return [id, { json, raw, bytes: sizes.reduce((sum, size) => sum + size, 0) }]
    }),
  )
}

/** Failures first: a reader wants their bytes. */
function byImportance(pages: readonly Page[]): readonly string[] {
  return VERDICTS.flatMap((verdict) => pages.filter((page) => page.verdict === verdict)).map(({ id }) => id)
}

function part(json: string, raw: readonly Uint8Array[]): Buffer {
  const text = Buffer.from(json)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text, ...raw])
}
