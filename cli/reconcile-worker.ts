// One of the two threads that reconcile large files: it splits one side, then joins partitions as they are handed to it.
import { parentPort } from 'node:worker_threads'
import { partitionWork } from '../clearing/clearing.ts'
import { fileShelf, runWriter } from './reconcile-files.ts'
import { emptyIndex } from './reconcile-files.ts'
import { faultOf, type Order, type Reply, splitSource } from './reconcile-work.ts'

let work: ReturnType<typeof partitionWork> | undefined
let write: ReturnType<typeof runWriter> | undefined
let opens: ReturnType<typeof emptyIndex> | undefined

const say = (reply: Reply): void => parentPort?.postMessage(reply)

async function done(order: Order): Promise<Reply> {
  switch (order.do) {
    case 'split': {
      const index = emptyIndex(order.file, order.split.partitions)
      const split = await splitSource(order.source, order.split, fileShelf(index).put, (moved) =>
        say({ moved }),
      )
      return { split, index }
    }
    case 'begin':
      opens = emptyIndex(order.open, order.partitions.partitions)
      work = partitionWork(order.partitions, order.shelves.map(fileShelf), fileShelf(opens))
      write = runWriter(order.runs)
      return { begun: true }
    case 'join':
      return { run: write?.(work?.join(order.partition) ?? []) }
    case 'joined':
      work?.joined()
      return { open: opens ?? emptyIndex(0, 0) }
    case 'settle':
      return { run: write?.(work?.settle(order.partition, order.open.map(fileShelf)) ?? []) }
    case 'tell':
      return { told: work?.told() ?? { totals: [], counted: [] } }
  }
}

parentPort?.on('message', (order: Order) => {
  done(order).then(say, (error: unknown) => say(faultOf(error, order)))
})
