// The second stage of a certification: its own institution, stand-ins, sockets and store, in a thread of its own.
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { playPages, type RunEvent } from '../conformance/conformance.ts'
import { profileNamed } from './profile.ts'
import { exam } from './examined.ts'
import { pagesNamed } from './pages.ts'
import type { WorkNews, WorkOrder } from './shares.ts'
import { recordPages } from './tapes.ts'

const { profile, seed, tag, names, folder, tapes, role } = workerData as WorkOrder
const say = (news: WorkNews): void => parentPort?.postMessage(news)
const stop = new AbortController()
parentPort?.on('message', () => stop.abort())
try {
  const sink = (event: RunEvent): void => say({ event })
  const held = await exam({ profile: await profileNamed(profile), seed, inProcess: false, sink, role })
  const chosen = await pagesNamed(names, folder)
  const share = await playPages({
    stage: held.stage,
    pages: chosen,
    tag,
    sink,
    elapsed: () => performance.now(),
    stop: stop.signal,
    ...(tapes !== undefined && { over: recordPages(tapes, held.stage) }),
  })
  await held.close()
  say({ share })
} catch (error) {
  say({ failed: error instanceof Error ? error.message : String(error) })
}
parentPort?.close()
