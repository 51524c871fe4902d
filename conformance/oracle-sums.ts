// The shadow ledger's reading of sums over the subject's whole book: nothing is made or lost at any point of it (INV-02),
// coupons are paid with own money day by day (INV-25), limits hold of what was booked (INV-26), and what is frozen is what
// is still tried (INV-27).
import {
  type Call,
  type Exchange,
  type Finding,
  minor,
  ruling,
  type Story,
  text,
  tokenOwners,
  unknown,
} from './exchanges.ts'
import { clearedDays } from './oracle-day.ts'
import type { Booked } from './oracle-book.ts'
import { mayBeOpen } from './oracle-paid.ts'

export function judgeSums(story: Story, entries: readonly Booked[]): readonly Finding[] {
  if (entries.length === 0) return []
  const calls = story.events.filter((event): event is Call => event.kind === 'call')
  const last = calls.findLast(({ path }) => path.startsWith('/control/ledger'))
  if (last === undefined) return []
  return [
    ...conserved(entries, last),
    ...ownMoney(entries, calls, last),
    ...frozen(story, entries, calls, last),
  ]
}

const signed = ({ side, amount }: Booked['lines'][number]): bigint =>
  /^[0-9]+$/.test(amount) ? (side === 'credit' ? BigInt(amount) : -BigInt(amount)) : 0n
const nameOf = (account: string, kind: string): string | undefined =>
  account.startsWith(`${kind}:`) ? account.slice(kind.length + 1) : undefined

/** INV-02: over all accounts of a currency the sum is nothing after every posting. */
function conserved(entries: readonly Booked[], { after }: Call): Finding[] {
  const sums = new Map<string, bigint>()
  const wrong = { zh: '', en: '' }
  for (const { id, currency = '156', lines } of entries) {
    const sum = lines.reduce((total, line) => total + signed(line), sums.get(currency) ?? 0n)
    sums.set(currency, sum)
    if (sum !== 0n && wrong.en === '') {
      wrong.zh = `到分录 ${id} 为止全部账户合计 ${sum}`
      wrong.en = `up to posting ${id} all accounts together hold ${sum}`
    }
  }
  return [
    ruling(
      'INV-02',
      'the sum over the book',
      wrong.en === '' ? undefined : wrong,
      { zh: '任何时点全部账户合计为零', en: 'at every point all accounts together hold nothing' },
      [after],
    ),
  ]
}

/** Issuers of coupons that this story itself gave: of others the export may begin in the middle of a day. */
function issuersIn(calls: readonly Call[]): ReadonlySet<string> {
  const issuers = calls.flatMap(({ path, status, request }) => {
    const { issuer, from, gives } = (request ?? {}) as Readonly<Record<string, unknown>>
    if (status > 299) return []
    if (/^\/control\/users\/[^/]+\/coupons$/.test(path)) return [issuer]
    return path === '/control/campaigns' && gives === 'coupon' ? [from] : []
  })
  return new Set(issuers.filter((one) => typeof one === 'string'))
}

/** INV-25: once a day is closed, own funds brought into the reserve what its coupons cost. */
function ownMoney(entries: readonly Booked[], calls: readonly Call[], last: Call): Finding[] {
  const issuers = issuersIn(calls)
  const days = new Map<string, { cost: bigint; paid: bigint; due?: bigint }>()
  for (const { clearingDay, lines } of entries) {
    if (clearingDay === undefined) continue
    // A transfer shows that its day is closed, for every issuer; what is booked for it later is due at the next close.
    if (lines.some(({ account }) => account.startsWith('OWN:')))
      for (const [name, day] of days) if (name.slice(0, 8) <= clearingDay) day.due = day.cost
    for (const line of lines) {
      const [spent, own] = [nameOf(line.account, 'CPN'), nameOf(line.account, 'OWN')]
      const issuer = spent ?? own
      if (issuer === undefined || !issuers.has(issuer)) continue
      const name = `${clearingDay} ${issuer}`
      const day = days.get(name) ?? { cost: 0n, paid: 0n }
      if (spent !== undefined) day.cost -= signed(line)
      else day.paid += signed(line)
      days.set(name, day)
    }
  }
  return [...days].map(([name, { cost, paid, due }]) => {
    const item = `coupons of ${name}`
    const over = last.at > clearedDays(name.slice(0, 8), 3)
    if (due === undefined && !over && (cost !== 0n || paid !== 0n))
      return unknown('INV-25', item, { zh: '当日尚未关账', en: 'the day is not closed yet' }, [last.after])
    const owed = over ? cost : (due ?? 0n)
    return ruling(
      'INV-25',
      item,
      paid === owed
        ? undefined
        : {
            zh: `用券净额 ${owed}，自有资金转入 ${paid}`,
            en: `the coupons cost ${owed}; own funds paid ${paid}`,
          },
      { zh: '自有资金已补足用券净额', en: 'own funds paid what the coupons cost' },
      [last.after],
    )
  })
}

