// For this room's tests: one party, one store, a clock that only the test moves, and a switch at the party's edge that
// answers what the test wrote for it. Everything said to that switch is kept, with its head.
import { generateKeyPair, keyring, publicHalf } from '../crypto/crypto.ts'
import { memoryStore, type Store } from '../store/store.ts'
import {
  type AnswerClass,
  answerFields,
  classOf,
  codeOf,
  type Clock,
  directory,
  type Directory,
  type Endpoint,
  type Fields,
  type Head,
  isTurned,
  open,
  type PartyRole,
  PROFILES,
  type Reply,
  type ReplyType,
  replyTypeOf,
  type RequestType,
  type Sealed,
  type Sealer,
  type SealedMessage,
  seal,
  type World,
} from '../wire/wire.ts'
import { acquirerParty, type AcquirerWorld, entries, type SaleOrder } from './acquirer.ts'

export const [SWITCH, ACQUIRER, BANK, STRANGER] = ['10000001', '20000001', '30000001', '40000001'] as const
const ROLES: Readonly<Record<string, PartyRole>> = {
  [SWITCH]: 'switch',
  [ACQUIRER]: 'acquirer',
  [BANK]: 'bank',
  [STRANGER]: 'institution',
}
/** 2026-11-22 10:00:00, Beijing. */
const START_AT = Date.UTC(2026, 10, 22, 2)

export type TestClock = Clock & { move(ms: number): void }

function testClock(start: number): TestClock {
  let now = start
  let waits: { readonly at: number; readonly wake: () => void }[] = []
  return {
    wall: () => now,
    mono: () => BigInt(now) * 1_000_000n,
    until: (at, stop) =>
      new Promise((wake) => {
        waits.push({ at, wake })
        stop?.addEventListener('abort', () => wake())
        if (at <= now || stop?.aborted === true) wake()
      }),
    move: (ms) => {
      now += ms
      for (const { wake } of waits.filter(({ at }) => at <= now)) wake()
      waits = waits.filter(({ at }) => at > now)
    },
  }
}

/** Different at every call, the same in every run. */
function testRandom(): World<unknown>['random'] {
  let state = 1
  return (length) =>
    Uint8Array.from({ length }, () => {
      state = (state * 48_271) % 2_147_483_647
      return state & 0xff
    })
}

export type Network = { readonly clock: TestClock; sealer(me: string, clock?: Clock): Sealer }

/** Everybody's certificates over one shared secret: suite sm3-shared, profile sim. */
export async function network(): Promise<Network> {
  const profile = PROFILES['sim']
  if (profile === undefined) throw new Error('there is no profile sim')
  const clock = testClock(START_AT)
  const random = testRandom()
  const pair = await generateKeyPair('sm3-shared', random)
  const ids = Object.keys(ROLES)
  const certificates = ids.flatMap((owner) =>
    (['sign', 'encrypt'] as const).map((use) => ({
      id: `${owner}${use === 'sign' ? 1 : 2}`,
      owner,
      use,
      key: publicHalf(pair),
      notBefore: 0,
      notAfter: START_AT * 2,
    })),
  )
  const parties = ids.map((id) => ({ id, role: ROLES[id] ?? 'switch', name: id }))
  const book: Directory = directory(parties, certificates)
  const keys = keyring(new Map(certificates.map(({ id }) => [id, pair])))
  return { clock, sealer: (me, own = clock) => ({ me, profile, clock: own, random, keys, directory: book }) }
}

/** Reply fields to say, or what becomes of the message instead. */
export type Said<T extends RequestType> =
  | Fields<ReplyType<T>>
  | 'lost'
  | 'not_sent'
  | 'garbled'
  | 'unknown_code'
export type Script = { [T in RequestType]?: (fields: Fields<T>, nth: number) => Said<T> | Promise<Said<T>> }
export type Spoken = {
  readonly type: RequestType
  readonly at: number
  readonly head: Head
  readonly fields: object
}

export type Edge = {
  readonly script: Script
  readonly spoken: readonly Spoken[]
  send: World<unknown>['send']
}

/** The switch as the script has it. What the script does not name is lost. */
function edge(me: Sealer): Edge {
  const script: Script = {}
  const spoken: Spoken[] = []
  const send: World<unknown>['send'] = async (_to, sealed): Promise<Reply> => {
    const heard = await open(me, sealed, { requests: ['purchase', 'query', 'reversal', 'refund'] })
    if (heard.kind === 'refused') throw new Error(`the test's switch cannot read ${heard.field}`)
    const { type, fields } = heard.message
    const act = script[type] as ((fields: object, nth: number) => Promise<object | string>) | undefined
    const nth = spoken.filter((one) => one.type === type).length
    spoken.push({ type, at: me.clock.wall() - START_AT, head: heard.head, fields })
    const said = (await act?.(fields, nth)) ?? 'lost'
    if (said === 'not_sent') return { kind: 'not_sent' }
    if (said === 'lost') return { kind: 'no_reply' }
    const answered = said === 'unknown_code' ? { ...answerFields('OK'), answer: 'ZZ' } : said
    const plain = typeof answered === 'string' ? answerFields('OK') : answered
    const reply = await seal(me, {
      type: replyTypeOf(type) as 'purchase.reply',
      to: heard.from,
      ref: heard.ref,
      fields: plain as Fields<'purchase.reply'>,
    })
    if (said === 'garbled') return { kind: 'reply', sealed: spoilt(reply.sealed) }
    return { kind: 'reply', sealed: reply.sealed }
  }
  return { script, spoken, send }
}

