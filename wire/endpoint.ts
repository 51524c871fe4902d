// A party as others reach it: messages in, sealed answers out, and the work it still has to do.
// The same endpoint is called in process on the stage and through this Hono app on a socket.
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Sealed } from './envelope.ts'
import { framingOf } from './frames.ts'
import type { Profile } from './profile.ts'
import { isTurned, type Turned } from './reply.ts'

type Instant = number

export type Endpoint = {
  readonly me: string
  receive(sealed: Sealed): Promise<Sealed | Turned>
  /** Does the jobs that are due, and says how many there were. */
  work(): Promise<number>
  nextDue(): Promise<Instant | undefined>
  /** Things begun and not ended: requests being answered, follow-ups of answered ones. */
  inFlight(): number
}

/** Counts what a party has begun and not ended, requests and the follow-ups they leave behind. */
export type InFlight = { track<T>(work: Promise<T>): Promise<T>; count(): number }

export function inFlight(): InFlight {
  let count = 0
  return {
    count: () => count,
    track: async (work) => {
      count += 1
      try {
        return await work
      } finally {
        count -= 1
      }
    },
  }
}

/** POST at the paths of the profile's frame. A body over the limit is refused while it is still being read (SEC-018). */
export function wireRoutes(
  receive: Endpoint['receive'],
  profile: Pick<Profile, 'id' | 'frame' | 'values'>,
): Hono {
  const app = new Hono()
  const framing = framingOf(profile)
  const { bodyBytesMax } = profile.values
  // The rest of a refused body is not read, so nothing more can come on that connection.
  const tooLong = plainly(
    'REJ-SIZE',
    '(message)',
    `最多 ${bodyBytesMax} 字节`,
    `may hold at most ${bodyBytesMax} bytes`,
  )
  const packed = plainly(
    'REJ-TYPE',
    'content-encoding',
    '不接受压缩的报文',
    'compressed bodies are not taken',
  )
  const otherMethod = plainly('REJ-TYPE', 'method', '只接受 POST', 'only POST is taken here')
  app.use(async (c, next) => {
    if (!framing.isPath(c.req.path)) return next()
    if (c.req.method !== 'POST') return c.json(otherMethod, 405, { allow: 'POST' })
    if ((c.req.header('content-encoding') ?? 'identity') !== 'identity')
      return c.json(packed, 415, { connection: 'close' })
    const bytes = await boundedBody(c.req.raw, bodyBytesMax)
    if (bytes === undefined) return c.json(tooLong, 413, { connection: 'close' })
    const headers = Object.fromEntries(
      framing.headers.flatMap((name) => {
        const value = c.req.header(name)
        return value === undefined ? [] : [[name, value]]
      }),
    )
    const contentType = c.req.header('content-type') ?? ''
    const sealed = { path: c.req.path, contentType, bytes, ...(framing.headers.length > 0 && { headers }) }
    const answer = await receive(sealed)
    if (isTurned(answer)) return c.json(answer.refusal, answer.status)
    return c.body(new Uint8Array(answer.bytes), 200, {
      ...answer.headers,
      'content-type': answer.contentType,
    })
  })
  return app
}

const plainly = (kind: string, field: string, zh: string, en: string) => ({ class: kind, field, zh, en })

/** How long a body says it is, and so is: HTTP ends it there. Undefined where it comes in pieces. */
function toldLength(headers: Headers): number | undefined {
  const length = headers.get('content-length')
  return length === null || headers.has('transfer-encoding') ? undefined : Number(length)
}

/** Refuses a longer body. Only one that comes in pieces must be read to know; touching it is what costs. */
export function bodiesUpTo(bytesMax: number, tooLong: (c: Context) => Response): MiddlewareHandler {
  const counted = bodyLimit({ maxSize: bytesMax, onError: tooLong })
  return async (c, next) => {
    const { headers } = c.req.raw
    const told = toldLength(headers)
    if (told !== undefined) return told > bytesMax ? tooLong(c) : next()
    if (c.req.method === 'GET') return next()
    return counted(c, next)
  }
}

async function boundedBody(request: Request, bytesMax: number): Promise<Uint8Array | undefined> {
  const told = toldLength(request.headers)
  if (told !== undefined) {
    if (told > bytesMax) return undefined
    const whole = new Uint8Array(await request.arrayBuffer())
    return whole.length > bytesMax ? undefined : whole
  }
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body) {
    length += chunk.length
    if (length > bytesMax) return undefined
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}
