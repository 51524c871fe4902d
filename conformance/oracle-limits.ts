// The state machine's view of limits (INV-26): what a user pays with own money stays within what was set per payment, day
// and year at the moment when it was taken, and what a person pays from balances within the class of the account. What
// was asked back may count or not, as the wallet's house has it: between the two readings nothing is decided.
import { beijingDay, type Text } from '../wire/wire.ts'
import { type Call, type Finding, keyOf, ruling, type Story, unknown } from './exchanges.ts'
import { callsOf, type Paid, paidIn, stateTold, exchangesOf } from './oracle-paid.ts'

/** Caps of the classes of accounts (PBoC 2015-43): in a lifetime for Ⅰ, in a year for Ⅱ and Ⅲ. */
const CLASSES: Readonly<Record<string, bigint>> = { I: 100_000n, II: 10_000_000n, III: 20_000_000n }

/** One payment that counts: `day` is undefined where it was under way over midnight. */
type Spent = {
  readonly paid: Paid
  /** The message before which nothing of it was decided. */
  readonly from: number
  readonly user: string
  readonly day: string | undefined
  readonly own: bigint
  readonly balance: bigint | undefined
}

export function limits(story: Story): readonly Finding[] {
  const calls = callsOf(story)
  const set = calls.some((call) => limitsTold(call) !== undefined)
  const classed = calls.some((call) => classTold(call) !== undefined)
  if (!set && !classed) return []
  const paid = paidIn(story)
  const spent = paid.flatMap((one) => spentBy(calls, one))
  // What nobody can count may count.
  const open = spent.length < paid.length || openAmounts(story)
  return [...(set ? ofAccounts(calls, spent, open) : []), ...(classed ? ofPersons(calls, spent, open) : [])]
}

function spentBy(calls: readonly Call[], paid: Paid): Spent[] {
  const { user, own, balance, payment } = paid
  if (user === undefined || own === undefined) return []
  // What the wallet began it counted when its user began it.
  const begun = calls.find(
    ({ reply }) => payment !== '' && (reply as { payment?: unknown } | undefined)?.payment === payment,
  )
  const days = new Set([...paid.at, ...(begun === undefined ? [] : [begun.at])].map(beijingDay))
  const sure = days.size === 1 && (payment === '' || begun !== undefined)
  const from = payment === '' ? paid.asked : Math.min(paid.asked, begun?.after ?? 0)
  return [{ paid, from, user, day: sure ? [...days][0] : undefined, own, balance }]
}

/** Payments of which nobody said how they ended: they may count as well. */
function openAmounts(story: Story): boolean {
  const told = new Set(
    exchangesOf(story)
      .filter((one) => stateTold(one) !== undefined)
      .map(({ asked }) => keyOf(asked)),
  )
  return exchangesOf(story).some(
    (one) =>
      ((one.inward && one.type === 'debit') || (!one.inward && one.type === 'pay')) &&
      one.answer?.startsWith('REJ-') !== true &&
      !told.has(keyOf(one.asked)),
  )
}

const WINDOWS = {
  perPayment: { zh: '单笔限额', en: 'the limit per payment' },
  perDay: { zh: '日限额', en: 'the limit per day' },
  perYear: { zh: '年限额', en: 'the limit per year' },
} as const
type Window = keyof typeof WINDOWS
type Limits = Readonly<Partial<Record<Window, bigint>>>

function limitsTold({ method, path, status, reply }: Call): { user: string; limits: Limits } | undefined {
  const [, user] = /^\/(?:control|wallet)\/users\/([^/]+)\/limits$/.exec(path) ?? []
  if (user === undefined || method !== 'PUT' || status !== 200) return undefined
  const told = (reply ?? {}) as Readonly<Record<string, unknown>>
  const limits = (Object.keys(WINDOWS) as Window[]).flatMap((name) =>
    /^[0-9]+$/.test(String(told[name])) ? [[name, BigInt(String(told[name]))] as const] : [],
  )
  return { user, limits: Object.fromEntries(limits) }
}

/** The most that any value in force between two messages allows; none where for a moment there was no limit. */
function inForce<T>(
  calls: readonly Call[],
  read: (call: Call) => T | undefined,
  from: number,
  to: number,
): readonly (T | undefined)[] {
  let before: T | undefined
  const during: T[] = []
  for (const call of calls) {
    const told = read(call)
    if (told === undefined || call.after > to) continue
    if (call.after < from) before = told
    else during.push(told)
  }
  return [before, ...during]
}

const most = (all: readonly (bigint | undefined)[]): bigint | undefined =>
  all.some((one) => one === undefined) ? undefined : all.reduce((a, b) => ((a ?? 0n) > (b ?? 0n) ? a : b), 0n)

