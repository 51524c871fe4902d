// Both files read, split and joined: in this thread while they are small, else by two threads over scratch files. The
// verdicts are the same (clearing/reconcile-stream.test.ts), and so is their order.
import { randomInt } from 'node:crypto'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  type ColumnChoice,
  codesOf,
  type LineForm,
  memoryShelf,
  type PartitionOrder,
  partitionWork,
  type ReconcileRules,
  type Side,
  type Split,
  type SplitOrder,
  type Stand,
  tally,
  type Tallied,
} from '../clearing/clearing.ts'
import {
  byTold,
  mergedRuns,
  type Run,
  type Scratch,
  scratchFiles,
  type ShelfIndex,
  type Told,
  toldOf,
} from './reconcile-files.ts'
import { type Order, placedFault, ReconcileFault, type Reply, splitSource } from './reconcile-work.ts'
import { type Source, sourceOf } from './reconcile-source.ts'

export type ReconcileSide = { readonly path: string; readonly form: LineForm; readonly choice: ColumnChoice }
export type ReconcileOrder = {
  readonly sides: Readonly<Record<Side, ReconcileSide>>
  readonly rules: ReconcileRules
  readonly stand: Stand
  /** Partitions to use; otherwise as many as the files need. */
  readonly partitions?: number
  readonly progress?: (phase: 'read' | 'join', share: number) => void
}
export type Reconciled = {
  readonly lines: Readonly<Record<Side, number>>
  readonly told: Tallied
  /** All but plain matches, sorted; to be read before `close`. */
  readonly differences: Iterable<Told>
  close(): void
}

/** Below this neither threads nor files are worth their start. */
const SMALL_BYTES = 24 << 20
/** Of both files' bytes, so much makes a partition. Where every line differs its verdicts take twenty times as much. */
const PARTITION_BYTES = 4 << 20
const PARTITIONS_MAX = 1024
const THREADS = 2
const SIDES = ['ours', 'theirs'] as const

export async function reconcileFiles(order: ReconcileOrder): Promise<Reconciled> {
  const sources = { ours: found(order, 'ours'), theirs: found(order, 'theirs') }
  const bytes = sources.ours.expected + sources.theirs.expected
  // Chance only keeps anybody from choosing ids that meet in one place; no verdict depends on it.
  const seed = randomInt(0x7fffffff)
  if (order.partitions === undefined && bytes <= SMALL_BYTES) return small(order, sources, seed)
  const needed = Math.min(PARTITIONS_MAX, Math.max(THREADS, Math.ceil(bytes / PARTITION_BYTES)))
  return large(order, sources, seed, order.partitions ?? needed)
}

function found({ sides }: ReconcileOrder, side: Side): Source {
  return placed(side, () => sourceOf(sides[side].path))
}

function placed<T>(side: Side, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw wrapped(error, side)
  }
}

function wrapped(error: unknown, side: Side): unknown {
  const fault = placedFault(error, side)
  return fault === undefined ? error : new ReconcileFault(fault)
}

const splitOrder = ({ sides }: ReconcileOrder, side: Side, seed: number, partitions: number): SplitOrder => ({
  side,
  form: sides[side].form,
  choice: sides[side].choice,
  partitions,
  seed,
})

async function small(
  order: ReconcileOrder,
  sources: Record<Side, Source>,
  seed: number,
): Promise<Reconciled> {
  const shelves = { ours: memoryShelf(), theirs: memoryShelf() }
  const split = (side: Side): Promise<Split> =>
    splitSource(sources[side], splitOrder(order, side, seed, 1), shelves[side].put, () => undefined).catch(
      (error: unknown) => Promise.reject(wrapped(error, side)),
    )
  const [ours, theirs] = [await split('ours'), await split('theirs')]
  const open = memoryShelf()
  const { rules, stand } = order
  const work = partitionWork(
    { codes: codesOf(ours, theirs), rules, stand, partitions: 1, seed },
    [shelves.ours, shelves.theirs],
    open,
  )
  const differences = placed('ours', () => {
    const joined = work.join(0)
    work.joined()
    return [...joined, ...work.settle(0, [open])]
  })
  return {
    lines: { ours: ours.lines, theirs: theirs.lines },
    told: work.told(),
    differences: differences.map(toldOf).sort(byTold),
    close: () => undefined,
  }
}

async function large(
  order: ReconcileOrder,
  sources: Record<Side, Source>,
  seed: number,
  partitions: number,
): Promise<Reconciled> {
  const scratch = scratchFiles()
  const threads = SIDES.map(() => thread())
  try {
    const { splits, shelves } = await splitBoth(order, sources, { seed, partitions, scratch, threads })
    const { rules, stand } = order
    const work = { codes: codesOf(splits.ours, splits.theirs), rules, stand, partitions, seed }
    const runs = await joinAll(work, shelves, { scratch, threads, progress: order.progress })
    const sums = tally(stand)
    for (const one of threads) sums.addAll((await one.ask({ do: 'tell' }, 'told')).told)
    await Promise.all(threads.map((one) => one.end()))
    return {
      lines: { ours: splits.ours.lines, theirs: splits.theirs.lines },
      told: sums.told(),
      differences: mergedRuns(runs),
      close: scratch.close,
    }
  } catch (error) {
    await Promise.all(threads.map((one) => one.end()))
    scratch.close()
    throw error
  }
}

