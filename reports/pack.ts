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

type Part = {
  readonly page: Omit<PackedPage, 'kept'>
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
  const parts = partsOf(events)
  const order = byImportance(pages).filter((id) => parts.has(id))
  const packed = (kept: number): string => {
    const keep = new Set(order.slice(0, kept))
    const block = [
      part(run, []),
      ...[...parts].map(([id, { page, raw }]) =>
        part({ ...page, kept: keep.has(id) }, keep.has(id) ? raw : []),
      ),
    ]
    return deflateSync(Buffer.concat(block), { level: 9 }).toString('base64')
  }
  const whole = packed(order.length)
  if (whole.length <= charactersMax) return whole
  return fitting(
    packed,
    order.map((id) => parts.get(id)?.bytes ?? 0),
    charactersMax,
    whole.length,
  )
}

/** Raw bytes hardly shrink, so their share is known after packing none and all; a few steps then make it fit. */
function fitting(
  packed: (kept: number) => string,
  bytes: readonly number[],
  charactersMax: number,
  whole: number,
): string {
  const none = packed(0)
  const total = bytes.reduce((sum, size) => sum + size, 0)
  const perByte = (whole - none.length) / Math.max(total, 1)
  let share = 1
  for (let tries = 0; tries < 8; tries += 1) {
    const room = ((charactersMax - none.length) / perByte) * share
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
      return [id, { page: { events: own, sizes }, raw, bytes: sizes.reduce((sum, size) => sum + size, 0) }]
    }),
  )
}

/** Failures first: a reader wants their bytes. */
function byImportance(pages: readonly Page[]): readonly string[] {
  return VERDICTS.flatMap((verdict) => pages.filter((page) => page.verdict === verdict)).map(({ id }) => id)
}

function part(json: PackedRun | PackedPage, raw: readonly Uint8Array[]): Buffer {
  const text = Buffer.from(JSON.stringify(json))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text, ...raw])
}
