// The party being judged, as the stage reaches it: messages to its edge, its wallet and control APIs, its clock.
// In process, over HTTP or spawned, a subject is the same to a page.
import type { MessageDoor, Sealed, Turned } from '../wire/wire.ts'

/** What a subject can do for an examiner. A page that needs what is not declared is not shown, never passed. */
export const FEATURES = [
  'control',
  'ledger-export',
  'clock',
  'restart',
  'wallet',
  // What a wallet does beyond a payment by code, each by itself.
  'void',
  'password',
  'sign-up',
  'orders',
  'marketing',
  'cards',
  'branches',
  'limits',
  'till',
  'outage',
] as const
export type Feature = (typeof FEATURES)[number]

/** Who is judged. A page judges the one that its cast is built around. */
export const ROLES = ['account-institution', 'acquirer'] as const
export type Role = (typeof ROLES)[number]
/** What our own parties offer, by role. */
export const OFFERED: Readonly<Record<Role, readonly Feature[]>> = {
  'account-institution': FEATURES.filter((feature) => feature !== 'till' && feature !== 'outage'),
  acquirer: ['control', 'clock', 'restart', 'till', 'outage'],
}
export const roleOf = ({ cast }: { readonly cast: string }): Role =>
  cast === 'till' ? 'acquirer' : 'account-institution'

export type ApiReply = { readonly status: number; readonly body: unknown }

export type Subject = {
  readonly name: string
  readonly kind: 'in-process' | 'http' | 'spawn'
  readonly url?: string
  readonly features: ReadonlySet<Feature>
  /** Posts a message to the subject; `encoding` sets a Content-Encoding header, for pages that try one. */
  post(sealed: Sealed, encoding?: string): Promise<Sealed | Turned | 'no_reply'>
  api(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<ApiReply>
}

/** As much of a request, and of the answer to it, as is needed here; `fetch` itself will do. */
export type Asked = {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}
type Answered = Pick<Response, 'status' | 'text' | 'arrayBuffer'> & {
  readonly headers: Pick<Headers, 'get'>
}
type Fetch = (path: string, asked: Asked) => Promise<Answered>

/** A subject behind anything that answers requests: a Hono app in this process, or an address. Where its message door
 *  stands in this process, messages are handed in there. */
export function subjectOver(
  fetch: Fetch,
  about: Pick<Subject, 'name' | 'kind' | 'features'> & { url?: string },
  door?: MessageDoor,
): Subject {
  return {
    ...about,
    post: async (sealed, encoding) => {
      const handed = door === undefined ? undefined : handIn(door, sealed, encoding)
      if (handed !== undefined) return handed
      const headers = {
        ...sealed.headers,
        'content-type': sealed.contentType,
        ...(encoding !== undefined && { 'content-encoding': encoding }),
      }
      const response = await attempt(() =>
        fetch(sealed.path, { method: 'POST', headers, body: new Uint8Array(sealed.bytes) }),
      )
      if (response === undefined) return 'no_reply'
      const bytes = new Uint8Array(await response.arrayBuffer())
      const contentType = response.headers.get('content-type') ?? ''
      if (response.status === 200) return { path: sealed.path, contentType, bytes }
      return turnedOf(response.status, bytes)
    },
    api: async (method, path, body) => {
      const response = await attempt(() =>
        fetch(path, {
          method,
          ...(body !== undefined && {
            body: JSON.stringify(body),
            headers: { 'content-type': 'application/json' },
          }),
        }),
      )
      if (response === undefined) return { status: 0, body: undefined }
      const text = await response.text()
      return {
        status: response.status,
        body: (response.headers.get('content-type') ?? '').startsWith('application/json')
          ? parsed(text)
          : text,
      }
    },
  }
}

/** What goes through HTTP and comes out as it was; anything else is left to a real request. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/
const PLAIN_VALUE = /^[!-~](?:[ -~]*[!-~])?$/

/** Hands a message in at the door as HTTP would; undefined where it is none of the door's, or none that HTTP would leave alone. */
function handIn(
  door: MessageDoor,
  sealed: Sealed,
  encoding: string | undefined,
): Promise<Sealed | Turned | 'no_reply'> | undefined {
  const { path, bytes } = sealed
  const headers = new Map<string, string>()
  for (const name in sealed.headers) headers.set(name.toLowerCase(), sealed.headers[name] ?? '')
  headers.set('content-type', sealed.contentType)
  if (encoding !== undefined) headers.set('content-encoding', encoding)
  if (!PLAIN_PATH.test(path)) return undefined
  for (const value of headers.values()) if (!PLAIN_VALUE.test(value)) return undefined
  return door({
    method: 'POST',
    path,
    header: (name) => headers.get(name),
    body: (most) => (bytes.length > most ? undefined : bytes),
  })?.then(
    (answer) => {
      if (!('refusal' in answer)) return { path, contentType: answer.contentType, bytes: answer.bytes }
      const { status, refusal } = answer
      return TURNED.has(status) ? ({ status, refusal } as Turned) : 'no_reply'
    },
    // What failed within the subject is to the other side a server that broke.
    () => 'no_reply',
  )
}

/** A request as it comes over a socket: with the length of its body told. */
export function asked(path: string, init: RequestInit): Request {
  const { method = 'GET', headers, body } = init
  const url = `http://localhost${path}`
  if (typeof body === 'string' || body === undefined)
    return lean(method, url, named(headers), body ?? '') as unknown as Request
  const told = new Headers(headers)
  if (body instanceof Uint8Array) told.set('content-length', String(body.length))
  return new Request(url, { ...init, headers: told })
}

/** As much of a request as router, validators and the limit on bodies ask for: a real one costs more than all of them. */
function lean(method: string, url: string, headers: Map<string, string>, text: string) {
  if (text !== '' || method !== 'GET') headers.set('content-length', String(Buffer.byteLength(text)))
  return {
    method,
    url,
    headers: {
      get: (name: string) => headers.get(name.toLowerCase()) ?? null,
      has: (name: string) => headers.has(name.toLowerCase()),
      forEach: (each: (value: string, name: string) => void) => headers.forEach(each),
    },
    body: null,
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
    arrayBuffer: async () => new TextEncoder().encode(text).buffer,
  }
}

function named(headers: RequestInit['headers'] = {}): Map<string, string> {
  if (headers instanceof Headers || Array.isArray(headers)) return new Map(new Headers(headers))
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value ?? '']))
}

async function attempt(request: () => Promise<Answered>): Promise<Answered | undefined> {
  try {
    return await request()
  } catch {
    return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A plain refusal, as far as the subject gave one in our form; anything else is no reply that can be trusted. */
function turnedOf(status: number, bytes: Uint8Array): Turned | 'no_reply' {
  const refusal = parsed(Buffer.from(bytes).toString('utf8')) as Turned['refusal'] | undefined
  return TURNED.has(status) && typeof refusal?.class === 'string'
    ? { status: status as Turned['status'], refusal }
    : 'no_reply'
}

const TURNED: ReadonlySet<number> = new Set([400, 413, 415])
