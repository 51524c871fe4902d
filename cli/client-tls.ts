// The PEM files of subject.tls, read before anything is sent: a certificate with its key, and whom to believe. Each fault says
// which file, and what to write.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { resolve } from 'node:path'
import { ask } from './http-client.ts'
import { TLS_OLDEST } from './tls.ts'
import { UsageError } from './usage.ts'

/** PEM. Without `ca`, the roots that Node brings. */
export type ClientTls = { readonly cert: string; readonly key: string; readonly ca?: string }
type Files = { readonly cert: string; readonly key: string; readonly ca?: string | undefined }

export async function clientTls(
  files: Files,
  folder: string,
  said: (key: 'cert' | 'key' | 'ca', why: string) => string,
): Promise<ClientTls> {
  const read = async (name: 'cert' | 'key' | 'ca', file: string): Promise<string> => {
    const path = resolve(folder, file)
    const text = await readFile(path, 'utf8').catch(() => {
      throw new UsageError(said(name, `there is no file ${path}; it is looked for from where this file is`))
    })
    const fault = name === 'key' ? keyFault(text) : certificateFault(text)
    if (fault !== undefined) throw new UsageError(said(name, `${path}: ${fault}`))
    return text
  }
  const [cert, key] = [await read('cert', files.cert), await read('key', files.key)]
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new UsageError(said('key', 'is not the key of subject.tls.cert; are the two of one pair?'))
  return { cert, key, ...(files.ca !== undefined && { ca: await read('ca', files.ca) }) }
}

function certificateFault(text: string): string | undefined {
  try {
    new X509Certificate(text)
    return undefined
  } catch {
    return 'must begin with a certificate in PEM, -----BEGIN CERTIFICATE-----'
  }
}

function keyFault(text: string): string | undefined {
  try {
    createPrivateKey(text)
    return undefined
  } catch {
    return 'must be a private key in PEM without a password; openssl pkey -in OLD -out NEW writes one'
  }
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>

/** `fetch` for an address under https with a client certificate, which Node's own has no way to be given. */
export function fetchOver(url: string, tls: ClientTls): Fetch {
  const secured = new Agent({ ...tls, minVersion: TLS_OLDEST, keepAlive: true, timeout: 60_000 })
  return async (path, { method = 'GET', headers, body, signal }) => {
    const answered = ask(url + path, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(typeof body === 'string' || body instanceof Uint8Array ? { body } : {}),
      secured,
    })
    const { status, contentType, bytes } = await (signal
      ? Promise.race([answered, aborted(signal)])
      : answered)
    const empty = bytes.byteLength === 0 || status === 204
    return new Response(empty ? null : bytes, { status, headers: { 'content-type': contentType } })
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
