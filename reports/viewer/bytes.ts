// Bytes as people read them: the six parts of a sifang/1 message (DESIGN 4: each behind a four-byte length), hex with
// offsets, and amounts in yuan. It knows where parts end, never what they mean.

export type PartName = 'head' | 'wrap' | 'iv' | 'cipher' | 'tag' | 'sign'
const PART_NAMES: readonly PartName[] = ['head', 'wrap', 'iv', 'cipher', 'tag', 'sign']

/** A stretch of a message. `prefix` is where its four-byte length stands, `start` its first byte. */
export type Stretch = {
  readonly name: PartName | 'torn'
  readonly prefix: number
  readonly start: number
  readonly end: number
}

/** The parts of a message; whatever does not fit any more is `torn`. */
export function stretchesOf(bytes: Uint8Array): readonly Stretch[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const stretches: Stretch[] = []
  let at = 0
  for (const name of PART_NAMES) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at) : Number.POSITIVE_INFINITY
    if (end > bytes.length) break
    stretches.push({ name, prefix: at, start: at + 4, end })
    at = end
  }
  if (at < bytes.length) stretches.push({ name: 'torn', prefix: at, start: at, end: bytes.length })
  return stretches
}

export type HexLine = { readonly offset: number; readonly hex: readonly string[]; readonly text: string }
const LINE_BYTES = 16

export function hexLines(bytes: Uint8Array, start: number, end: number): readonly HexLine[] {
  const lines: HexLine[] = []
  for (let at = start; at < end; at += LINE_BYTES) {
    const line = [...bytes.subarray(at, Math.min(at + LINE_BYTES, end))]
    lines.push({
      offset: at,
      hex: line.map((byte) => byte.toString(16).padStart(2, '0')),
      text: line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    })
  }
  return lines
}

/** "1000" → "10.00"; anything but whole minor units stays as it is. */
export function yuan(fen: string): string {
  const match = /^(-?)(\d+)$/.exec(fen)
  if (match === null) return fen
  const digits = (match[2] ?? '').padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/^0+(?=\d)/, '')
  return `${match[1]}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${digits.slice(-2)}`
}

/** after − before in minor units, with its sign; empty when either is no amount or nothing moved. */
export function difference(before: string, after: string): string {
  if (!/^-?\d+$/.test(before) || !/^-?\d+$/.test(after)) return ''
  const moved = BigInt(after) - BigInt(before)
  return moved === 0n ? '' : `${moved > 0n ? '+' : '−'}${yuan(String(moved > 0n ? moved : -moved))}`
}

/** Where two texts begin and cease to differ: common start, both middles, common end. */
export function apart(
  one: string,
  other: string,
): { start: string; middles: readonly [string, string]; end: string } {
  const a = [...one]
  const b = [...other]
  const most = Math.min(a.length, b.length)
  let start = 0
  while (start < most && a[start] === b[start]) start += 1
  let end = 0
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  return {
    start: a.slice(0, start).join(''),
    middles: [a.slice(start, a.length - end).join(''), b.slice(start, b.length - end).join('')],
    end: a.slice(a.length - end).join(''),
  }
}

/** Since the first message: 61004 → "+61.004", in seconds. */
export function elapsedText(ms: number): string {
  return ms < 0 || ms >= 3_600_000 ? gapText(ms) : `+${(ms / 1000).toFixed(3)}`
}

/** 61000 → "+61 s"; 90500 → "+90.5 s"; from an hour on "+23 h 5 min". */
export function gapText(ms: number): string {
  if (ms < 1000) return `+${ms} ms`
  if (ms < 600_000) return `+${Number((ms / 1000).toFixed(1))} s`
  const minutes = Math.round(ms / 60_000)
  if (minutes < 60) return `+${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48
    ? `+${hours} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
    : `+${Math.floor(hours / 24)} d${hours % 24 === 0 ? '' : ` ${hours % 24} h`}`
}
