// Marketing is paid with own money: after a clearing day ended, what coupons cost on it, less what came back, goes from
// own funds into the reserve, issuer by issuer (自有资金→备付金; MKT-019, INV-25). The book is read on from where it was read
// last, so a day is paid once, and what is booked late for a closed day is paid at the next close.
import { clearingDayOf, nextDay, startOfClearingDay } from '../clearing/clearing.ts'
import { creditLine, debitLine } from '../ledger/ledger.ts'
import { type EntryDraft, type Job, type JobDraft, kind, START } from '../store/store.ts'
import { type PostingBody, postingEntry } from './book.ts'
import type { InstitutionWorld } from './world.ts'

type OwnFunds = {
  /** How far the journal has been read. */
  readonly read: string
  /** `<day>.<issuer>` → what its coupons cost so far, on days that are open. */
  readonly open: Readonly<Record<string, bigint>>
  /** Until when a coupon that was given can cost anything. */
  readonly until: number
}
const ownFunds = kind<OwnFunds>('own-funds')
const KEY = 'book'
/** A payment of before a coupon's end may succeed after it. */
const GRACE_MS = 24 * 3600 * 1000
const NOTHING: OwnFunds = { read: START, open: {}, until: 0 }

/** The next close: a while after the cut-off, when what was stamped before it has been booked. */
export function ownFundsJob(world: InstitutionWorld): JobDraft {
  const { cutOff, ownFundsDelayMs } = world.profile.values
  const ending = clearingDayOf(world.clock.wall() - ownFundsDelayMs, cutOff)
  const dueAt = startOfClearingDay(nextDay(ending), cutOff) + ownFundsDelayMs
  return { id: 'own-funds', kind: 'own-funds', dueAt, body: {} }
}

export async function payOwnFunds(world: InstitutionWorld, job: Job): Promise<void> {
  const { cutOff, ownFundsDelayMs } = world.profile.values
  const now = world.clock.wall()
  const today = clearingDayOf(now - ownFundsDelayMs, cutOff)
  for (;;) {
    const before = ownFunds.in(await world.store.read([ownFunds.key(KEY)]), KEY) ?? NOTHING
    const book = await readOn(world, before)
    const closed = Object.entries(book.open).filter(([name]) => dayOf(name) < today)
    const open = Object.fromEntries(Object.entries(book.open).filter(([name]) => dayOf(name) >= today))
    const more = Object.keys(open).length > 0 || book.until + GRACE_MS >= now
    const result = await world.store.change([ownFunds.key(KEY)], (rows) => {
      if ((ownFunds.in(rows, KEY) ?? NOTHING).read !== before.read) return { result: 'again' as const }
      return {
        put: [ownFunds.put(KEY, { ...book, open })],
        append: closed.flatMap(([name, cost]) => transfer(name, cost, today)),
        finish: [job],
        enqueue: more ? [ownFundsJob(world)] : [],
        result: 'paid' as const,
      }
    })
    if (result === 'paid') return
  }
}

const dayOf = (name: string): string => name.slice(0, 8)

async function readOn({ store }: InstitutionWorld, before: OwnFunds): Promise<OwnFunds> {
  const open: Record<string, bigint> = { ...before.open }
  let { read, until } = before
  for await (const entry of store.journal(read, { kinds: ['posting', 'coupon'] })) {
    read = entry.position
    if (entry.kind === 'coupon') {
      until = Math.max(until, (entry.body as { expiresAt: number }).expiresAt)
      continue
    }
    const { entry: posted, clearingDay } = entry.body as PostingBody
    for (const { account, side, amount } of posted.lines) {
      if (!account.startsWith('CPN:') || clearingDay === undefined) continue
      const name = `${clearingDay}.${account.slice('CPN:'.length)}`
      open[name] = (open[name] ?? 0n) + (side === 'debit' ? amount : -amount)
    }
  }
  return { read, open, until }
}

/** Where more came back than was spent, the reserve gives it back. */
function transfer(name: string, cost: bigint, today: string): EntryDraft[] {
  if (cost === 0n) return []
  const clearingDay = dayOf(name)
  const issuer = name.slice(9)
  const own = `OWN:${issuer}`
  const lines =
    cost > 0n
      ? [debitLine('RSV', cost), creditLine(own, cost)]
      : [debitLine(own, -cost), creditLine('RSV', -cost)]
  const body: PostingBody = {
    // A day that was closed before may have got something late: that is a transfer of its own.
    entry: postingEntry(`own:${clearingDay}:${issuer}:${today}`, '156', lines),
    clearingDay,
    what: 'own-funds',
  }
  return [{ item: `CPN:${issuer}`, kind: 'posting', body }]
}
