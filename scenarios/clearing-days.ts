// Business days on the whole network, in process: our institution, two acquirers, the switch and the bank, each closing its own
// days by itself, under traffic that a seed draws. What comes out of a day is evidence and nothing else: files as they were
// published, messages as they were carried, and exports of books.
import { institutionApp } from '../institution/app.ts'
import { institutionParty, type InstitutionWorld, startClosing } from '../institution/institution.ts'
import {
  type AcquirerDesk,
  acquirerParty,
  bankParty,
  startAcquirerClosing,
  TillRefusal,
} from '../mocks/mocks.ts'
import { memoryStore, type Store } from '../store/store.ts'
import { closedDay, fileOf, startClearing, switchParty, type SwitchWorld } from '../switch/switch.ts'
import { beijingTime, type Endpoint, type Profile, type World } from '../wire/wire.ts'
import { seeded } from './chance.ts'
import { stageClock } from './clock.ts'
import type { PageEvent } from './events.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, INSTITUTION, SWITCH, testNetwork } from './parties.ts'
import { recorder } from './recorder.ts'
import { type Stage, stage } from './stage.ts'
import { asked as request, type Feature, subjectOver } from './subject.ts'

export type DayExports = {
  /** By party: the file of the day, as published. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Nets as they were told, by party; positive: it receives. */
  readonly nets: ReadonlyMap<string, bigint>
  readonly ledger: readonly LedgerLine[]
  readonly statement: string
  readonly close: Readonly<Record<string, unknown>>
  readonly cases: readonly Readonly<Record<string, unknown>>[]
  readonly acquirers: readonly Readonly<Record<string, unknown>>[]
}
export type LedgerLine = {
  readonly position: string
  readonly id: string
  readonly item: string
  readonly transaction?: string
  readonly clearingDay?: string
  readonly what: string
  readonly lines: readonly { readonly account: string; readonly side: string; readonly amount: string }[]
}

export type ClearingDays = {
  readonly now: () => number
  advance(to: number): Promise<void>
  /** Something that a till or a user does, drawn by chance. */
  act(): Promise<void>
  /** The statement of a day at the bank is handed to the institution, as the bank would send it. */
  handStatement(day: string): Promise<Readonly<Record<string, unknown>>>
  exports(day: string): Promise<DayExports>
  /** Whether the file of the day is loaded once more without effect. */
  loadAgain(day: string): Promise<Readonly<Record<string, unknown>>>
  /** SM3 over all that was carried. */
  transcript(): string
  readonly messages: () => number
  readonly failures: readonly unknown[]
}

export type DaysOptions = { readonly profile: Profile; readonly seed: string; readonly start: number }

const RICH = 100_000_000_00n
const USERS = ['ann', 'bob', 'cid', 'dan']
const json = { 'content-type': 'application/json' }

