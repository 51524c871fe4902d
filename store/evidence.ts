// What must hold of a store after the load of load.ts, however often its processes were killed: each fault is a
// sentence. `journal` is every committed entry; nothing may be under way while this looks.
import {
  effectOf,
  type Held,
  jobOf,
  leftOf,
  LOAD,
  numberIn,
  type Paid,
  paidOf,
  rightOf,
  type Worked,
  workedOf,
} from './load.ts'
import { type Entry, type Instant, type Key, START, type Store } from './store.ts'

/** What the processes have said: changes of which they were told that they are durable, jobs taken from them. */
type Told = Readonly<Record<'paid' | 'worked' | 'lost', ReadonlySet<string>>>

export async function faultsIn(
  store: Store,
  journal: readonly Entry[],
  told: Told,
  at: Instant,
): Promise<readonly string[]> {
  const paid = bodiesOf<Paid>(journal, 'paid')
  return [
    ...missing(told.paid, new Set(paid.map(({ body }) => body.id)), 'paid'),
    ...missing(told.worked, new Set(bodiesOf(journal, 'worked').map(({ item }) => item)), 'worked'),
    ...[...told.lost].map((id) => `the job ${id} was taken from its holder before its lease was over`),
    ...repeated(paid.map(({ body }) => body.id)),
    ...(await unequalRows(store, journal)),
    ...(await wrongCounts(store, journal)),
    ...(await wrongExpiries(store, paid, at)),
    ...sharedHolds(journal),
    ...(await wrongJobs(store, journal, at)),
  ]
}

type Shown<T> = Entry & { readonly body: T }

/** The load wrote these bodies, so their shape follows from the kind. */
const bodiesOf = <T>(journal: readonly Entry[], kind: string): readonly Shown<T>[] =>
  journal.filter((entry) => entry.kind === kind) as unknown as readonly Shown<T>[]

const missing = (ids: ReadonlySet<string>, there: ReadonlySet<string>, what: string): readonly string[] =>
  [...ids]
    .filter((id) => !there.has(id))
    .map((id) => `the change "${what} ${id}" was acknowledged and is not in the journal`)

const repeated = (ids: readonly string[]): readonly string[] => {
  const seen = new Set<string>()
  return ids
    .filter((id) => seen.size === seen.add(id).size)
    .map((id) => `the change "paid ${id}" is in the journal twice`)
}

/** Both rows of a pair count its entries, which were numbered in the order in which they are read. */
async function unequalRows(store: Store, journal: readonly Entry[]): Promise<readonly string[]> {
  const pairs = Array.from({ length: LOAD.pairs }, (_, pair) => pair)
  const rows = await store.read(pairs.flatMap((pair) => [leftOf(pair), rightOf(pair)]))
  const marks = await store.scan('pair', '', '~', 10 * LOAD.pairs)
  const paid = Map.groupBy(bodiesOf<Paid>(journal, 'paid'), ({ item }) => item)
  return pairs.flatMap((pair) => {
    const entries = paid.get(leftOf(pair)) ?? []
    const [left, right] = [numberIn(rows, leftOf(pair)), numberIn(rows, rightOf(pair))]
    const astray = entries.findIndex(({ body }, index) => body.nth !== index + 1)
    const found = marks.filter(({ key }) => key === leftOf(pair) || key === rightOf(pair)).map(({ at }) => at)
    const expected = left === 0 ? [] : [`${pair}:${left}`, `${pair}:${left}`]
    return [
      ...(left === right ? [] : [`pair ${pair} is half changed: left is ${left}, right is ${right}`]),
      ...(left === entries.length ? [] : [`pair ${pair} is at ${left} and has ${entries.length} entries`]),
      ...(astray === -1
        ? []
        : [`entry ${astray + 1} of pair ${pair} is numbered ${entries[astray]?.body.nth}`]),
      ...(String(found) === String(expected)
        ? []
        : [`pair ${pair} is found at ${String(found)} instead of ${String(expected)}`]),
    ]
  })
}

async function wrongCounts(store: Store, journal: readonly Entry[]): Promise<readonly string[]> {
  const countOf = async (keyOf: (counter: number) => Key, kind: string): Promise<readonly string[]> => {
    const keys = Array.from({ length: LOAD.counters }, (_, counter) => keyOf(counter))
    const rows = await store.read(keys)
    const counted = keys.reduce((sum, key) => sum + numberIn(rows, key), 0)
    const entries = bodiesOf(journal, kind).length
    return counted === entries
      ? []
      : [`the counters of "${kind}" say ${counted}, its entries are ${entries}: a change is half there`]
  }
  return [...(await countOf(paidOf, 'paid')), ...(await countOf(workedOf, 'worked'))]
}

