// Races are enumerated, not hoped for. While a race is on, every store access of the subject waits at a gate under its
// name; when nothing moves any more, the scheduler lets one through, by a list of choices that it counts up like a
// number, so that each play is another interleaving and a list of choices replays one exactly.
import { AsyncLocalStorage } from 'node:async_hooks'
import { sm3, toHex, utf8 } from '../crypto/crypto.ts'
import type { Store } from '../store/store.ts'

/** Which of the waiting accesses goes first, again and again; and what the whole sequence was. */
export type Choices = {
  next(waiting: readonly string[]): number
  /** The names in the order in which they went: what makes one interleaving another. */
  readonly taken: readonly string[]
}

export type Gate = {
  /** The store as the subject sees it. */
  guard(store: Store, whose?: string): Store
  /** A point of its own, such as a message on its way. */
  pass<T>(name: string, act: () => Promise<T>): Promise<T>
  /** Lets everybody race through the gate, each under its own number; outside of a race the gate stands open. */
  race<T>(racers: readonly (() => Promise<T>)[]): Promise<T[]>
  /** Shut, everybody waits, and the stage lets one through whenever nothing else moves; opened, all go. */
  shut(): void
  open(): void
  /** Lets one of those who wait go, once everybody has come who will; false when nobody waits. */
  letOne(): Promise<boolean>
}

type Waiting = { readonly name: string; readonly go: () => void }

/** Turns of the event loop without a newcomer after which everybody who will come has come. */
const QUIET_TURNS = 3
const IDLE_TURNS_MAX = 10_000

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

export function gate(choices: Choices): Gate {
  const waiting: Waiting[] = []
  // Who is asking: two racers that touch the same rows would otherwise look like one.
  const lane = new AsyncLocalStorage<number>()
  let racing = false
  let closed = false
  const pass = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    if (racing || closed)
      await new Promise<void>((resolve) =>
        waiting.push({ name: `${lane.getStore() ?? '-'} ${name}`, go: resolve }),
      )
    return act()
  }
  const choose = (): void => {
    // By name, not by arrival: the same list of choices must mean the same interleaving.
    waiting.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    const [chosen] = waiting.splice(choices.next(waiting.map(({ name }) => name)), 1)
    chosen?.go()
  }
  return {
    pass,
    shut: () => {
      closed = true
    },
    open: () => {
      closed = false
      for (const { go } of waiting.splice(0)) go()
    },
    letOne: async () => {
      for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) await turn()
      if (waiting.length === 0) return false
      choose()
      return true
    },
    guard: (store, whose = '') => ({
      ...store,
      read: (keys) => pass(`${whose} read ${keys.join(' ')}`, () => store.read(keys)),
      change: (keys, decide) =>
        pass(`${whose} change ${keys.filter((key) => !key.startsWith('nonce/')).join(' ')}`, () =>
          store.change(keys, decide),
        ),
    }),
    race: async (racers) => {
      racing = true
      try {
        const done = Promise.all(racers.map((racer, index) => lane.run(index, racer)))
        await conducted(done, () => waiting.length, choose)
        return await done
      } finally {
        racing = false
      }
    },
  }
}

/** Lets one go whenever nobody moves by himself, until all is over, well or badly. */
async function conducted(done: Promise<unknown>, waiting: () => number, choose: () => void): Promise<void> {
  let over = false
  const settled = done
    .then(
      () => undefined,
      () => undefined,
    )
    .finally(() => {
      over = true
    })
  for (let idle = 0; !over; ) {
    for (let quiet = 0; quiet < QUIET_TURNS && !over; quiet += 1) await turn()
    if (over) break
    if (waiting() === 0) {
      idle += 1
      if (idle > IDLE_TURNS_MAX)
        throw new Error('a race stands still: nobody waits at the gate and nobody has finished')
      continue
    }
    idle = 0
    choose()
  }
  await settled
}

/** Plays through all lists of choices, depth first: each call of `begin` is the next interleaving, until there is none. */
export type Enumeration = { begin(): Choices | undefined; hashes(): ReadonlySet<string> }

export function enumeration(): Enumeration {
  let prefix: number[] | undefined = []
  let sizes: number[] = []
  let taken: string[] = []
  const seen = new Set<string>()
  const close = (): void => {
    if (taken.length > 0) seen.add(hashOf(taken))
    // Count up: the last choice that had another option takes it; what came after it starts from zero.
    for (let at = sizes.length - 1; at >= 0; at -= 1) {
      const option = (prefix?.[at] ?? 0) + 1
      if (option >= (sizes[at] ?? 0)) continue
      prefix = [...Array.from({ length: at }, (_, index) => prefix?.[index] ?? 0), option]
      return
    }
    prefix = undefined
  }
  let begun = false
  return {
    begin: () => {
      if (begun) close()
      begun = true
      if (prefix === undefined) return undefined
      const own = prefix
      const steps: string[] = []
      const options: number[] = []
      taken = steps
      sizes = options
      return {
        taken: steps,
        next: (waiting) => {
          const choice = Math.min(own[options.length] ?? 0, waiting.length - 1)
          options.push(waiting.length)
          steps.push(waiting[choice] ?? '')
          return choice
        },
      }
    },
    hashes: () => seen,
  }
}

/** A choice by chance, for races with more interleavings than can be played; distinct ones are told by their hash. */
export function drawn(random: (length: number) => Uint8Array): Choices {
  const taken: string[] = []
  return {
    taken,
    next: (waiting) => {
      const drawnAt = new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) % waiting.length
      taken.push(waiting[drawnAt] ?? '')
      return drawnAt
    },
  }
}

export const hashOf = (taken: readonly string[]): string => toHex(sm3(utf8(taken.join('\n'))))
