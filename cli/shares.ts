// Two stages at once: half of the pages are played in a worker thread, on a subject and stand-ins of their own. The
// division is the same on every machine, so a seed gives the same run however many cores there are.
import { getCompileCacheDir } from 'node:module'
import { dirname, extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type RunEvent, type PlayPages, playPages, type Share } from '../conformance/conformance.ts'
import { dataOf, type PageData, type Role } from '../scenarios/scenarios.ts'
import type { Recording } from './tapes.ts'

/** What the worker is for; it loads its modules while the command still reads its pages. */
export type HelperAbout = {
  readonly profile: string
  readonly seed: string
  readonly tag: string
  /** Without sockets and files. */
  readonly inProcess: boolean
}
/** What a worker is told, and what it says. Plain data both ways. */
export type WorkOrder = {
  /** Who is judged. */
  readonly role: Role
  readonly pages: readonly PageData[]
  readonly tapes?: Recording
}
export type WorkAsked = { readonly order: WorkOrder } | 'stop' | 'end'
export type WorkNews =
  | { readonly events: readonly RunEvent[] }
  | { readonly share: Share }
  | { readonly failed: string }

type Sink = PlayPages['sink']
type Told = (events: readonly RunEvent[]) => void
type Waiting = { readonly over: Told; resolve(share: Share): void }

export type Helper = {
  /** Plays pages on a stage of the helper's own, after those that it was given before. `over` is told each page whole. */
  play(order: WorkOrder, over: Told): Promise<Share>
  stop(): void
  end(): void
}

/** Room for new objects: with Node's own three times as much a thread holds 40 MB more and is no faster for it. */
const YOUNG_MB = 12

/** Pages below which a second stage costs more than it saves. */
const WORTH_SHARING = 12
export const worthSharing = (pages: readonly unknown[]): boolean => pages.length >= WORTH_SHARING

export function helper(about: HelperAbout): Helper {
  const file = new URL(`./share-worker${extname(import.meta.url)}`, import.meta.url)
  // A thread has a compile cache only where its environment names one; ours is as good for it.
  const cache = getCompileCacheDir()
  const worker = new Worker(file, {
    workerData: about,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    ...(cache !== undefined && { env: { ...process.env, NODE_COMPILE_CACHE: dirname(cache) } }),
  })
  // A command that ends before its run has begun does not wait for a stage that nobody asked.
  worker.unref()
  const ask = (asked: WorkAsked): void => worker.postMessage(asked)
  const waiting: Waiting[] = []
  const lost = Promise.withResolvers<never>()
  // Whoever waits for a share hears of it; nobody else has to.
  lost.promise.catch(() => undefined)
  worker.on('message', (news: WorkNews) => {
    if ('events' in news) waiting[0]?.over(news.events)
    else if ('share' in news) waiting.shift()?.resolve(news.share)
    else lost.reject(new Error(news.failed))
  })
  worker.on('error', lost.reject)
  worker.on('exit', (code) =>
    lost.reject(new Error(`the second stage ended with ${code} before it had reported`)),
  )
  return {
    play: (order, over) => {
      const { promise, resolve } = Promise.withResolvers<Share>()
      waiting.push({ over, resolve })
      ask({ order })
      return Promise.race([promise, lost.promise])
    },
    stop: () => ask('stop'),
    end: () => ask('end'),
  }
}

/** One stage of ours, and whom the pages it plays are about. */
export type Own = Omit<PlayPages, 'sink'> & { readonly role: Role; readonly tapes?: Recording }

/** The shares of every stage, ours and the helper's in turn. The helper is given all of its pages at once, so that neither
 *  waits for the other between two stages. */
export async function playShares(
  own: readonly Own[],
  second: Helper | undefined,
  sink: Sink,
): Promise<readonly Share[]> {
  // A page's lines stay together: the other stage's pages are let in between two of ours.
  let whole: (readonly RunEvent[])[] = []
  const letIn = (): void => {
    for (const event of whole.flat()) sink(event)
    whole = []
  }
  const ours: Sink = (event) => {
    sink(event)
    if (event.event === 'page.end') letIn()
  }
  const both = own.map((one) => {
    const shared = second !== undefined && worthSharing(one.pages)
    const dealt = (to: number) => one.pages.filter((_, index) => !shared || index % 2 === to)
    one.stop?.addEventListener('abort', () => second?.stop())
    const theirs = shared
      ? second.play(orderOf(one, dealt(1)), (events) => void whole.push(events))
      : undefined
    return { mine: { ...one, pages: dealt(0), sink: ours }, theirs }
  })
  const played = async (): Promise<readonly Share[]> => {
    const shares: Share[] = []
    for (const { mine } of both) shares.push(await playPages(mine))
    return shares
  }
  const [first, ...others] = await Promise.all([played(), ...both.map(({ theirs }) => theirs)])
  letIn()
  return first.flatMap((share, index) => [share, ...(others[index] === undefined ? [] : [others[index]])])
}

function orderOf({ role, tapes }: Own, pages: Own['pages']): WorkOrder {
  return { role, pages: pages.map(dataOf), ...(tapes !== undefined && { tapes }) }
}
