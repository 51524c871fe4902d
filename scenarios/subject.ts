// The party being judged, as the stage reaches it: messages to its edge, its wallet and control APIs, its clock.
// In process, over HTTP or spawned, a subject is the same to a page.
import type { Sealed, Turned } from '../wire/wire.ts'

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

/** A subject behind anything that answers requests: a Hono app in this process, or an address. */
export function subjectOver(
  fetch: Fetch,
  about: Pick<Subject, 'name' | 'kind' | 'features'> & { url?: string },
): Subject {
  return {
    ...about,
    post: async (sealed, encoding) => {
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

/** A request as it comes over a socket: with the length of its body told. */
export function sized(init: RequestInit): RequestInit {
  const { body } = init
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return init
  const headers = new Headers(init.headers)
  headers.set('content-length', String(typeof body === 'string' ? Buffer.byteLength(body) : body.length))
  return { ...init, headers }
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
  if (status !== 400 && status !== 413 && status !== 415) return 'no_reply'
  return typeof refusal?.class === 'string' ? { status, refusal } : 'no_reply'
}