/** INV-27: of users whose whole life is in the export. */
function frozen(story: Story, entries: readonly Booked[], calls: readonly Call[], last: Call): Finding[] {
  const born = calls.flatMap(({ method, path, status, reply }) =>
    method === 'POST' && path === '/control/users' && status === 201
      ? [String((reply as { id?: unknown } | undefined)?.id)]
      : [],
  )
  const tokens = tokenOwners(calls)
  return born.flatMap((user) => {
    const account = `FRZ:${user}`
    let [held, least] = [0n, 0n]
    for (const { lines } of entries) {
      for (const line of lines) if (line.account === account) held += signed(line)
      if (held < least) least = held
    }
    const item = `frozen of ${user} in the book`
    const held0 = { zh: '冻结等于未了结的尝试', en: 'what is frozen is what is tried' }
    const negative = { zh: `冻结账户曾为 ${least}`, en: `the frozen account was at ${least}` }
    if (least < 0n) return [ruling('INV-27', item, negative, held0, [last.after])]
    const touched = entries.some(({ lines }) => lines.some((line) => line.account === account))
    const { sum, sure } = tried(story, tokens, user, last.after)
    if (!touched && sum === 0n) return []
    if (!sure || mayBeOpen(story, user, last.after))
      return [
        unknown('INV-27', item, { zh: '有款项在途', en: 'something of the user is under way' }, [last.after]),
      ]
    return [
      ruling(
        'INV-27',
        item,
        held === sum
          ? undefined
          : { zh: `未了结的尝试共 ${sum}，冻结 ${held}`, en: `${sum} is tried, and ${held} is frozen` },
        held0,
        [last.after],
      ),
    ]
  })
}

/** What the answers make of a user's branches; not sure while an answer to one is missing. */
function tried(
  { events }: Story,
  tokens: ReadonlyMap<string, string>,
  user: string,
  n: number,
): { sum: bigint; sure: boolean } {
  const branches = events.filter(
    (event): event is Exchange =>
      event.kind === 'exchange' && event.inward && event.type.startsWith('branch.') && event.request <= n,
  )
  const idOf = ({ asked }: Exchange): string => `${text(asked, 'composite')}.${text(asked, 'branch')}`
  const own = branches.filter(
    (one) => one.type === 'branch.try' && (tokens.get(text(one.asked, 'token')) ?? user) === user,
  )
  const ids = new Set(own.map(idOf))
  let [sum, sure] = [0n, true]
  for (const id of ids) {
    const same = branches.filter((one) => idOf(one) === id)
    // A branch that the wallet may end by asking the coordinator is nobody's to know.
    const asked = events.some(
      (event) => event.kind === 'exchange' && event.type === 'composite.query' && idOf(event) === id,
    )
    sure &&= !asked && same.every(({ answer }) => answer !== undefined && answer !== 'PENDING')
    const ok = (type: string): boolean => same.some((one) => one.type === type && one.answer === 'OK')
    if (ok('branch.try') && !ok('branch.confirm') && !ok('branch.cancel'))
      sum += minor(own.find((one) => idOf(one) === id)?.asked ?? {}, 'amount') ?? 0n
  }
  return { sum, sure }
}
