// The tape of a running `sifang up`: each message and each call of the wallet's APIs, written as it happens. The file is
// new, and nobody but its owner may read it.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import about from '../package.json' with { type: 'json' }
import { INSTITUTION, type Seen, tapeHead, tapeLine } from '../scenarios/scenarios.ts'
import type { Carried } from './carried.ts'
import { UsageError } from './usage.ts'

export type TapeFile = {
  write(one: Seen): void
  close(): Promise<void>
  /** For a network that never came about. */
  discard(): Promise<void>
}

export function tapeFile(file: string, { profile, seed }: { profile: string; seed: string }): TapeFile {
  const open = opened(file)
  const head = {
    profile,
    seed,
    recorded: 'sifang up',
    by: about.version,
    at: Date.now(),
    clock: 'wall',
    subject: INSTITUTION,
  } as const
  writeSync(open, tapeHead(head))
  let closed = false
  const close = async (): Promise<void> => {
    closed = true
    closeSync(open)
  }
  return {
    write: (one) => {
      if (!closed) writeSync(open, tapeLine(one))
    },
    close,
    discard: async () => {
      await close()
      rmSync(file)
    },
  }
}

function opened(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError(
      code === 'EEXIST'
        ? `--tape ${file}: is there already, and a tape is never written over another; name a new file`
        : `--tape ${file}: cannot be written: ${message}`,
    )
  }
}

type Serving = { fetch(request: Request): Response | Promise<Response> }

const OF_THE_WALLET = /^\/(?:wallet|control)\//
const BODY_BYTES_MAX = 1 << 20

/** The same server; what is called of the wallet and control APIs is noted with its reply. */
export function notingCalls(serving: Serving, carried: Carried): Serving {
  return {
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url)
      if (!OF_THE_WALLET.test(pathname)) return serving.fetch(request)
      const asked = await bodyOf(request)
      const response = await serving.fetch(request)
      const reply = await bodyOf(response)
      carried.called({
        method: request.method,
        path: pathname + search,
        status: response.status,
        ...(asked !== undefined && { request: asked }),
        ...(reply !== undefined && { reply }),
      })
      return response
    },
  }
}

/** Of a copy, so that whoever it is for still reads it; nothing where there is none, or too much. */
async function bodyOf(message: Request | Response): Promise<unknown> {
  const length = message.headers.get('content-length')
  if (message.body === null || Number(length ?? 0) > BODY_BYTES_MAX) return undefined
  // How long a request is must be known before it is read twice.
  if (message instanceof Request && length === null) return undefined
  const text = await message.clone().text()
  if (text === '' || text.length > BODY_BYTES_MAX) return undefined
  if (!(message.headers.get('content-type') ?? '').startsWith('application/json')) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
