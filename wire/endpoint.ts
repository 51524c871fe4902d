// A party as others reach it: messages in, sealed answers out, and the work it still has to do.
// What holds at its door is written once, for a message handed over in process and for one on a socket.
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Sealed } from './envelope.ts'
import { framingOf } from './frames.ts'
import type { Profile } from './profile.ts'
import type { Turned } from './reply.ts'

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

/** A message as it arrives, whatever brought it. Header names are asked for in small letters. */
export type Arrived = {
  readonly method: string
  readonly path: string
  header(name: string): string | undefined
  /** What was posted; undefined where it is longer than `most`, of which no more is read than shows it. */
  body(most: number): Uint8Array | undefined | Promise<Uint8Array | undefined>
}
export type DoorAnswer =
  | Sealed
  | {
      readonly status: 400 | 405 | 413 | 415
      readonly refusal: object
      readonly headers?: Readonly<Record<string, string>>
    }
/** Undefined where the path is nothing of this door's. */
export type MessageDoor = (arrived: Arrived) => Promise<DoorAnswer> | undefined

/** POST at the paths of the profile's frame: what holds for a message before the party itself looks at it (SEC-018). */
export function messageDoor(
  receive: Endpoint['receive'],
  profile: Pick<Profile, 'id' | 'frame' | 'values'>,
): MessageDoor {
  const framing = framingOf(profile)
  const { bodyBytesMax } = profile.values
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
  // The rest of a refused body is not read, so nothing more can come on that connection.
  const unread = { connection: 'close' }
  const hear = async ({ method, path, header, body }: Arrived): Promise<DoorAnswer> => {
    if (method !== 'POST') return { status: 405, refusal: otherMethod, headers: { allow: 'POST' } }
    if ((header('content-encoding') ?? 'identity') !== 'identity')
      return { status: 415, refusal: packed, headers: unread }
    const bytes = await body(bodyBytesMax)
    if (bytes === undefined) return { status: 413, refusal: tooLong, headers: unread }
    const contentType = header('content-type') ?? ''
    if (framing.headers.length === 0) return receive({ path, contentType, bytes })
    const headers: Record<string, string> = {}
    for (const name of framing.headers) {
      const value = header(name.toLowerCase())
      if (value !== undefined) headers[name] = value
    }
    return receive({ path, contentType, bytes, headers })
  }
  return (arrived) => (framing.isPath(arrived.path) ? hear(arrived) : undefined)
}

/** The same over HTTP. A body over the limit is refused while it is still being read. */
export function wireRoutes(
  receive: Endpoint['receive'],
  profile: Pick<Profile, 'id' | 'frame' | 'values'>,
): Hono {
  const app = new Hono()
  const door = messageDoor(receive, profile)
  app.use(async (c, next) => {
    const { req } = c
    const heard = door({
      method: req.method,
      path: req.path,
      header: (name) => req.header(name),
      body: (most) => boundedBody(req.raw, most),
    })
    if (heard === undefined) return next()
    const answer = await heard
    if ('refusal' in answer) return c.json(answer.refusal, answer.status, answer.headers)
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
