// Two stages at once: half of the pages are played in a worker thread, on a subject and stand-ins of their own. The
// division is the same on every machine, so a seed gives the same run however many cores there are.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type RunEvent, type PlayPages, playPages, type Share } from '../conformance/conformance.ts'
import type { Role } from '../scenarios/scenarios.ts'
import type { Recording } from './tapes.ts'

/** What a worker is told, and what it says. Plain data both ways. */
export type WorkOrder = {
  readonly profile: string
  readonly seed: string
  readonly tag: string
  readonly names: readonly string[]
  /** Who is judged. */
  readonly role: Role
  /** Where the pages are, when they are not ours. */
  readonly folder?: string
  readonly tapes?: Recording
}
export type WorkNews = { readonly event: RunEvent } | { readonly share: Share } | { readonly failed: string }

type Shares = PlayPages & { readonly order: Omit<WorkOrder, 'names'> }

/** Pages below which a second stage costs more than it saves. */
export const WORTH_SHARING = 12

export async function playShares(all: Shares): Promise<readonly Share[]> {
  const own = all.pages.filter((_, index) => index % 2 === 0)
  const other = all.pages.filter((_, index) => index % 2 === 1).map(({ name }) => name)
  // A page's lines stay together: the other stage's pages are let in between two of ours.
  let waiting: RunEvent[] = []
  let whole: RunEvent[] = []
  const letIn = (): void => {
    for (const event of whole) all.sink(event)
    whole = []
  }
  const theirs = workerShare({ ...all.order, names: other }, all.stop, (event) => {
    waiting.push(event)
    if (event.event !== 'page.end') return
    whole.push(...waiting)
    waiting = []
  })
  const sink = (event: RunEvent): void => {
    all.sink(event)
    if (event.event === 'page.end') letIn()
  }
  const shares = await Promise.all([playPages({ ...all, pages: own, sink }), theirs])
  letIn()
  return shares
}

function workerShare(
  order: WorkOrder,
  stop: AbortSignal | undefined,
  sink: (event: RunEvent) => void,
): Promise<Share> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(`./share-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: order,
    })
    stop?.addEventListener('abort', () => worker.postMessage('stop'))
    worker.on('message', (news: WorkNews) => {
      if ('event' in news) sink(news.event)
      else if ('share' in news) resolve(news.share)
      else reject(new Error(news.failed))
    })
    worker.on('error', reject)
    worker.on('exit', (code) =>
      reject(new Error(`the second stage ended with ${code} before it had reported`)),
    )
  })
}