/** The last byte of a part changed: readable, and not to be believed. */
export function spoilt(sealed: Sealed): Sealed {
  const bytes = Uint8Array.from(sealed.bytes)
  // The frame ends with the signature's length, which is nought in this order; the tag lies before it.
  const at = bytes.length - 8
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return { ...sealed, bytes }
}

export type Delivered = {
  readonly class: AnswerClass | 'turned'
  readonly repeated: boolean
  readonly fields: object
}

/** Posts a sealed request to a party and reads its answer. */
export async function deliver<T extends RequestType>(
  from: Sealer,
  to: Endpoint,
  type: T,
  message: Pick<SealedMessage<T>, 'sealed' | 'ref'>,
): Promise<Delivered> {
  const reply = await to.receive(message.sealed)
  if (isTurned(reply)) return { class: 'turned', repeated: false, fields: reply.refusal }
  const opened = await open(from, reply, { replyTo: { type, to: to.me, ref: message.ref } })
  if (opened.kind === 'refused') throw new Error(`the reply does not open: ${opened.field}`)
  const fields = opened.message.fields as Fields<'notify.payee.reply'>
  const said = classOf(fields.answer)
  if (said === undefined) throw new Error(`reply code ${fields.answer} is in no table`)
  return { class: said, repeated: fields.repeated === '1', fields }
}

export const testStore = (clock: Clock): Store => memoryStore({ now: () => clock.wall(), checked: true })

/** Does what is due, moving the clock from job to job, until `ms` from now. */
async function run(party: Endpoint, clock: TestClock, ms: number): Promise<void> {
  const end = clock.wall() + ms
  for (;;) {
    const due = await party.nextDue()
    if (due === undefined || due > end) break
    clock.move(Math.max(0, due - clock.wall()))
    await party.work()
  }
  clock.move(Math.max(0, end - clock.wall()))
}

async function gather<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

type Notice = Fields<'notify.payee'>
export type Bed = Awaited<ReturnType<typeof acquirerBed>>

/** An acquirer at the scripted edge, with what its tests say to it and read from it. */
export async function acquirerBed() {
  const { clock, sealer } = await network()
  const store = testStore(clock)
  const me = sealer(SWITCH)
  const at = edge(me)
  const failures: unknown[] = []
  const world: AcquirerWorld = { ...sealer(ACQUIRER), store, send: at.send, switchId: SWITCH }
  const start = (over: AcquirerWorld = world) => acquirerParty(over, (error) => failures.push(error))
  const party = start()
  const notify = async (fields: Notice, from = SWITCH as string, to: Endpoint = party) => {
    const message = await seal(sealer(from), { type: 'notify.payee', to: ACQUIRER, fields })
    return { ...(await deliver(sealer(from), to, 'notify.payee', message)), message }
  }
  return {
    clock,
    sealer,
    store,
    world,
    party,
    start,
    notify,
    script: at.script,
    spoken: at.spoken,
    said: (type: RequestType) => at.spoken.filter((one) => one.type === type),
    /** Lets the jobs of `ms` happen; a job that threw is a defect of ours. */
    run: async (ms: number, other: Endpoint = party) => {
      await run(other, clock, ms)
      if (failures.length > 0) throw failures[0]
    },
    /** Begins something that its test lets die: what it never hears, it never says. */
    begin: (work: Promise<unknown>) => void work.catch((error: unknown) => failures.push(error)),
    state: async (order = 'ORDER-01') => (await party.sale(order, ORDER_TIME))?.state,
    cases: async () => (await gather(party.cases())).map(({ because }) => because),
    items: async () => gather(party.book()),
    book: async () => gather(entries(world)),
  }
}

export const ORDER_TIME = '20261122100000'
export const TRANSACTION = '20261122360000000001'
export const DAY = '20261122'
export const MERCHANT = '100000000000001'

export const order = (more: Partial<SaleOrder> = {}): SaleOrder => ({
  order: 'ORDER-01',
  orderTime: ORDER_TIME,
  merchant: MERCHANT,
  merchantName: '四方小店',
  merchantCategory: '5812',
  terminal: '00000001',
  code: '6212345678901234567',
  amount: 1200n,
  currency: '156',
  ...more,
})

const NAMES = { transaction: TRANSACTION, clearingDay: DAY } as const

/** The switch's answer to a purchase of `order()`, echo and all. */
export const answered = (what: AnswerClass, more: Partial<Fields<'purchase.reply'>> = {}) => {
  const { order: id, orderTime, merchant, amount, currency } = order()
  return { ...answerFields(what), order: id, orderTime, merchant, amount, currency, ...NAMES, ...more }
}

/** Its answer to a query: found, and what the original came to. */
export const found = (
  state: string | undefined,
  original: AnswerClass | undefined,
  more: Partial<Fields<'query.reply'>> = {},
): Fields<'query.reply'> => ({
  ...answered('OK'),
  ...(state !== undefined && { state }),
  ...(original !== undefined && { origAnswer: codeOf(original) }),
  ...more,
})

export const notice = (more: Partial<Notice> = {}): Notice => {
  const { order: id, orderTime, merchant, amount, currency } = order()
  return {
    notice: 'NOTICE-1',
    about: 'purchase',
    acquirer: ACQUIRER,
    state: 'SUCCESS',
    answer: codeOf('OK'),
    order: id,
    orderTime,
    merchant,
    amount,
    currency,
    ...NAMES,
    ...more,
  }
}
