// Expectations about what is left behind: balances, states, codes and postings, each asserted apart and each asked of
// the subject by a message or by its control API. Nothing here reads the subject's insides.
import { judgeAsked, judgeGet } from './acts.ts'
import { judgeAmounts } from './crowd.ts'
import { type Cast, api, judge, ledgerSince } from './cast.ts'
import { type Edge, sayOf, sayStep } from './edge.ts'
import type { PostingView } from './events.ts'
import type { Expectation } from './page.ts'
import { INSTITUTION } from './parties.ts'
import { resolved } from './say.ts'
import { judgeUnlike } from './unlike.ts'
import { judgeTill } from './till-edge.ts'

export async function judgeState(
  cast: Cast,
  edge: Edge,
  expectation: Expectation,
  at: readonly (string | number)[],
): Promise<void> {
  // In the whole network everything the subject said is what an expectation about it rests on.
  if (cast.network !== undefined)
    cast.fromSubject.splice(0, cast.fromSubject.length, ...cast.stage.recorder.numbersFrom(INSTITUTION))
  // The oracles are asked when the page is over.
  if ('invariants' in expectation) return
  if ('balance' in expectation) return judgeBalances(cast, expectation.balance, [...at, 'balance'])
  if ('state' in expectation) return judgeStates(cast, edge, expectation.state, [...at, 'state'])
  if ('code' in expectation) return judgeCodes(cast, expectation.code, [...at, 'code'])
  if ('token' in expectation) return judgeTokens(cast, expectation.token, [...at, 'token'])
  if ('postings' in expectation) return judgePostings(cast, expectation.postings, [...at, 'postings'])
  if ('moved' in expectation) return judgeMoved(cast, expectation.moved, [...at, 'moved'])
  if ('unlike' in expectation) return judgeUnlike(cast, expectation.unlike, [...at, 'unlike'])
  if ('get' in expectation) return judgeGet(cast, expectation, at)
  if ('amounts' in expectation) return judgeAmounts(cast, expectation.amounts, [...at, 'amounts'])
  if ('heard' in expectation) return judgeAsked(cast, edge.script.asked, expectation.heard, [...at, 'heard'])
  if (cast.loaded.page.cast === 'till') return judgeTill(cast, expectation, at)
  await cast.network?.judge(cast, expectation, at)
}

async function judgeBalances(
  cast: Cast,
  balances: Readonly<Record<string, string>>,
  at: readonly (string | number)[],
): Promise<void> {
  for (const [name, amount] of Object.entries(balances)) {
    const user = cast.ids.user(name)
    const { status, body, after } = await api(cast, 'GET', `/control/users/${user}`)
    const observed = status === 200 ? String((body as { available?: unknown }).available) : `HTTP ${status}`
    judge(cast, {
      what: { zh: `${name} 的可用余额（分）`, en: `available balance of ${name}, fen` },
      expected: amount,
      observed,
      held: status === 200 ? observed === amount : undefined,
      evidence: cast.fromSubject,
      at: [...at, name],
      item: `balance of ${user} after ${after}`,
    })
  }
}

/** A state is what a query says: the subject's own word, over the wire. */
async function judgeStates(
  cast: Cast,
  edge: Edge,
  states: Readonly<Record<string, string>>,
  at: readonly (string | number)[],
): Promise<void> {
  for (const [name, state] of Object.entries(states)) {
    const deal = cast.network?.deal(name)
    await sayStep(
      cast,
      edge,
      {
        query: {
          of: name,
          by: 'order',
          ...(deal !== undefined && {
            acquirer: deal.acquirer,
            fields: { asked: deal.kind === 'refund' ? 'credit' : 'debit' },
          }),
        },
        expect: state === 'NOT_FOUND' ? { class: 'NOT_FOUND' } : { fields: { state } },
      },
      [...at, name],
    )
  }
}

async function judgeCodes(
  cast: Cast,
  codes: Readonly<Record<string, string>>,
  at: readonly (string | number)[],
): Promise<void> {
  for (const [name, state] of Object.entries(codes)) {
    const { status, body } = await api(cast, 'GET', `/control/codes/${cast.codes.get(name)?.code ?? ''}`)
    const observed = status === 200 ? String((body as { state?: unknown }).state) : `HTTP ${status}`
    judge(cast, {
      what: { zh: `付款码 ${name} 的状态`, en: `state of payment code ${name}` },
      expected: state,
      observed,
      held: status === 200 ? observed === state : undefined,
      evidence: cast.fromSubject,
      at: [...at, name],
    })
  }
}

/** A token's state, or whichever of several is allowed. */
async function judgeTokens(
  cast: Cast,
  tokens: Readonly<Record<string, string | readonly string[]>>,
  at: readonly (string | number)[],
): Promise<void> {
  for (const [name, allowed] of Object.entries(tokens)) {
    const states = typeof allowed === 'string' ? [allowed] : allowed
    const { status, body } = await api(cast, 'GET', `/control/users/${cast.ids.user(name)}`)
    const { token, tokenState } = (body ?? {}) as { token?: string; tokenState?: string }
    const observed = status === 200 ? String(tokenState) : `HTTP ${status}`
    judge(cast, {
      what: { zh: `${name} 的账户标识状态`, en: `state of the token of ${name}` },
      expected: states.join(' | '),
      observed: token === cast.users.get(name) ? observed : `${observed}, but it is another token`,
      held: status === 200 ? states.includes(observed) && token === cast.users.get(name) : undefined,
      evidence: cast.stage.recorder.numbersFrom(INSTITUTION),
      at: [...at, name],
    })
  }
}

