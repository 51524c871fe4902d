// What puts parties on sockets: HTTP servers on loopback, and the `send` that reaches them.
import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import type { Directory, PartyId, Reply, Sealed } from '../wire/wire.ts'
import { UsageError } from './usage.ts'

type Fetch = (request: Request) => Response | Promise<Response>
export type Listening = { readonly url: string; close(): Promise<void> }

/** Listens on loopback only; port 0 takes a free one. */
export function listen(fetch: Fetch, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1' }, (info: AddressInfo) => {
      resolve({
        url: `http://127.0.0.1:${info.port}`,
        close: () =>
          new Promise((closed) => {
            if ('closeAllConnections' in server) server.closeAllConnections()
            server.close(() => closed())
          }),
      })
    })
    server.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UsageError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is in use: end what listens there, or choose another with --port`
            : `cannot listen on port ${port}: ${error.message}`,
          3,
        ),
      )
    })
  })
}

/** The most real time a message may take when its deadline lies on a clock that somebody moves by hand. */
const REAL_WAIT_MS = 10_000

/** Posts to the address in the directory. Only a connection that never came about is `not_sent`. */
export function httpSend(
  directory: () => Directory,
  now: () => number,
): (to: PartyId, sealed: Sealed, deadline: number) => Promise<Reply> {
  return async (to, sealed, deadline) => {
    const url = directory().party(to)?.url
    if (url === undefined) return { kind: 'not_sent' }
    const wait = Math.max(1, Math.min(deadline - now(), REAL_WAIT_MS))
    try {
      const response = await fetch(url + sealed.path, {
        method: 'POST',
        headers: { ...sealed.headers, 'content-type': sealed.contentType },
        body: new Uint8Array(sealed.bytes),
        redirect: 'error',
        signal: AbortSignal.timeout(wait),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return {
        kind: 'reply',
        sealed: { path: sealed.path, contentType: response.headers.get('content-type') ?? '', bytes },
      }
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code
      return { kind: cause === 'ECONNREFUSED' || cause === 'ENOTFOUND' ? 'not_sent' : 'no_reply' }
    }
  }
}