export async function clearingDays({ profile, seed, start }: DaysOptions): Promise<ClearingDays> {
  const random = seeded(`clearing days ${seed}`)
  const clock = stageClock(start)
  const network = await testNetwork(profile, random, start)
  const failures: unknown[] = []
  const failed = (error: unknown): void => void (error instanceof TillRefusal || failures.push(error))
  const nets = new Map<string, bigint>()
  const ledger: LedgerLine[] = []
  const carried = recorder(
    () => clock.now(),
    (event) => heardNet(event, nets),
  )
  const newStore = (): Store => memoryStore({ now: () => clock.now() })
  const about = { name: 'Sifang institution', kind: 'in-process', features: new Set<Feature>() } as const
  const subject = subjectOver(async (path, sent) => app.fetch(request(path, sent)), about)
  const parts = { profile, clock, random, network, recorder: carried, subject, subjectId: INSTITUTION }
  const st = stage({ ...parts, storeFor: async () => newStore() })
  const place = <E extends Endpoint>(id: string, party: E): E => {
    st.place(id, (sealed) => party.receive(sealed), party)
    return party
  }
  const worldOf = (id: string): World<Store> => ({ ...st.sealer(id), store: newStore() })
  const own: InstitutionWorld = { ...worldOf(INSTITUTION), switchId: SWITCH }
  const clearing: SwitchWorld = { ...worldOf(SWITCH), bankId: BANK, clears: true }
  const host = {
    idle: async () => ({ inFlight: 0 }),
    setClock: async () => undefined,
    restart: async () => undefined,
  }
  const app = institutionApp(place(INSTITUTION, institutionParty(own, failed)), own, host)
  place(SWITCH, switchParty(clearing, failed))
  const bank = place(BANK, bankParty(worldOf(BANK), failed))
  const tills = [ACQUIRER_A, ACQUIRER_B].map((id) => ({ ...worldOf(id), switchId: SWITCH }))
  const desks = tills.map((world) => place(world.me, acquirerParty(world, failed)))
  const asked = async (
    method: string,
    path: string,
    body?: object,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const init = body === undefined ? { method } : { method, headers: json, body: JSON.stringify(body) }
    const answer = Promise.resolve(app.fetch(request(path, init)))
    return (await (await st.through(answer)).json()) as Readonly<Record<string, unknown>>
  }
  await begun({ asked, bank, clearing, own, tills })
  const trade = trader({ st, desks, asked, failed, random: seeded(`traffic ${seed}`) })
  return {
    now: () => clock.now(),
    advance: async (to) => {
      await st.advance(to)
      // What was seen is not kept beyond the hour: the transcript goes on.
      carried.flush()
      carried.open('')
    },
    act: trade,
    handStatement: async (day) =>
      asked('POST', '/control/files', { kind: 'reserve', text: await bank.statement(day) }),
    loadAgain: async (day) => {
      const bytes = await fileOf(clearing, day, INSTITUTION, (await closedDay(clearing, day))?.version ?? 0)
      return asked('POST', '/control/files', {
        kind: 'day',
        day,
        base64: Buffer.from(bytes ?? []).toString('base64'),
      })
    },
    exports: (day) => exported(day, { app, clearing, bank, nets, desks, ledger }),
    transcript: () => carried.transcript(),
    messages: () => carried.count(),
    failures,
  }
}

type Beginning = Pick<Traffic, 'asked'> & {
  readonly bank: ReturnType<typeof bankParty>
  readonly clearing: SwitchWorld
  readonly own: InstitutionWorld
  readonly tills: readonly Parameters<typeof startAcquirerClosing>[0][]
}

/** Users with money, accounts at the bank, and from here on everybody closes its days by itself. */
async function begun({ asked, bank, clearing, own, tills }: Beginning): Promise<void> {
  for (const id of USERS) {
    await asked('POST', '/control/users', { id, balance: '2000000' })
    await asked('POST', `/wallet/users/${id}/sign-up`)
  }
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B, SWITCH]) await bank.open(party, RICH)
  await startClearing(clearing)
  await startClosing(own)
  for (const world of tills) await startAcquirerClosing(world)
}

/** What the switch told a party that a day comes to, as it travelled. */
function heardNet(event: PageEvent, nets: Map<string, bigint>): void {
  if (event.event !== 'message' || event.type !== 'net.notice' || event.fate !== 'delivered') return
  const { clearingDay, direction, netAmount } = (event.fields ?? {}) as Record<string, string>
  const amount = BigInt(netAmount ?? 0)
  nets.set(`${clearingDay ?? ''}.${event.to}`, direction === 'PAYS' ? -amount : amount)
}

type Around = {
  readonly app: ReturnType<typeof institutionApp>
  readonly clearing: SwitchWorld
  readonly bank: ReturnType<typeof bankParty>
  readonly nets: ReadonlyMap<string, bigint>
  /** As far as it was read; an export goes on from there. */
  readonly ledger: LedgerLine[]
  readonly desks: readonly AcquirerDesk[]
}

