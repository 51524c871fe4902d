// Somebody else's system as the subject of an exam: reached at its address, and before that started, where its
// configuration says how. What a run tells it lies in files that nobody else can read.
import { writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { say } from '../reports/reports.ts'
import { PARTIES, type Subject, subjectOver, SWITCH, type TestNetwork } from '../scenarios/scenarios.ts'
import { PATH_PREFIX } from '../wire/wire.ts'
import { fetchOver } from './client-tls.ts'
import type { SubjectConfig } from './config.ts'
import { handedKeys, peersOf } from './peers.ts'
import { somebodyAnswers, type Spawned, type Starting, startSubject } from './spawned.ts'
import { UsageError } from './usage.ts'

export type Stranger = { readonly subject: Subject; readonly process?: Spawned }

export type StrangerParts = Pick<Starting, 'log' | 'stop' | 'lang'> & {
  readonly config: SubjectConfig
  readonly network: TestNetwork
  /** A folder of this run that is thrown away with it. */
  readonly folder: string
}

export async function stranger(parts: StrangerParts): Promise<Stranger> {
  const { config, lang } = parts
  if (config.spawn === undefined) return { subject: subjectAt(config, config.url ?? '', 'http') }
  const url = config.url ?? `http://127.0.0.1:${await freePort()}`
  if (config.url !== undefined && (await somebodyAnswers(url)))
    throw new UsageError(say(lang, 'cli.spawn.taken', { url }), 3)
  const { spawn } = config
  const values = await valuesOf(parts, new URL(url).port)
  const started = await startSubject({
    config: spawn,
    values,
    url,
    lang,
    ...(parts.log !== undefined && { log: parts.log }),
    ...(parts.stop !== undefined && { stop: parts.stop }),
  })
  return { subject: subjectAt(config, url, 'spawn'), process: started }
}

function subjectAt({ name, features, tls }: SubjectConfig, url: string, kind: 'http' | 'spawn'): Subject {
  const ask = patiently(tls === undefined ? (path, init) => fetch(url + path, init) : fetchOver(url, tls))
  return subjectOver(ask, { name, kind, url, features: new Set(features) })
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>

/** More than the switch waits for an institution, so that a late answer is seen as what it is; and time for what an
 *  examiner asks, which may be days of work at once. */
const PATIENCE_MS = { message: 10_000, control: 30_000 } as const
const PATIENCE_LEAST_MS = 250

/** Waits long for a whole answer, and less and less where none comes: a hundred pages end soon without it. Each type of
 *  message counts for itself, since a system that is stuck in one may go on answering the others. */
export function patiently(ask: Fetch, within = (ms: number) => AbortSignal.timeout(ms)): Fetch {
  const left = new Map<string, number>()
  return async (path, init) => {
    const message = path.startsWith(PATH_PREFIX)
    const kind = message ? path : 'control'
    const wait = left.get(kind) ?? (message ? PATIENCE_MS.message : PATIENCE_MS.control)
    const signal = within(wait)
    try {
      const response = await ask(path, { ...init, redirect: 'error', signal })
      const body = await response.arrayBuffer()
      left.delete(kind)
      const headers = { 'content-type': response.headers.get('content-type') ?? '' }
      return new Response(body.byteLength === 0 ? null : body, { status: response.status, headers })
    } catch (error) {
      if (signal.aborted) left.set(kind, Math.max(PATIENCE_LEAST_MS, wait / 4))
      throw error
    }
  }
}

async function valuesOf(
  { config, network, folder }: StrangerParts,
  port: string,
): Promise<Starting['values']> {
  const [peers, keys] = [join(folder, 'peers.json'), join(folder, 'keys.json')]
  const write = (path: string, content: unknown): Promise<void> =>
    writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await write(peers, peersOf(network, { secrets: true }))
  if (config.keys === undefined) await write(keys, handedKeys(network, PARTIES[config.role]))
  return {
    port,
    peers,
    keys,
    profile: network.profile.id,
    switch: network.directory.party(SWITCH)?.url ?? '',
  }
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
