// The whole network around the subject: our switch, two acquirers and the bank, each with a store of its own, on the
// stage's clock and network. A crash cuts a party off in mid-step; its successor has the store and nothing else.
import { reconcile, type ReconcileItem } from '../clearing/clearing.ts'
import { type AcquirerDesk, acquirerParty, bankParty } from '../mocks/mocks.ts'
import type { Store } from '../store/store.ts'
import { clear, type ClearingDay, settleDay, switchParty, type SwitchWorld } from '../switch/switch.ts'
import type { Endpoint, World } from '../wire/wire.ts'
import { type Cast, judge, ledgerSince } from './cast.ts'
import { today } from './edge.ts'
import { type AcquirerName, type ItemIds, MERCHANTS } from './ids.ts'
import type { Expectation, SingleStep } from './page.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, INSTITUTION, SWITCH } from './parties.ts'
import { durationMs, moveTime } from './duration.ts'
import type { Stage } from './stage.ts'

type NetworkStep = Extract<
  SingleStep,
  | { fault: unknown }
  | { sell: unknown }
  | { refund: unknown }
  | { reversal: unknown }
  | { crash: unknown }
  | { close: unknown }
>

export type NetworkCast = {
  step(cast: Cast, step: NetworkStep): Promise<void>
  /** Gives the stand-ins' stores back. */
  close(): Promise<void>
  /** Lets everything under way come to its end, through every ladder. */
  rest(cast: Cast): Promise<void>
  deal(name: string): Deal | undefined
  /** The next instant at which a stand-in has something to do, or stops waiting. */
  nextDue(): Promise<number | undefined>
  judge(cast: Cast, expectation: Expectation, at: readonly (string | number)[]): Promise<void>
}

/** What a step at a till began: by whom, under which ids. */
export type Deal = {
  readonly acquirer: AcquirerName
  readonly ids: ItemIds
  readonly kind: 'sale' | 'refund'
}
type Placed = { world: World<Store> & Record<string, unknown>; kill(): void }

const HORIZON_MS = 20 * 60_000
const OPENING = 100_000_000_00n

