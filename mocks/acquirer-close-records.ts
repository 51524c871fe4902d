// What the acquirer keeps about clearing days: the days as they were loaded, the files, breaks that wait for somebody, and what
// merchants were paid.
import type { BreakKind, VerdictKind } from '../clearing/clearing.ts'
import { kind, type Put, type Store } from '../store/store.ts'

export type AcquirerDay = {
  readonly day: string
  readonly version: number
  readonly digest: string
  readonly lines: number
  readonly verdicts: Readonly<Record<string, number>>
  /** The file's sum; positive: we receive. */
  readonly net: bigint
}
export const acquirerDays = kind<AcquirerDay>('close-day')
export const acquirerFiles = kind<Uint8Array>('close-file')
export const acquirerNets = kind<{ readonly digest: string; readonly net: bigint }>('net-notice')
export const dayTrouble = kind<{ readonly attempts: number; readonly because: string }>('close-trouble')
/** By item: the verdict, and the day whose file gave it. */
export const itemVerdicts = kind<{ readonly kind: VerdictKind; readonly day: string }>('close-verdict')

export type AcquirerBreak = {
  readonly id: string
  readonly kind: BreakKind | 'NET_DIFF'
  readonly day: string
  readonly transaction: string
  readonly ours?: bigint
  readonly theirs?: bigint
  readonly suspense?: { readonly account: 'SUS:L' | 'SUS:S'; readonly amount: bigint }
  readonly state: 'WAITING' | 'OPEN' | 'PROPOSED' | 'DONE'
  readonly openedAt: number
  readonly proposal?: {
    readonly maker: string
    readonly reason: string
    readonly action: 'write-off' | 'accept'
  }
  readonly outcome?: { readonly what: string; readonly by: string }
}
const BREAKS = 'clearing-cases'
const plainBreaks = kind<AcquirerBreak>('clearing-case')
export const breaks = {
  ...plainBreaks,
  put: (id: string, one: AcquirerBreak): Put =>
    plainBreaks.put(id, one, {
      indexed: { [BREAKS]: `${one.state === 'DONE' ? 'done' : 'open'}.${one.day}.${id}` },
    }),
}
export const breakId = (of: AcquirerBreak['kind'], day: string, transaction: string): string =>
  `${of}.${day}.${transaction}`

const PAGE = 500
export async function breaksIn(
  { store }: { readonly store: Store },
  which: 'open' | 'done',
  day = '',
): Promise<readonly AcquirerBreak[]> {
  const found: AcquirerBreak[] = []
  for (let from = `${which}.${day}`; ; ) {
    const page = await store.scan(BREAKS, from, day === '' ? `${which}/` : `${which}.${day}/`, PAGE)
    for (const { value } of page) found.push(value as AcquirerBreak)
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return found
    from = `${last.at}!`
  }
}

/** What a merchant was paid on a business day, or, where it owed us, what is carried on. */
export type Payout = {
  readonly merchant: string
  readonly on: string
  readonly days: readonly string[]
  readonly cleared: bigint
  readonly before: bigint
  readonly paid: bigint
  readonly carried: bigint
}
const PAYOUTS = 'payouts'
const plainPayouts = kind<Payout>('payout')
export const payouts = {
  ...plainPayouts,
  put: (id: string, one: Payout): Put =>
    plainPayouts.put(id, one, { indexed: { [PAYOUTS]: `${one.on}.${one.merchant}` } }),
}
export const payoutsOn = async (
  { store }: { readonly store: Store },
  on: string,
): Promise<readonly Payout[]> =>
  (await store.scan(PAYOUTS, `${on}.`, `${on}/`, PAGE)).map(({ value }) => value as Payout)
/** By merchant and clearing day: the payout that had it. */
export const paidDays = kind<{ readonly payout: string }>('paid-day')
export const carries = kind<{ readonly amount: bigint }>('payout-carry')
