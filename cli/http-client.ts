// Requests over kept connections, by Node's own client: what `fetch` does for messages and APIs on loopback, at less than
// half of its cost. Redirects are not followed: neither a message nor an answer has business elsewhere.
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as SecureAgent, request as httpsRequest } from 'node:https'

type Asking = {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Real time after which the answer is no longer waited for. */
  readonly waitMs?: number
  /** For an address under https: what this side brings to the handshake. */
  readonly secured?: SecureAgent
}
type Heard = {
  readonly status: number
  readonly contentType: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The few members of a `Response` that a subject is asked for. */
export const askAt = (url: string) => async (path: string, asking: Asking) => {
  const { status, contentType, bytes } = await ask(url + path, asking)
  const headers = { get: (name: string) => (name === 'content-type' ? contentType : null) }
  return {
    status,
    headers,
    arrayBuffer: async () => bytes.buffer,
    text: async () => Buffer.from(bytes.buffer).toString('utf8'),
  }
}

/** Only an agent with a time of its own heeds how long the other side says that it keeps an idle connection; one that is
 *  used at the moment in which the server closes it would lose a message. */
const KEPT = { keepAlive: true, timeout: 60_000 }
const plain = new Agent(KEPT)
const secure = new SecureAgent(KEPT)

/** Rejects with Node's own error, whose `code` tells a connection that never came about from one that was cut. */
export function ask(
  url: string,
  { method, headers, body, waitMs, secured = secure }: Asking,
): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const isSecure = url.startsWith('https:')
    const length =
      body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    const request = (isSecure ? httpsRequest : httpRequest)(url, {
      method,
      agent: isSecure ? secured : plain,
      headers: {
        ...headers,
        ...((body !== undefined || method !== 'GET') && { 'content-length': String(length) }),
      },
    })
    const late =
      waitMs === undefined
        ? undefined
        : setTimeout(() => request.destroy(new Error(`no answer within ${waitMs} ms`)), waitMs)
    const over = (end: () => void): void => {
      clearTimeout(late)
      end()
    }
    request.on('error', (error) => over(() => reject(error)))
    request.on('response', (response) => {
      read(response).then(
        (heard) => over(() => resolve(heard)),
        (error: Error) => over(() => reject(error)),
      )
    })
    request.end(body)
  })
}

function read(response: IncomingMessage): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    // An answer that was cut short is no answer.
    response.on('aborted', () => reject(new Error('the connection was cut within the answer')))
    response.on('end', () => {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        // A copy of its own: what a socket read lies in a slab that a kept message would pin.
        bytes: new Uint8Array(bytes),
      })
    })
  })
}