/** Rows of changes made at this instant live on; those of earlier instants are over. */
async function wrongExpiries(
  store: Store,
  paid: readonly Shown<Paid>[],
  now: Instant,
): Promise<readonly string[]> {
  const live = paid.filter(({ body }) => now < body.at + LOAD.rowLifeMs).map(({ body }) => body.id)
  const found = (await store.scan('once', '', '~', paid.length + 1)).map(({ value }) => value as string)
  const [expected, there] = [new Set(live), new Set(found)]
  return [
    ...live.filter((id) => !there.has(id)).map((id) => `the row of "paid ${id}" is gone before it expires`),
    ...found.filter((id) => !expected.has(id)).map((id) => `the row of "paid ${id}" is there and should not`),
  ]
}

/** Leases end only when time goes on, so within one instant a job has one holder, and that one ends it. */
function sharedHolds(journal: readonly Entry[]): readonly string[] {
  const faults: string[] = []
  const holds = new Map<string, Held>()
  for (const { item, kind, body } of journal) {
    const before = holds.get(item)
    if (kind === 'held') {
      const held = body as Held
      if (before !== undefined && before.at >= held.at) {
        faults.push(`the job ${item} was held under ${before.lease} and under ${held.lease} at one time`)
      }
      holds.set(item, held)
    }
    if (kind === 'worked' && before?.lease !== (body as Worked).lease) {
      faults.push(`the job ${item} was ended under ${(body as Worked).lease}, held under ${before?.lease}`)
    }
  }
  return faults
}

/** A job of a committed change has been done once, with its effect, or can be claimed when all leases are over. */
async function wrongJobs(store: Store, journal: readonly Entry[], now: Instant): Promise<readonly string[]> {
  const jobs = bodiesOf<Paid>(journal, 'paid').map(({ body }) => jobOf(body.id))
  const done = Map.groupBy(bodiesOf(journal, 'worked'), ({ item }) => item)
  const effects = await store.read(jobs.map(effectOf))
  const claimed = await store.claim(now + LOAD.leaseMs, jobs.length + 1_000, 1, 'judge')
  const waiting = new Set(claimed.map(({ id }) => id))
  const known = new Set(jobs)
  const faults = [...waiting].filter((id) => !known.has(id)).map((id) => `the job ${id} is of no change`)
  for (const id of jobs) {
    const times = done.get(id)?.length ?? 0
    const effect = numberIn(effects, effectOf(id))
    if (times > 1) faults.push(`the job ${id} was done ${times} times`)
    if (times !== effect) faults.push(`the job ${id} was done ${times} times and its effect counts ${effect}`)
    if (times > 0 && waiting.has(id)) faults.push(`the job ${id} was done and can be claimed again`)
    if (times === 0 && !waiting.has(id))
      faults.push(`the job ${id} is lost: not done, and nobody can claim it`)
  }
  return faults
}

/** When all leases of the load are over, and also those under which `faultsIn` looked at the jobs. */
export const afterLooking = (at: Instant): Instant => at + LOAD.leaseMs + 1

/** Goes on from its last position again and again, over whichever handle it is given. */
export function journalReader() {
  const seen: Entry[] = []
  return {
    async readOn(store: Store): Promise<void> {
      for await (const entry of store.journal(seen.at(-1)?.position ?? START)) seen.push(entry)
    },
    /** Where it has read something else than a fresh reader from START does. */
    faults(journal: readonly Entry[]): readonly string[] {
      const same = (a: Entry | undefined, b: Entry | undefined): boolean =>
        a?.position === b?.position && a?.item === b?.item && a?.kind === b?.kind
      const length = Math.max(seen.length, journal.length)
      const index = Array.from({ length }, (_, at) => at).find((at) => !same(seen[at], journal[at]))
      if (index === undefined) return []
      return [
        `entry ${index + 1} of ${journal.length} appeared behind a reader: it read ${nameOf(seen[index])}, ` +
          `and from START comes ${nameOf(journal[index])}`,
      ]
    },
  }
}

const nameOf = (entry: Entry | undefined): string =>
  entry === undefined ? 'nothing' : `${entry.kind} ${entry.item} at ${entry.position}`
