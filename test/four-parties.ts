// Acquirer, switch, institution and bank in one process on the virtual clock, for the switch's own tests. The switch
// can be cut off between any two things it does outside its own head; its successor has the store and nothing else.
import { type AcquirerDesk, acquirerParty, bankParty } from '../mocks/mocks.ts'
import {
  ACQUIRER_A,
  ACQUIRER_B,
  BANK,
  INSTITUTION,
  recorder,
  reference,
  seeded,
  type Stage,
  stage,
  stageClock,
  subjectOver,
  SWITCH,
  testNetwork,
} from '../scenarios/scenarios.ts'
import { type Entry, memoryStore, START, type Store } from '../store/store.ts'
import { switchParty, type SwitchWorld } from '../switch/switch.ts'
import { beijingTime, PROFILES } from '../wire/wire.ts'

const MERCHANT = '777290058110048'

export type PostingLine = {
  readonly item: string
  readonly transaction?: string
  readonly clearingDay?: string
  readonly what: 'purchase' | 'refund' | 'reversal' | 'funding'
  readonly lines: readonly { readonly account: string; readonly side: string; readonly amount: string }[]
}

export type FourParties = {
  readonly stage: Stage
  readonly desk: AcquirerDesk
  readonly otherDesk: AcquirerDesk
  readonly bank: ReturnType<typeof bankParty>
  /** What the switch of now is given; gone once it is cut off. */
  switchWorld(): SwitchWorld
  switchJournal(): Promise<readonly Entry[]>
  /** Cuts the switch off at the `steps`-th thing it does from now on: done already, or not yet. */
  crashIn(steps: number, when: 'before' | 'after'): void
  wallet(method: string, path: string, body?: object): Promise<Readonly<Record<string, string>>>
  codeOf(user: string): Promise<string>
  ledger(): Promise<readonly PostingLine[]>
  /** What a till asks for; begun, not awaited: nothing ends unless time is moved. */
  sell(order: string, code: string, amount: bigint, at?: { terminal?: string; desk?: AcquirerDesk }): string
  begin(work: Promise<unknown>): void
  readonly failures: readonly unknown[]
}

export async function fourParties(start: number, seed: string): Promise<FourParties> {
  const profile = PROFILES['sim'] ?? missing('profile sim')
  const clock = stageClock(start)
  const random = seeded(seed)
  const network = await testNetwork(profile, random, start)
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const newStore = (): Store => memoryStore({ now: () => clock.now(), checked: true })
  const own = reference({
    network,
    random,
    store: newStore(),
    clock: clock.view(),
    moved: clock,
    send: (to, sealed, deadline) => st.deliver(INSTITUTION, to, sealed, deadline),
  })
  const subject = subjectOver(own.fetch, { name: 'reference', kind: 'in-process', features: new Set() })
  const silent = recorder(
    () => clock.now(),
    () => undefined,
  )
  const parts = { profile, clock, random, network, recorder: silent, subject, subjectId: INSTITUTION }
  const st = stage({ ...parts, storeFor: async () => newStore() })
  const bank = bankParty({ ...st.sealer(BANK), store: newStore() })
  st.place(BANK, (sealed) => bank.receive(sealed), bank)
  const deskOf = (id: string): AcquirerDesk => {
    const party = acquirerParty({ ...st.sealer(id), store: newStore(), switchId: SWITCH }, failed)
    st.place(id, (sealed) => party.receive(sealed), party)
    return party
  }
  const [desk, otherDesk] = [deskOf(ACQUIRER_A), deskOf(ACQUIRER_B)]
  const clearing = mortalSwitch(st, newStore(), failed)
  const begin = (work: Promise<unknown>): void => void work.catch(failed)
  const wallet: FourParties['wallet'] = async (method, path, body) => {
    const headers = { 'content-type': 'application/json' }
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) }
    return (await (await own.fetch(path, init)).json()) as Readonly<Record<string, string>>
  }
  return {
    stage: st,
    desk,
    otherDesk,
    bank,
    failures,
    ...clearing,
    wallet,
    codeOf: async (user) => (await wallet('POST', `/wallet/users/${user}/codes`))['code'] ?? missing('code'),
    ledger: async () => linesOf(await (await own.fetch('/control/ledger', {})).text()),
    begin,
    sell: (order, code, amount, at = {}) => {
      const { terminal = '01080209', desk: till = desk } = at
      const orderTime = beijingTime(clock.now())
      const of = { merchant: MERCHANT, merchantName: '四方测试商户甲', merchantCategory: '5411', terminal }
      begin(till.sell({ ...of, order, orderTime, code, amount, currency: '156' }))
      return orderTime
    },
  }
}

function missing(what: string): never {
  throw new Error(`${what} is missing`)
}

const linesOf = (text: string): readonly PostingLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PostingLine)

type Mortal = Pick<FourParties, 'switchWorld' | 'switchJournal' | 'crashIn'>

function mortalSwitch(st: Stage, store: Store, failed: (error: unknown) => void): Mortal {
  let life = { world: { ...st.sealer(SWITCH), store, bankId: BANK } as SwitchWorld }
  let crash: { left: number; readonly when: 'before' | 'after' } | undefined
  const startAnew = (): void => {
    const mine = { world: { ...st.sealer(SWITCH), store, bankId: BANK } as SwitchWorld }
    mine.world = between(mine.world, async (act) => {
      const never = new Promise<never>(() => undefined)
      if (life !== mine) return never
      if (crash === undefined || --crash.left > 0) {
        const result = await act()
        return life === mine ? result : never
      }
      const { when } = crash
      crash = undefined
      startAnew()
      if (when === 'after') await act()
      return never
    })
    life = mine
    const party = switchParty(mine.world, failed)
    st.place(SWITCH, (sealed) => party.receive(sealed), party)
  }
  startAnew()
  return {
    switchWorld: () => life.world,
    switchJournal: async () => {
      const entries: Entry[] = []
      for await (const entry of store.journal(START)) entries.push(entry)
      return entries
    },
    crashIn: (steps, when) => {
      crash = { left: steps, when }
    },
  }
}

/** The same world, in which everything that reaches beyond the process passes through `step`. */
function between(world: SwitchWorld, step: <T>(act: () => Promise<T>) => Promise<T>): SwitchWorld {
  const { store } = world
  return {
    ...world,
    send: (to, sealed, deadline) => step(() => world.send(to, sealed, deadline)),
    store: {
      ...store,
      change: (keys, decide) => step(() => store.change(keys, decide)),
      read: (keys) => step(() => store.read(keys)),
      history: (item) => step(() => store.history(item)),
      claim: (now, most, leaseMs, node) => step(() => store.claim(now, most, leaseMs, node)),
    },
  }
}
