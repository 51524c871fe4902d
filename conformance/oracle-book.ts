// The shadow ledger's reading of the subject's own book, whatever kind of payment it is about: what it posts is whole
// amounts of money, once, on the day that the switch stamped, from the right payer, back to where it came from; and the
// balances that the wallet tells are what its postings make them.
import type { Text } from '../wire/wire.ts'
import {
  balanceTold,
  type Call,
  type Exchange,
  type Finding,
  keyOf,
  ruling,
  type Story,
  text,
  tokenGiven,
} from './exchanges.ts'

/** A posting as the subject exports it. */
export type Booked = {
  readonly id: string
  /** Where it stands in the export. */
  readonly position?: string
  readonly currency?: string
  readonly item?: string
  readonly what?: string
  readonly transaction?: string
  readonly clearingDay?: string
  readonly lines: readonly { readonly account: string; readonly side: string; readonly amount: string }[]
}

export function judgeBook(story: Story, entries: readonly Booked[]): readonly Finding[] {
  const inward = story.events.filter((event): event is Exchange => event.kind === 'exchange' && event.inward)
  const calls = story.events.filter((event): event is Call => event.kind === 'call')
  const evidence = evidenceOf(inward)
  if (entries.length === 0 || evidence.length === 0) return []
  const finding = found(evidence)
  return [
    ...wholeMoney(entries, finding),
    ...onceEach(entries, finding),
    ...stampedDay(entries, inward, finding),
    ...rightPayer(entries, inward, calls, finding),
    ...goesHome(entries, inward, finding),
    ...balancesFromBook(entries, story, calls, finding),
  ]
}

type Say = (invariant: string, item: string, wrong: Text | undefined, holds: Text) => Finding
const found =
  (evidence: readonly number[]): Say =>
  (invariant, item, wrong, holds) =>
    ruling(invariant, item, wrong, holds, evidence)

const evidenceOf = (exchanges: readonly Exchange[]): number[] =>
  exchanges.flatMap(({ request, reply }) => (reply === undefined ? [request] : [request, reply]))

/** INV-04: every amount of the book is a whole number of minor units above zero. */
function wholeMoney(entries: readonly Booked[], say: Say): Finding[] {
  const wrong = entries.find(({ lines }) => lines.some(({ amount }) => !/^[1-9][0-9]{0,17}$/.test(amount)))
  return [
    say(
      'INV-04',
      'amounts of the book',
      wrong && {
        zh: `分录 ${wrong.id} 的金额不是钱`,
        en: `posting ${wrong.id} has an amount that is no money`,
      },
      { zh: '金额都是大于零的整数分', en: 'whole minor units above zero' },
    ),
  ]
}

const ONCE = new Set(['purchase', 'refund', 'void'])

/** INV-12 in the book: under one network transaction a purchase, a refund or a void is posted once. */
function onceEach(entries: readonly Booked[], say: Say): Finding[] {
  const counts = new Map<string, number>()
  for (const { transaction, what } of entries)
    if (transaction !== undefined && transaction !== '' && what !== undefined && ONCE.has(what))
      counts.set(`${what} of ${transaction}`, (counts.get(`${what} of ${transaction}`) ?? 0) + 1)
  const names = new Set<string>()
  const twice = entries.find(({ id }) => names.size === names.add(id).size)
  const named =
    twice === undefined
      ? []
      : [
          say(
            'INV-12',
            `the posting ${twice.id}`,
            { zh: `分录号 ${twice.id} 出现两次`, en: `two postings bear the name ${twice.id}` },
            { zh: '', en: '' },
          ),
        ]
  // An undone void is posted as a purchase under the void's own transaction: that is once as well.
  const once = [...counts].map(([item, count]) =>
    say(
      'INV-12',
      `the book's ${item}`,
      count > 1 ? { zh: `${item} 记账 ${count} 次`, en: `${item} was posted ${count} times` } : undefined,
      { zh: '只记账一次', en: 'posted once' },
    ),
  )
  return [...named, ...once]
}

/** INV-34: a posting for a network transaction carries a day that the switch stamped on a message about it. */
function stampedDay(entries: readonly Booked[], inward: readonly Exchange[], say: Say): Finding[] {
  const days = new Map<string, Set<string>>()
  const note = (transaction: string, day: string): void => {
    if (transaction !== '' && day !== '') days.set(transaction, (days.get(transaction) ?? new Set()).add(day))
  }
  const ofOrder = new Map<string, string>()
  for (const { type, asked } of inward) {
    const transaction = text(asked, 'transaction')
    if (type === 'debit') ofOrder.set(keyOf(asked), transaction)
    note(transaction === '' ? (ofOrder.get(keyOf(asked)) ?? '') : transaction, text(asked, 'clearingDay'))
    // What undoes a void is booked under the void's transaction.
    if (type === 'debit.void') ofOrder.set(keyOf(asked), transaction)
  }
  return entries.flatMap(({ id, transaction = '', clearingDay }) => {
    const stamped = days.get(transaction)
    if (stamped === undefined || clearingDay === undefined) return []
    const wrong = stamped.has(clearingDay)
      ? undefined
      : {
          zh: `分录 ${id} 记在 ${clearingDay}，清算组织标注 ${[...stamped].join('、')}`,
          en: `posting ${id} carries ${clearingDay}; the switch stamped ${[...stamped].join(', ')}`,
        }
    return [
      say('INV-34', `the day of ${id}`, wrong, {
        zh: '与清算组织标注的清算日一致',
        en: 'the day that the switch stamped',
      }),
    ]
  })
}