function ofAccounts(calls: readonly Call[], spent: readonly Spent[], open: boolean): Finding[] {
  return spent.flatMap((one) => {
    const { paid, user } = one
    const force = inForce(
      calls,
      (call) => {
        const told = limitsTold(call)
        return told?.user === user ? told.limits : undefined
      },
      one.from,
      paid.told,
    )
    return (Object.keys(WINDOWS) as Window[]).flatMap((window) => {
      const cap = most(force.map((limits) => limits?.[window]))
      if (cap === undefined) return []
      const same = spent.filter((other) => other.user === user && inWindow(window, one, other))
      return [judged(`${paid.key} within ${window} of ${user}`, WINDOWS[window], one, same, cap, open, ownOf)]
    })
  })
}

/** `undefined` days may lie in any window: such payments count towards what may have been spent. */
function inWindow(window: Window, one: Spent, other: Spent): boolean {
  if (one === other) return true
  if (window === 'perPayment') return false
  const length = window === 'perDay' ? 8 : 4
  return (
    one.day === undefined ||
    other.day === undefined ||
    one.day.slice(0, length) === other.day.slice(0, length)
  )
}

const ownOf = ({ own }: Spent): bigint => own
const fromBalance = ({ balance }: Spent): bigint => balance ?? 0n

/** What was certainly spent by then, and what at most, against the cap. */
function judged(
  item: string,
  name: Text,
  one: Spent,
  same: readonly Spent[],
  cap: bigint,
  open: boolean,
  amount: (spent: Spent) => bigint,
): Finding {
  const { told } = one.paid
  let [least, top] = [0n, 0n]
  for (const other of same) {
    if (other.from > told) continue
    top += amount(other)
    const sure =
      other === one || (other.day !== undefined && one.day !== undefined && other.paid.told <= told)
    const back = other.paid.back.reduce((sum, { n, amount: some }) => (n < told ? sum + some : sum), 0n)
    if (sure && amount(other) > back) least += amount(other) - back
  }
  const evidence = same.filter(({ from }) => from <= told).flatMap(({ paid }) => paid.evidence)
  if (least <= cap && (top > cap || open))
    return unknown(
      'INV-26',
      item,
      { zh: '在途或已退的款项是否计入不得而知', en: 'nobody can know whether all of it counts' },
      evidence,
    )
  return ruling(
    'INV-26',
    item,
    least > cap
      ? { zh: `${name.zh} ${cap}，已用 ${least}`, en: `${name.en} is ${cap}, and ${least} was paid` }
      : undefined,
    { zh: `在${name.zh}之内`, en: `within ${name.en}` },
    evidence,
  )
}

/** The class of an account, where its maker or a later change named one. */
function classTold({ method, path, status, request }: Call): { user: string; tier: string } | undefined {
  const { id, tier } = (request ?? {}) as { id?: unknown; tier?: unknown }
  if (typeof tier !== 'string' || status < 200 || status > 299) return undefined
  const [, changed] = /^\/control\/users\/([^/]+)\/tier$/.exec(path) ?? []
  if (method === 'PUT' && changed !== undefined) return { user: changed, tier }
  return method === 'POST' && path === '/control/users' && typeof id === 'string'
    ? { user: id, tier }
    : undefined
}

/** Who stands behind an account: told by name or by identity document, or the account itself. */
function personsIn(calls: readonly Call[]): ReadonlyMap<string, string> {
  const persons = new Map<string, string>()
  for (const { method, path, status, request } of calls) {
    const { id, person, idNumber } = (request ?? {}) as Readonly<Record<string, unknown>>
    if (method !== 'POST' || path !== '/control/users' || status > 299 || typeof id !== 'string') continue
    persons.set(id, typeof person === 'string' ? person : typeof idNumber === 'string' ? idNumber : id)
  }
  return persons
}

function ofPersons(calls: readonly Call[], spent: readonly Spent[], open: boolean): Finding[] {
  const persons = personsIn(calls)
  // Transfers are made from balances as well, and no answer at the edge tells them.
  const more = open || calls.some(({ path }) => path.endsWith('/transfers'))
  return spent.flatMap((one) => {
    const { paid, user, balance } = one
    const person = persons.get(user)
    const tiers = inForce(
      calls,
      (call) => (classTold(call)?.user === user ? classTold(call)?.tier : undefined),
      one.from,
      paid.told,
    )
    const cap = most(tiers.map((tier) => CLASSES[tier ?? '']))
    if (person === undefined || cap === undefined || balance === undefined || balance === 0n) return []
    const life = tiers.includes('I')
    const same = spent.filter(
      (other) => persons.get(other.user) === person && (life || inWindow('perYear', one, other)),
    )
    const name = { zh: '该类账户余额付款限额', en: 'the cap of the class' }
    return [judged(`${paid.key} within the class of ${user}`, name, one, same, cap, more, fromBalance)]
  })
}