type Thread = {
  ask<Name extends string>(
    order: Order,
    name: Name,
    moved?: (bytes: number) => void,
  ): Promise<Extract<Reply, Record<Name, unknown>>>
  end(): Promise<unknown>
}

/** A worker that is asked one thing at a time. */
function thread(): Thread {
  const worker = new Worker(new URL(`./reconcile-worker${extname(import.meta.url)}`, import.meta.url))
  let broken: Error | undefined
  worker.on('error', (error) => (broken = error instanceof Error ? error : new Error(String(error))))
  return {
    ask: (order, name, moved) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken)
        const over = (): void => {
          worker.off('message', hear)
          worker.off('error', reject)
        }
        const hear = (reply: Reply): void => {
          if ('moved' in reply) return moved?.(reply.moved)
          over()
          if ('fault' in reply) reject(new ReconcileFault(reply.fault))
          else if ('failed' in reply) reject(new Error(reply.failed))
          else if (name in reply) resolve(reply as Extract<Reply, Record<typeof name, unknown>>)
          else reject(new Error(`a thread was asked for ${name} and told something else`))
        }
        worker.on('message', hear)
        worker.on('error', reject)
        worker.postMessage(order)
      }),
    end: () => worker.terminate(),
  }
}

type Crew = { readonly scratch: Scratch; readonly threads: readonly Thread[] }

async function splitBoth(
  order: ReconcileOrder,
  sources: Record<Side, Source>,
  { seed, partitions, scratch, threads }: Crew & { seed: number; partitions: number },
): Promise<{ splits: Record<Side, Split>; shelves: readonly ShelfIndex[] }> {
  const all = sources.ours.bytes + sources.theirs.bytes
  const read = { ours: 0, theirs: 0 }
  const settled = await Promise.allSettled(
    SIDES.map((side, index) => {
      const split = splitOrder(order, side, seed, partitions)
      const moved = (bytes: number): void => {
        read[side] = bytes
        order.progress?.('read', (read.ours + read.theirs) / all)
      }
      return asked(threads, index).ask(
        { do: 'split', source: sources[side], split, file: scratch.file() },
        'split',
        moved,
      )
    }),
  )
  // Where both are wrong it is ours that is said, whichever was found first.
  const answers = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  const [ours, theirs] = answers
  if (ours === undefined || theirs === undefined) throw new Error('a side was not read')
  return { splits: { ours: ours.split, theirs: theirs.split }, shelves: [ours.index, theirs.index] }
}

function asked(threads: readonly Thread[], index: number): Thread {
  const one = threads[index % threads.length]
  if (one === undefined) throw new Error('there is no thread')
  return one
}

async function joinAll(
  partitions: PartitionOrder,
  shelves: readonly ShelfIndex[],
  { scratch, threads, progress }: Crew & { progress: ReconcileOrder['progress'] },
): Promise<readonly Run[]> {
  const runs: Run[] = []
  const keep = (run: Run | undefined): void => void (run !== undefined && runs.push(run))
  for (const one of threads)
    await one.ask({ do: 'begin', partitions, shelves, open: scratch.file(), runs: scratch.file() }, 'begun')
  const count = partitions.partitions
  let done = 0
  await each(threads, count, async (one, partition) => {
    keep((await one.ask({ do: 'join', partition }, 'run')).run)
    progress?.('join', (done += 1) / count)
  })
  const open = await Promise.all(threads.map(async (one) => (await one.ask({ do: 'joined' }, 'open')).open))
  const left = Array.from({ length: count }, (_, partition) => partition).filter((partition) =>
    open.some(({ blocks }) => (blocks[partition]?.length ?? 0) > 0),
  )
  // Only the blocks of the partition at hand are sent along.
  const openOf = (partition: number): readonly ShelfIndex[] =>
    open.map(({ file, blocks }) => ({
      file,
      blocks: blocks.map((list, index) => (index === partition ? list : [])),
    }))
  await each(threads, left.length, async (one, index) => {
    const partition = left[index] ?? 0
    keep((await one.ask({ do: 'settle', partition, open: openOf(partition) }, 'run')).run)
  })
  return runs
}

/** Hands out places one by one, each to the thread that is free. */
async function each(
  threads: readonly Thread[],
  count: number,
  act: (one: Thread, place: number) => Promise<void>,
): Promise<void> {
  let next = 0
  await Promise.all(
    threads.map(async (one) => {
      for (let place = next++; place < count; place = next++) await act(one, place)
    }),
  )
}