export async function networkCast(stage: Stage): Promise<NetworkCast> {
  const stores = new Map<string, Store>()
  const deals = new Map<string, Deal>()
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const desks = new Map<AcquirerName, AcquirerDesk>()
  const closes = new Map<string, ClearingDay>()
  let last: ClearingDay | undefined
  for (const id of [SWITCH, ACQUIRER_A, ACQUIRER_B, BANK]) stores.set(id, await stage.storeFor(id))
  const storeOf = (id: string): Store => stores.get(id) ?? notHere(id)
  const lives = new Map<string, Placed>()
  const endpoints = new Map<string, Endpoint>()
  const start = <W extends World<Store>>(
    id: string,
    more: Omit<W, keyof World<Store>>,
    build: (world: W) => Endpoint,
  ): Endpoint => {
    lives.get(id)?.kill()
    const life = mortal({ ...stage.sealer(id), store: storeOf(id), ...more } as unknown as Placed['world'])
    lives.set(id, life)
    const endpoint = build(life.world as unknown as W)
    endpoints.set(id, endpoint)
    stage.place(id, (sealed) => endpoint.receive(sealed), endpoint)
    return endpoint
  }
  const startSwitch = () =>
    start<SwitchWorld>(SWITCH, { bankId: BANK }, (world) => switchParty(world, failed))
  const startAcquirer = (name: AcquirerName, id: string) => {
    start(id, { switchId: SWITCH } as never, (world) => {
      const party = acquirerParty(world as never, failed)
      desks.set(name, party)
      return party
    })
  }
  startSwitch()
  startAcquirer('A', ACQUIRER_A)
  startAcquirer('B', ACQUIRER_B)
  const bank = bankParty({ ...stage.sealer(BANK), store: storeOf(BANK) })
  stage.place(BANK, (sealed) => bank.receive(sealed), bank)
  endpoints.set(BANK, bank)
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH]) await bank.open(party, OPENING)
  const desk = (name: AcquirerName): AcquirerDesk => desks.get(name) ?? notHere(name)
  const deal = (name: string): Deal => deals.get(name) ?? notHere(name)

  return {
    step: async (cast, step) => {
      if ('fault' in step)
        stage.faults.push({
          what: step.fault.what,
          type: step.fault.type,
          times: Number(step.fault.times),
          ...(step.fault.by !== undefined && { delayMs: durationMs(step.fault.by) }),
        })
      else if ('crash' in step) {
        if (step.crash === 'switch') startSwitch()
        else startAcquirer('A', ACQUIRER_A)
      } else if ('close' in step) {
        const { day, as } = step.close
        last = await clear(
          switchWorld(lives),
          day === 'today' ? today(stage) : (closes.get(day)?.day ?? notHere(day)),
        )
        if (as !== undefined) closes.set(as, last)
        await during(stage, settleDay(switchWorld(lives), last))
      } else begin(cast, step)
      await stage.settle()
    },
    close: async () => {
      for (const life of lives.values()) life.kill()
      for (const store of stores.values()) await store.close()
    },
    deal: (name) => deals.get(name),
    nextDue: async () => {
      const dues = await Promise.all([...endpoints.values()].map((endpoint) => endpoint.nextDue()))
      const known = [...dues, stage.clock.nextWait()].filter((due) => due !== undefined)
      return known.length === 0 ? undefined : Math.min(...known)
    },
    rest: async (cast) => {
      await moveTime(cast, stage.clock.now() + HORIZON_MS)
      if (failures.length > 0) throw failures[0]
      judgeFaults(cast)
    },
    judge: async (cast, expectation, at) => {
      cast.fromSubject.splice(0, cast.fromSubject.length, ...stage.recorder.numbersFrom(INSTITUTION))
      if ('sale' in expectation)
        for (const [name, state] of Object.entries(expectation.sale))
          await judgeDeal(cast, desk(deal(name).acquirer), deal(name), name, state, [...at, 'sale', name])
      if ('fulfilled' in expectation)
        for (const [name, count] of Object.entries(expectation.fulfilled))
          await judgeFulfilled(cast, desk(deal(name).acquirer), deal(name), name, count, [
            ...at,
            'fulfilled',
            name,
          ])
      const closed = 'of' in expectation && expectation.of !== undefined ? closes.get(expectation.of) : last
      if ('net' in expectation) judgeNet(cast, closed, expectation.net, [...at, 'net'])
      if ('reconcile' in expectation && closed !== undefined)
        await judgeReconcile(
          cast,
          closed,
          expectation,
          expectation.reconcile === 'institution'
            ? await bookOfSubject(cast, closed.day)
            : await bookOfDesk(desk(expectation.reconcile === 'acquirer-a' ? 'A' : 'B'), closed.day),
          [...at, 'differences'],
        )
    },
  }

  function begin(
    cast: Cast,
    step: Exclude<NetworkStep, { fault: unknown } | { crash: unknown } | { close: unknown }>,
  ): void {
    if ('sell' in step) {
      const { as, acquirer, code, amount } = step.sell
      const ids = cast.ids.item(as)
      deals.set(as, { acquirer, ids, kind: 'sale' })
      const { acquirer: _id, ...merchant } = MERCHANTS[acquirer]
      void desk(acquirer)
        .sell({
          ...merchant,
          order: ids.order,
          orderTime: ids.orderTime,
          code: cast.codes.get(code)?.code ?? notHere(code),
          amount: BigInt(amount),
          currency: '156',
        })
        .catch(failed)
    } else if ('refund' in step) {
      const { as, of, amount } = step.refund
      const { acquirer, ids } = deal(of)
      const own = cast.ids.item(as)
      deals.set(as, { acquirer, ids: own, kind: 'refund' })
      void desk(acquirer)
        .refund({
          order: own.order,
          orderTime: own.orderTime,
          of: { order: ids.order, orderTime: ids.orderTime },
          amount: BigInt(amount),
        })
        .catch(failed)
    } else {
      const { acquirer, ids } = deal(step.reversal.of)
      void desk(acquirer).reverse(ids.order, ids.orderTime, 'no_slip').catch(failed)
    }
  }
}

function notHere(name: string): never {
  throw new Error(`${name} is not on this stage`)
}

const switchWorld = (lives: ReadonlyMap<string, Placed>): SwitchWorld =>
  (lives.get(SWITCH)?.world ?? notHere(SWITCH)) as unknown as SwitchWorld

/** Something that waits for messages, while the stage lets them happen. */
async function during<T>(stage: Stage, work: Promise<T>): Promise<T> {
  const [result] = await Promise.all([work, stage.settle()])
  return result
}

/** A world that can be cut off: after `kill` nothing it still does reaches its store or the network. */
function mortal(world: Placed['world']): Placed {
  let dead = false
  const never = new Promise<never>(() => undefined)
  const living =
    <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      dead ? never : act(...args)
  const { store } = world
  return {
    kill: () => {
      dead = true
    },
    world: {
      ...world,
      send: living(world.send),
      store: {
        ...store,
        change: living(store.change) as Store['change'],
        read: living(store.read),
        history: living(store.history),
        claim: living(store.claim),
      },
    },
  }
}

async function judgeDeal(
  cast: Cast,
  desk: AcquirerDesk,
  deal: Deal,
  name: string,
  expected: string,
  at: readonly (string | number)[],
): Promise<void> {
  const { order, orderTime } = deal.ids
  const found =
    deal.kind === 'sale' ? await desk.sale(order, orderTime) : await desk.refundOf(order, orderTime)
  judge(cast, {
    what: { zh: `收单机构所见 ${name} 的状态`, en: `state of ${name} at the acquirer` },
    expected,
    observed: found?.state ?? 'none',
    held: found?.state === expected,
    evidence: cast.fromSubject,
    at,
  })
}

