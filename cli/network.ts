// What puts parties on sockets: HTTP servers on loopback, and the `send` that reaches them.
import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { type Agent as SecureAgent, createServer as createSecureServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Directory, PartyId, Reply, Sealed } from '../wire/wire.ts'
import { ask } from './http-client.ts'
import type { Secured } from './tls.ts'
import { UsageError } from './usage.ts'

type Fetch = (request: Request) => Response | Promise<Response>
export type Listening = { readonly url: string; close(): Promise<void> }

/** How long a sender may take, in milliseconds: for its HTTP head, and for all of a request. Ours. */
export type Patience = {
  readonly headersTimeout: number
  readonly requestTimeout: number
  /** How often senders are looked at. */
  readonly connectionsCheckingInterval: number
}
const PATIENCE: Patience = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 1_000,
}

/** Loopback only, but in a container, where SIFANG_HOST says otherwise; port 0 takes a free one. */
export function listen(
  fetch: Fetch,
  port: number,
  secured?: Secured,
  patience = PATIENCE,
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const where = { fetch, port, hostname: process.env['SIFANG_HOST'] ?? '127.0.0.1' }
    const how =
      secured === undefined
        ? { ...where, serverOptions: patience }
        : {
            ...where,
            createServer: createSecureServer,
            serverOptions: { ...secured.options, ...patience },
          }
    const server = serve(how, (info: AddressInfo) => {
      resolve({
        url: `${secured === undefined ? 'http' : 'https'}://127.0.0.1:${info.port}`,
        close: () =>
          new Promise((closed) => {
            if ('closeAllConnections' in server) server.closeAllConnections()
            server.close(() => closed())
          }),
      })
    })
    if (secured !== undefined) {
      // Before HTTP sees it: a request may have come with the last message of the handshake.
      server.prependListener('secureConnection', (socket: TLSSocket) => {
        if (!secured.admits(socket)) socket.destroy()
      })
      if ('setSecureContext' in server) secured.opened?.(server)
    }
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

/** Nobody listens, or whoever does has a certificate that we do not believe: nothing was sent. */
const NEVER_LEFT = /^(ECONNREFUSED|ENOTFOUND|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/

/** Posts to the address in the directory. Only a connection that never came about is `not_sent`. */
export function httpSend(
  directory: () => Directory,
  now: () => number,
  secured?: SecureAgent,
): (to: PartyId, sealed: Sealed, deadline: number) => Promise<Reply> {
  return async (to, sealed, deadline) => {
    const url = directory().party(to)?.url
    if (url === undefined) return { kind: 'not_sent' }
    const wait = Math.max(1, Math.min(deadline - now(), REAL_WAIT_MS))
    try {
      const { status, contentType, bytes } = await ask(url + sealed.path, {
        method: 'POST',
        headers: { ...sealed.headers, 'content-type': sealed.contentType },
        body: sealed.bytes,
        waitMs: wait,
        ...(secured !== undefined && { secured }),
      })
      if (status >= 300 && status < 400) return { kind: 'no_reply' }
      return { kind: 'reply', sealed: { path: sealed.path, contentType, bytes } }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return { kind: NEVER_LEFT.test(code ?? '') ? 'not_sent' : 'no_reply' }
    }
  }
}
