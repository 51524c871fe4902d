// The second stage of a certification: its own institution, stand-ins and store, sockets where the run has some, in a thread of its own.
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { playPages, type RunEvent, type Share } from '../conformance/conformance.ts'
import { loadedFrom } from '../scenarios/scenarios.ts'
import { profileNamed } from './profile.ts'
import { exam } from './examined.ts'
import type { HelperAbout, WorkAsked, WorkNews, WorkOrder } from './shares.ts'
import { recordPages } from './tapes.ts'

const { profile, seed, tag, inProcess } = workerData as HelperAbout
const say = (news: WorkNews): void => parentPort?.postMessage(news)
const stop = new AbortController()
let before: Promise<void> = Promise.resolve()

parentPort?.on('message', (asked: WorkAsked) => {
  if (asked === 'stop') stop.abort()
  else if (asked === 'end') parentPort?.close()
  else
    before = before
      .then(() => played(asked.order))
      .then(
        (share) => say({ share }),
        (error: unknown) => say({ failed: error instanceof Error ? error.message : String(error) }),
      )
})

async function played({ role, pages, tapes }: WorkOrder): Promise<Share> {
  let events: RunEvent[] = []
  const sink = (event: RunEvent): void => {
    events.push(event)
    if (event.event !== 'page.end') return
    say({ events })
    events = []
  }
  const held = await exam({ profile: await profileNamed(profile), seed, inProcess, sink, role })
  try {
    return await playPages({
      stage: held.stage,
      pages: pages.map(loadedFrom),
      tag,
      sink,
      elapsed: () => performance.now(),
      stop: stop.signal,
      ...(tapes !== undefined && { over: recordPages(tapes, held.stage) }),
    })
  } finally {
    await held.close()
  }
}