async function judgeFulfilled(
  cast: Cast,
  desk: AcquirerDesk,
  deal: Deal,
  name: string,
  expected: string,
  at: readonly (string | number)[],
): Promise<void> {
  const sale = await desk.sale(deal.ids.order, deal.ids.orderTime)
  const observed = String(sale?.deliveries ?? 'none')
  judge(cast, {
    what: { zh: `${name} 的发货次数`, en: `times the goods of ${name} went out` },
    expected,
    observed,
    held: observed === expected,
    evidence: cast.fromSubject,
    at,
  })
}

/** A fault that met no message was not part of what happened: the page has then not shown what it is about. */
function judgeFaults(cast: Cast): void {
  const { faults, recorder } = cast.stage
  if (faults.length === 0) return
  const left = faults
    .filter(({ times }) => times > 0)
    .map(({ what, type, times }) => `${what} ${type} ×${times}`)
  judge(cast, {
    what: { zh: '本页设下的故障都已发生', en: 'every fault that the page laid has happened' },
    expected: 'none left',
    observed: left.length === 0 ? 'none left' : left.join(', '),
    held: left.length === 0 ? true : undefined,
    evidence: recorder.numbersFrom(INSTITUTION),
    at: ['steps'],
  })
}

const PARTY_NAMES: Readonly<Record<string, string>> = {
  institution: INSTITUTION,
  'acquirer-a': ACQUIRER_A,
  'acquirer-b': ACQUIRER_B,
}

function judgeNet(
  cast: Cast,
  cleared: ClearingDay | undefined,
  expected: Readonly<Record<string, string>>,
  at: readonly (string | number)[],
): void {
  for (const [name, amount] of Object.entries(expected)) {
    const observed =
      cleared?.positions.find(({ party }) => party === PARTY_NAMES[name])?.net.toString() ?? 'none'
    judge(cast, {
      what: { zh: `${name} 当日净额（分）`, en: `net position of ${name} for the day, fen` },
      expected: amount,
      observed,
      held: observed === amount,
      evidence: cast.fromSubject,
      at: [...at, name],
    })
  }
  const total = (cleared?.positions ?? []).reduce((sum, position) => sum + position.net, 0n)
  judge(cast, {
    what: { zh: 'INV-30 多边净额之和为零', en: 'INV-30 net positions sum to zero' },
    expected: '0',
    observed: String(total),
    held: cleared === undefined ? undefined : total === 0n,
    evidence: cast.fromSubject,
    at,
  })
}

/** The subject's own book of a day is its ledger export. */
async function bookOfSubject(cast: Cast, day: string): Promise<readonly ReconcileItem[]> {
  const { entries } = await ledgerSince(cast, cast.ledgerFrom)
  const ours: ReconcileItem[] = []
  for (const { transaction, clearingDay, what, lines } of entries) {
    const amount = lines.find(({ account }) => account === 'CLR')?.amount
    if (transaction !== undefined && clearingDay === day && what !== undefined && amount !== undefined)
      ours.push({
        transaction: keyOf(transaction, what),
        kind: what,
        day: clearingDay,
        amount: BigInt(amount),
        currency: '156',
      })
  }
  return ours
}

async function bookOfDesk(desk: AcquirerDesk, day: string): Promise<readonly ReconcileItem[]> {
  const ours: ReconcileItem[] = []
  for await (const item of desk.book())
    if (item.day === day) ours.push({ ...item, transaction: keyOf(item.transaction, item.kind) })
  return ours
}

/** The switch's items of the day against a party's own book (INV-31). */
async function judgeReconcile(
  cast: Cast,
  cleared: ClearingDay,
  { reconcile: book, differences: expected }: { reconcile: string; differences: string },
  ours: readonly ReconcileItem[],
  at: readonly (string | number)[],
): Promise<void> {
  const party = PARTY_NAMES[book]
  const theirs = cleared.items
    .filter(({ payer, payee }) => payer === party || payee === party)
    .map((item) => ({ ...item, transaction: keyOf(item.transaction, item.kind) }))
  const differences = reconcile(withoutUndone(ours), withoutUndone(theirs)).filter(
    ({ kind }) => kind !== 'matched',
  )
  const observed = String(differences.length)
  const detail = differences.map(({ kind, transaction }) => `${kind} ${transaction}`).join('; ')
  judge(cast, {
    what: {
      zh: `清算组织与 ${book} 账簿的对账差异`,
      en: `differences between the switch’s items and the book of ${book}`,
    },
    expected,
    observed: detail === '' ? observed : `${observed} (${detail})`,
    held: observed === expected,
    evidence: cast.fromSubject,
    at,
  })
}

const keyOf = (transaction: string, what: string): string => `${transaction}.${what}`

/** A purchase reversed on its own day is in neither book's net; one side may list the pair, the other nothing. */
function withoutUndone(items: readonly ReconcileItem[]): ReconcileItem[] {
  const undone = new Set(
    items
      .filter(({ kind }) => kind === 'reversal')
      .map(({ transaction }) => transaction.replace(/\.reversal$/, '')),
  )
  return items.filter(({ transaction }) => !undone.has(transaction.replace(/\.[a-z]+$/, '')))
}
