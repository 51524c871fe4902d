// A process that plays the load on a store until it is killed. It hears `go <instant>` and `hold` on stdin, and on
// stdout says `ready`, each acknowledgement as soon as the store has given it, and `held` once nothing is under way.
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { createInterface } from 'node:readline'
import { loadOf } from './load.ts'
import { openStore } from './store.ts'

export async function playUntilKilled(address: string, node: string): Promise<void> {
  const say = (line: string): void => void writeSync(1, `${line}\n`)
  const clock = { at: 0 }
  let holding = false
  let play: ReturnType<typeof loadOf> | undefined
  let playing = Promise.resolve()
  say('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'hold') {
      holding = true
      continue
    }
    await playing
    holding = false
    clock.at = Number(line.slice('go '.length))
    // Opened no sooner than now, so that it opens while another process is at work.
    play ??= loadOf({
      store: await openStore(address, () => clock.at),
      node,
      at: () => clock.at,
      tell: (what, id) => say(`${what} ${id}`),
    })
    flushCompileCache() // now, because a killed process never gets round to it
    playing = play(() => holding).then(() => say('held'))
  }
}
