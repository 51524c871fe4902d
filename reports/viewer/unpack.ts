// Reads the block that pack.ts wrote: the run, its pages, and the raw bytes of their messages.
import type { RunEvent } from '../events.ts'
import type { Labels } from '../labels.ts'
import type { PackedPage, PackedRun } from '../pack.ts'

export type Raw = { readonly size: number; readonly bytes?: Uint8Array }
export type Unpacked = {
  readonly events: readonly RunEvent[]
  readonly labels: Labels
  /** The bytes of a message as they travelled. */
  rawOf(page: string, n: number): Raw | undefined
}

export async function unpack(base64: string): Promise<Unpacked> {
  const block = await inflate(base64)
  const read = partsIn(block)
  const run = read.text() as PackedRun
  const raws = new Map<string, Raw>()
  const events: RunEvent[] = run.start ? [run.start] : []
  while (read.more()) {
    const { events: own, sizes, kept } = read.text() as PackedPage
    const messages = own.filter((event) => event.event === 'message')
    for (const [index, { page, n }] of messages.entries()) {
      const size = sizes[index] ?? 0
      raws.set(`${page}\n${n}`, kept ? { size, bytes: read.raw(size) } : { size })
    }
    events.push(...own)
  }
  if (run.end) events.push(run.end)
  return { events, labels: run.labels, rawOf: (page, n) => raws.get(`${page}\n${n}`) }
}

async function inflate(base64: string): Promise<Uint8Array> {
  const binary = atob(base64)
  const packed = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) packed[at] = binary.charCodeAt(at)
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

function partsIn(block: Uint8Array): { more(): boolean; text(): unknown; raw(size: number): Uint8Array } {
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  let at = 0
  const take = (size: number): Uint8Array => {
    at += size
    return block.subarray(at - size, at)
  }
  return {
    more: () => at < block.length,
    text: () => {
      const length = view.getUint32(at)
      at += 4
      return JSON.parse(new TextDecoder().decode(take(length))) as unknown
    },
    raw: take,
  }
}