async function exported(
  day: string,
  { app, clearing, bank, nets, desks, ledger }: Around,
): Promise<DayExports> {
  const version = (await closedDay(clearing, day))?.version ?? 0
  const files = new Map<string, Uint8Array>()
  for (const party of [INSTITUTION, ACQUIRER_A, ACQUIRER_B]) {
    const bytes = await fileOf(clearing, day, party, version)
    if (bytes !== undefined) files.set(party, bytes)
  }
  const got = async (path: string): Promise<Response> => app.fetch(request(path, { method: 'GET' }))
  const text = await (await got(`/control/ledger?after=${ledger.at(-1)?.position ?? ''}`)).text()
  for (const line of text.split('\n')) if (line !== '') ledger.push(JSON.parse(line) as LedgerLine)
  const close = (await (await got(`/control/clearing/${day}`)).json()) as Record<string, unknown>
  const { cases } = (await (await got('/control/cases')).json()) as { cases: Record<string, unknown>[] }
  const own = [...nets]
    .filter(([name]) => name.startsWith(`${day}.`))
    .map(([name, net]) => [name.slice(9), net] as const)
  const acquirers = await Promise.all(desks.map((desk) => desk.closeView(day)))
  return {
    files,
    nets: new Map(own),
    ledger: [...ledger],
    statement: await bank.statement(day),
    close,
    cases,
    acquirers,
  }
}

type Traffic = {
  readonly st: Stage
  readonly desks: readonly AcquirerDesk[]
  asked(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>
  failed(error: unknown): void
  random(length: number): Uint8Array
}
type Sold = {
  readonly desk: number
  readonly order: string
  readonly orderTime: string
  readonly amount: bigint
}

const SHOPPING = {
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  currency: '156',
}
const REMEMBERED = 40

function trader({ st, desks, asked, failed, random }: Traffic): () => Promise<void> {
  const sold: Sold[] = []
  let count = 0
  const drawn = (below: number): number =>
    new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) % below
  const begin = (work: Promise<unknown>): void => void work.catch(failed)
  const sell = async (): Promise<void> => {
    const user = USERS[drawn(USERS.length)] ?? 'ann'
    const { code } = await asked('POST', `/wallet/users/${user}/codes`, {})
    if (typeof code !== 'string') return
    const [desk, amount, order] = [drawn(desks.length), BigInt(100 + drawn(4900)), `SALE${name()}`]
    const orderTime = beijingTime(st.clock.now())
    begin(
      desks[desk]?.sell({
        ...SHOPPING,
        terminal: `T${String(count % 9973).padStart(7, '0')}`,
        order,
        orderTime,
        code,
        amount,
      }) ?? Promise.resolve(),
    )
    sold.push({ desk, order, orderTime, amount })
    if (sold.length > REMEMBERED) sold.shift()
  }
  const name = (): string => String(count).padStart(8, '0')
  return async () => {
    count += 1
    const what = drawn(10)
    const of = sold[drawn(Math.max(1, sold.length))]
    if (what < 6 || of === undefined) await sell()
    else {
      const { order, orderTime } = of
      const desk = desks[of.desk]
      const now = { order: `BACK${name()}`, orderTime: beijingTime(st.clock.now()), of: { order, orderTime } }
      if (what < 8)
        begin(desk?.refund({ ...now, amount: 1n + BigInt(drawn(Number(of.amount))) }) ?? Promise.resolve())
      else if (what === 8) begin(desk?.reverse(order, orderTime, 'no_slip') ?? Promise.resolve())
      else begin(desk?.voidSale(now) ?? Promise.resolve())
    }
    // Now and then the wire loses or repeats something.
    if (drawn(12) === 0)
      st.faults.push({
        what: (['lose request', 'lose reply', 'twice'] as const)[drawn(3)] ?? 'twice',
        type: (['debit', 'notify.payee', 'purchase', 'credit'] as const)[drawn(4)] ?? 'debit',
        times: 1,
      })
    await st.settle()
  }
}