/** INV-21: what a payment by token takes from a user's account it takes from the token's owner. */
function rightPayer(
  entries: readonly Booked[],
  inward: readonly Exchange[],
  calls: readonly Call[],
  say: Say,
): Finding[] {
  const owners = new Map<string, string>()
  for (const call of calls) {
    const given = tokenGiven(call)
    if (given !== undefined) owners.set(given.token, given.user)
    const told = balanceTold(call)
    if (told?.token !== undefined) owners.set(told.token, told.user)
  }
  const payers = new Map<string, string>()
  for (const { type, asked } of inward) {
    const owner = owners.get(text(asked, 'token'))
    if (type === 'debit' && owner !== undefined) payers.set(text(asked, 'transaction'), owner)
  }
  return entries.flatMap(({ id, what, transaction = '', lines }) => {
    const owner = payers.get(transaction)
    if (owner === undefined || (what !== 'purchase' && what !== 'try')) return []
    const other = lines.find(
      ({ account, side }) => side === 'debit' && /^(USR|FRZ):/.test(account) && account.slice(4) !== owner,
    )
    return [
      say(
        'INV-21',
        `the payer of ${id}`,
        other && {
          zh: `扣的是 ${other.account}，账户标识属于 ${owner}`,
          en: `${other.account} paid; the token is ${owner}'s`,
        },
        { zh: '由账户标识的持有人付款', en: 'the owner of the token paid' },
      ),
    ]
  })
}

/** INV-22: a refund, a void or a reversal credits only accounts that the payment debited, or suspense. */
function goesHome(entries: readonly Booked[], inward: readonly Exchange[], say: Say): Finding[] {
  const originals = new Map<string, string>()
  for (const { type, asked } of inward)
    if (type === 'credit' || type === 'debit.void')
      originals.set(text(asked, 'transaction'), text(asked, 'origTransaction'))
  return entries.flatMap(({ id, what = '', transaction = '', lines }) => {
    if (!['refund', 'void', 'reversal'].includes(what)) return []
    const original = what === 'reversal' ? transaction : originals.get(transaction)
    const own = entries.filter((entry) => entry.transaction === original && entry.what === 'purchase')
    // What a wallet tried before the network had a name for it stands under the payment's own item.
    const items = new Set(own.flatMap(({ item }) => (item === undefined ? [] : [item])))
    const sources = new Set(
      entries
        .filter(
          (entry) =>
            own.includes(entry) ||
            (entry.what === 'try' && (entry.transaction === original || items.has(entry.item ?? ''))),
        )
        .flatMap((entry) => entry.lines.filter(({ side }) => side === 'debit').map(({ account }) => account)),
    )
    if (original === undefined || sources.size === 0) return []
    const stray = lines.find(
      ({ account, side }) => side === 'credit' && !sources.has(account) && !/^(SUS:|CLR|BNK:)/.test(account),
    )
    return [
      say(
        'INV-22',
        `where ${id} went`,
        stray && {
          zh: `${stray.account} 未付款却入账`,
          en: `${stray.account} was credited and paid nothing`,
        },
        { zh: '退回付款来源', en: 'back to where it came from' },
      ),
    ]
  })
}

/** INV-46: of a user whose whole life is in the export, the balance that is told is what the postings make it. */
function balancesFromBook(
  entries: readonly Booked[],
  story: Story,
  calls: readonly Call[],
  say: Say,
): Finding[] {
  const lastRead = calls.findLast(({ path }) => path.startsWith('/control/ledger'))
  if (lastRead === undefined) return []
  const moved = (after: number): boolean =>
    story.events.some((event) => event.kind === 'exchange' && event.request > after)
  if (moved(lastRead.after)) return []
  const sums = new Map<string, bigint>()
  for (const { lines } of entries)
    for (const { account, side, amount } of lines)
      sums.set(account, (sums.get(account) ?? 0n) + (side === 'credit' ? BigInt(amount) : -BigInt(amount)))
  const born = calls.flatMap((call) => {
    const id = (call.reply as { id?: unknown } | undefined)?.id
    return call.method === 'POST' && call.path === '/control/users' && call.status === 201 ? [String(id)] : []
  })
  return born.flatMap((user) => {
    const look = calls.findLast((call) => call.path === `/control/users/${user}` && call.status === 200)
    if (look === undefined || calls.indexOf(look) < calls.indexOf(lastRead)) return []
    const view = look.reply as { available?: unknown; frozen?: unknown }
    return (['available', 'frozen'] as const).flatMap((name) => {
      const told = view[name]
      if (typeof told !== 'string' || !/^-?[0-9]+$/.test(told)) return []
      const sum = sums.get(`${name === 'available' ? 'USR' : 'FRZ'}:${user}`) ?? 0n
      const wrong =
        BigInt(told) === sum
          ? undefined
          : {
              zh: `按分录 ${user} 的 ${name} 应为 ${sum}，接口答 ${told}`,
              en: `the postings make ${name} of ${user} ${sum}; it was told as ${told}`,
            }
      return [
        say('INV-46', `${name} of ${user}`, wrong, {
          zh: '接口所答与分录一致',
          en: 'the postings make it what was told',
        }),
      ]
    })
  })
}
