// A run read back from its events.ndjson. What is not such a file is said with file and line, whatever it is.
import { readFile } from 'node:fs/promises'
import type { RunEvent } from './events.ts'
import { VERDICTS } from './pages.ts'

/** What a line must hold so that a report can be made of it, by the kind of its event; all but the run's own name a page. */
const NEEDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'run.start': {
    profile: 'string',
    seed: 'string',
    revision: 'string',
    version: 'string',
    subject: 'object',
  },
  'page.start': { page: 'string', row: 'string', title: 'object' },
  message: { page: 'string', n: 'number', from: 'string', to: 'string' },
  expectation: { page: 'string', what: 'object', result: 'string', evidence: 'object' },
  'page.end': { page: 'string', row: 'string', verdict: 'string' },
  'run.end': { verdict: 'string', rows: 'object', counts: 'object', transcript: 'string' },
}

/** The events of an events.ndjson. A last line that was cut off by a crash is left out. */
export async function readEvents(path: string): Promise<readonly RunEvent[]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  const last = lines.findLastIndex((line) => line !== '')
  return lines.flatMap((line, index) => {
    if (line === '') return []
    const event = parsed(line)
    if (event === undefined && index === last) return []
    const fault = event === undefined ? 'is not JSON' : faultOf(event)
    if (fault === undefined) return [event as RunEvent]
    throw new Error(`${path}:${index + 1}: this line ${fault}: ${line.slice(0, 80)}`)
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'is no event of a run'
  const event = value as Readonly<Record<string, unknown>>
  const kind = event['event']
  if (typeof kind !== 'string') return 'is no event of a run'
  const needs = (Object.hasOwn(NEEDS, kind) ? NEEDS[kind] : undefined) ?? { page: 'string' }
  const missing = Object.entries(needs).find(
    ([name, type]) => typeof event[name] !== type || event[name] === null,
  )
  if (missing !== undefined) return `(${kind}) has no “${missing[0]}”`
  if (kind === 'page.end' && !VERDICTS.some((verdict) => verdict === event['verdict']))
    return `(${kind}) has a verdict that there is not`
  return undefined
}