type Lines = readonly (readonly [string, string, string])[]
type Wanted = Lines | { readonly day: string; readonly lines: Lines }

async function judgePostings(
  cast: Cast,
  expected: 'none' | readonly Wanted[],
  at: readonly (string | number)[],
): Promise<void> {
  const wanted = expected === 'none' ? [] : expected
  const all = (await ledgerSince(cast, cast.ledgerFrom)).entries
  const lines = wanted.flatMap((want) => ('day' in want ? want.lines : want))
  const entries = withoutOthers(cast, withoutTopUps(cast, all), lines)
  const count = Math.max(wanted.length, entries.length)
  if (count === 0) {
    judge(cast, {
      what: { zh: '没有任何记账（ledger Δ=0）', en: 'no posting at all (ledger Δ=0)' },
      expected: 'none',
      observed: 'none',
      held: true,
      evidence: cast.fromSubject,
      at,
    })
    return
  }
  for (let index = 0; index < count; index += 1) {
    const want = wanted[index]
    const got = entries[index]
    const [expectedText, observed] = [
      want === undefined ? 'none' : wantedText(cast, want),
      got === undefined ? 'none' : postingText(got, want !== undefined && 'day' in want),
    ]
    judge(cast, {
      what: { zh: `第 ${index + 1} 笔分录`, en: `posting ${index + 1}` },
      expected: expectedText,
      observed,
      held: expectedText === observed,
      evidence: cast.fromSubject,
      at: want === undefined ? at : [...at, index],
    })
  }
}

/** What the page's own `balance` steps put there is the examiner's doing, not the subject's. */
function withoutTopUps(cast: Cast, entries: readonly PostingView[]): readonly PostingView[] {
  let left = cast.loaded.page.steps.filter((step) => 'balance' in step).length
  return entries.filter(({ what }) => {
    if (what !== 'funding' || left === 0) return true
    left -= 1
    return false
  })
}

/** What own funds pay at a close for the coupons of earlier pages is not this page's doing. */
function withoutOthers(cast: Cast, entries: readonly PostingView[], wanted: Lines): readonly PostingView[] {
  const named = new Set(wanted.map(([, account]) => cast.ids.account(account)))
  return entries.filter(
    ({ what, lines }) =>
      what !== 'own-funds' || lines.some(({ account }) => account !== 'RSV' && named.has(account)),
  )
}

const linesText = (lines: readonly string[]): string => [...lines].sort().reverse().join(' / ')

function wantedText(cast: Cast, want: Wanted): string {
  const lines = 'day' in want ? want.lines : want
  const text = linesText(
    lines.map(([side, account, amount]) => `${side} ${cast.ids.account(account)} ${amount}`),
  )
  return 'day' in want ? `${text} on ${resolved(sayOf(cast), want.day)}` : text
}

function postingText(entry: PostingView, dated: boolean): string {
  const text = linesText(entry.lines.map(({ side, account, amount }) => `${side} ${account} ${amount}`))
  return dated ? `${text} on ${entry.clearingDay ?? 'no day'}` : text
}

/** However many postings a subject makes of it, what they come to is one: what was frozen and taken is what was taken. */
async function judgeMoved(
  cast: Cast,
  expected: 'none' | Lines,
  at: readonly (string | number)[],
): Promise<void> {
  const sums = new Map<string, bigint>()
  const all = withoutTopUps(cast, (await ledgerSince(cast, cast.ledgerFrom)).entries)
  for (const { lines } of withoutOthers(cast, all, expected === 'none' ? [] : expected))
    for (const { account, side, amount } of lines) {
      const signed = side === 'debit' ? BigInt(amount) : -BigInt(amount)
      sums.set(account, (sums.get(account) ?? 0n) + signed)
    }
  const got = [...sums].flatMap(([account, sum]) =>
    sum === 0n ? [] : [sum > 0n ? `debit ${account} ${sum}` : `credit ${account} ${-sum}`],
  )
  const wanted = (expected === 'none' ? [] : expected).map(
    ([side, account, amount]) => `${side} ${cast.ids.account(account)} ${amount}`,
  )
  const text = (lines: readonly string[]): string => (lines.length === 0 ? 'none' : linesText(lines))
  judge(cast, {
    what: { zh: '全部分录合计', en: 'what all postings come to' },
    expected: text(wanted),
    observed: text(got),
    held: text(wanted) === text(got),
    evidence:
      cast.fromSubject.length > 0 ? cast.fromSubject : cast.stage.recorder.numbersFrom(cast.stage.subjectId),
    at,
  })
}

/** Whatever a page is about, every entry it caused must balance and leave no user below zero (INV-01, INV-03). */
export async function judgeBook(cast: Cast): Promise<readonly PostingView[]> {
  const { entries } = await ledgerSince(cast, cast.ledgerFrom)
  if (entries.length === 0) return entries
  const uneven = entries.find((entry) => total(entry, 'debit') !== total(entry, 'credit'))
  judge(cast, {
    what: { zh: 'INV-01 每笔分录借贷相等', en: 'INV-01 every entry balances' },
    expected: 'debits = credits',
    observed:
      uneven === undefined
        ? 'debits = credits'
        : `${uneven.id}: ${total(uneven, 'debit')} ≠ ${total(uneven, 'credit')}`,
    held: uneven === undefined,
    evidence: cast.fromSubject,
    at: ['id'],
  })
  return entries
}

const total = (entry: PostingView, side: 'debit' | 'credit'): bigint =>
  entry.lines.reduce((sum, line) => (line.side === side ? sum + BigInt(line.amount) : sum), 0n)
