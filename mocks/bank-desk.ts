// What happens at the bank by itself: a slow debit comes to its end, a refund is given back, and whoever asked is told
// until it has heard. And what a person at the bank does: close a card, slow one down, read the file of a day.
import type { Job, Store } from '../store/store.ts'
import { call, type World } from '../wire/wire.ts'
import { fileLine, later, moved } from './bank-cards.ts'
import {
  agreements,
  type CardAccount,
  cardAccounts,
  type CardOrder,
  cardOrders,
  CNY,
  LAST_TRACE,
  type Movement,
  movements,
  MOVES_OF_DAY,
  traces,
} from './bank-records.ts'

type BankWorld = World<Store>

/** A slow debit is done now, unless it was taken back or the money is no longer there. */
export async function processOrder(world: BankWorld, job: Job): Promise<void> {
  const { attempt } = job.body as { attempt: string }
  const seen = cardOrders.in(await world.store.read([cardOrders.key(attempt)]), attempt)
  const keys = [
    cardOrders.key(attempt),
    cardAccounts.key(seen?.account ?? ''),
    traces.key(LAST_TRACE),
    movements.key(`${attempt}.DEBIT`),
  ]
  await world.store.change<void>(keys, (rows) => {
    const order = cardOrders.in(rows, attempt)
    const account = order && cardAccounts.in(rows, order.account)
    if (order?.state !== 'PENDING' || account === undefined) return { finish: [job], result: undefined }
    const enqueue = [later('tell', attempt, world.clock.wall())]
    if (account.state === 'CLOSED' || account.balance < order.amount) {
      const said = account.state === 'CLOSED' ? 'DECL-ACCOUNT' : 'DECL-FUNDS'
      const no: CardOrder = { ...order, state: 'FAILED', said }
      return { put: [cardOrders.put(attempt, no)], finish: [job], enqueue, result: undefined }
    }
    const { put, append } = moved(world, rows, order, account)
    return { put, append, finish: [job], enqueue, result: undefined }
  })
}

/** Whoever asked hears how it ended, under one notice id, until it has. */
export async function tellOrder(world: BankWorld, job: Job): Promise<void> {
  const { attempt, tries } = job.body as { attempt: string; tries: number }
  const order = cardOrders.in(await world.store.read([cardOrders.key(attempt)]), attempt)
  if (order === undefined) throw new Error(`nobody asked for ${attempt}`)
  const { from, bank, state, amount } = order
  const notice = `K${attempt}${state.slice(0, 3)}`.slice(0, 40)
  const reply = await call(
    world,
    'bank.notice',
    from,
    { notice, attempt, bank, state, amount, currency: CNY },
    world.profile.values.noticeWaitMs,
  )
  const heard = reply.kind === 'answered' && reply.class === 'OK'
  const { insistGapsMs } = world.profile.values
  const gap = insistGapsMs[Math.min(tries, insistGapsMs.length - 1)] ?? 1000
  const again = { ...later('tell', attempt, world.clock.wall() + gap), body: { attempt, tries: tries + 1 } }
  await world.store.change<void>([], () => ({
    finish: [job],
    enqueue: heard ? [] : [again],
    result: undefined,
  }))
}

export type CardDesk = {
  /** Closes the card behind an agreement. */
  closeCard(card: string): Promise<void>
  /** From now on its debits are processed for so long before they are done. */
  slowCard(card: string, ms: number): Promise<void>
  cardBalance(card: string): Promise<bigint | undefined>
  /** How often an attempt moved money. */
  movesOf(attempt: string): Promise<number>
  /** Gives a refund back (退票), and says so. */
  giveBack(attempt: string): Promise<void>
  /** The file of a day: H|bank|day, C|trace|attempt|kind|amount|currency|day in the order of traces, T|count|total. */
  cardFile(day: string): Promise<string>
}

export function cardDesk(world: BankWorld): CardDesk {
  const { store } = world
  const accountOf = async (card: string): Promise<string> =>
    agreements.in(await store.read([agreements.key(card)]), card)?.account ?? ''
  const changed = async (card: string, more: Partial<CardAccount>): Promise<void> => {
    const name = await accountOf(card)
    await store.change<void>([cardAccounts.key(name)], (rows) => {
      const account = cardAccounts.in(rows, name)
      if (account === undefined) throw new Error(`no card was signed as ${card}`)
      return { put: [cardAccounts.put(name, { ...account, ...more })], result: undefined }
    })
  }
  return {
    closeCard: (card) => changed(card, { state: 'CLOSED' }),
    slowCard: (card, slowMs) => changed(card, { slowMs }),
    cardBalance: async (card) => {
      const name = await accountOf(card)
      return cardAccounts.in(await store.read([cardAccounts.key(name)]), name)?.balance
    },
    movesOf: async (attempt) => {
      const kinds = ['DEBIT', 'REFUND', 'PAYOUT', 'REVERSAL'] as const
      const rows = await store.read(kinds.map((what) => movements.key(`${attempt}.${what}`)))
      return rows.size
    },
    giveBack: (attempt) => giveBack(world, attempt),
    cardFile: (day) => cardFile(world, day),
  }
}

async function giveBack(world: BankWorld, attempt: string): Promise<void> {
  const seen = cardOrders.in(await world.store.read([cardOrders.key(attempt)]), attempt)
  const keys = [
    cardOrders.key(attempt),
    cardAccounts.key(seen?.account ?? ''),
    traces.key(LAST_TRACE),
    movements.key(`${attempt}.DEBIT`),
  ]
  await world.store.change<void>(keys, (rows) => {
    const order = cardOrders.in(rows, attempt)
    const account = order && cardAccounts.in(rows, order.account)
    if (order?.what !== 'REFUND' || order.state !== 'SUCCESS' || account === undefined)
      throw new Error(`${attempt} is no refund that was done`)
    const line = fileLine(world, rows, attempt, 'DEBIT', order.amount)
    return {
      put: [
        ...line.put,
        cardOrders.put(attempt, { ...order, state: 'RETURNED' }),
        cardAccounts.put(account.account, { ...account, balance: account.balance - order.amount }),
      ],
      enqueue: [later('tell', attempt, world.clock.wall())],
      result: undefined,
    }
  })
}

const PAGE = 500

async function cardFile({ me, store }: BankWorld, day: string): Promise<string> {
  const lines: string[] = []
  let total = 0n
  for (let from = `${day}.`; ; ) {
    const page = await store.scan(MOVES_OF_DAY, from, `${day}/`, PAGE)
    for (const { value } of page) {
      const { trace, attempt, what, amount } = value as Movement
      lines.push(`C|${trace}|${attempt}|${what}|${amount}|${CNY}|${day}`)
      total += amount
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) break
    from = `${last.at}!`
  }
  return [`H|${me}|${day}`, ...lines, `T|${lines.length}|${total}`, ''].join('\n')
}
