// The first oracle: a state machine. It knows what each item was asked and answered, which states follow one another,
// and nothing of accounts. Judged from messages and control replies alone.
import { type Exchange, type Finding, keyOf, minor, type Seen, type Story, text } from './exchanges.ts'
import { agreement } from './oracle-agreement.ts'
import {
  allOf,
  approved,
  before,
  contentOf,
  definite,
  fencing,
  grouped,
  type Item,
  type Items,
  isVoided,
  itemsOf,
  numbers,
  open,
} from './oracle-items.ts'
import { balances, isUnsure } from './oracle-money.ts'
import { notices } from './oracle-notice.ts'
import { frozenTold } from './oracle-frozen.ts'
import { gifts } from './oracle-gifts.ts'
import { limits } from './oracle-limits.ts'
import { rules } from './oracle-rules.ts'

/** Legal edges of a payment and of a refund (catalogue section 0, INV-10). An item may be first seen in any state. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  PENDING: ['SUCCESS', 'FAILED', 'CLOSED', 'REVERSED'],
  SUCCESS: ['REVERSED', 'VOIDED', 'PART_REFUNDED', 'REFUNDED'],
  PART_REFUNDED: ['REFUNDED'],
  VOIDED: ['SUCCESS'],
  FAILED: [],
  CLOSED: [],
  REVERSED: [],
  REFUNDED: [],
  FENCED: [],
  R_PENDING: ['R_SUCCESS', 'R_FAILED', 'R_CLOSED', 'R_ABNORMAL'],
  R_SUCCESS: ['R_ABNORMAL'],
  R_ABNORMAL: ['R_SUCCESS', 'R_CLOSED'],
  R_FAILED: [],
  R_CLOSED: [],
}

export function judgeStates(story: Story, seen: readonly Seen[] = []): readonly Finding[] {
  const exchanges = story.events.filter((event) => event.kind === 'exchange')
  const items = itemsOf(exchanges)
  const refunds = exchanges.filter(({ type, inward }) => type === 'credit' && inward)
  return [
    ...oneAnswer(exchanges),
    ...conflictInert(exchanges),
    ...[...items.values()].flatMap((item) => [...fence(item), ...cap(item), ...oneUndoing(item)]),
    ...legalPath(exchanges),
    ...codeOnce(exchanges),
    ...truthful(exchanges, items, refunds),
    ...(story.blind.length > 0 ? [] : balances(story, items)),
    ...agreement(seen, (key) => settledState(items.get(key))),
    ...rules(exchanges, story),
    ...(story.blind.length > 0 ? [] : [...gifts(story), ...limits(story), ...frozenTold(story)]),
    ...notices(story, seen),
  ]
}

const WRITES = new Set(['debit', 'debit.reverse', 'credit', 'debit.void'])

/** INV-12 in words: everything final that was said for one request is the same. */
function oneAnswer(exchanges: readonly Exchange[]): Finding[] {
  const asked = exchanges.filter((one) => one.inward && WRITES.has(one.type) && definite(one))
  const idOf = (one: Exchange): string =>
    `${one.type} ${one.type === 'debit.reverse' ? `${text(one.asked, 'reversal')} of ` : ''}${keyOf(one.asked)}`
  return [...grouped(asked, (one) => `${idOf(one)} ${contentOf(one)}`).values()]
    .filter((same) => same.length > 1)
    .map((same) => {
      const said = new Set(same.map(({ answer }) => answer ?? ''))
      return {
        invariant: 'INV-12',
        item: `answers to ${idOf(same[0] as Exchange)}`,
        result: said.size === 1 ? 'holds' : 'violated',
        because: {
          zh: `同一请求的终局应答：${[...said].join('、')}`,
          en: `final answers to one request: ${[...said].join(', ')}`,
        },
        evidence: numbers(same),
      }
    })
}

/** INV-13: under one key only one content was ever approved. */
function conflictInert(exchanges: readonly Exchange[]): Finding[] {
  const asked = exchanges.filter(({ inward, type }) => inward && (type === 'debit' || type === 'credit'))
  return [...grouped(asked, (one) => `${one.type} ${keyOf(one.asked)}`)]
    .filter(([, same]) => new Set(same.map(contentOf)).size > 1)
    .map(([key, same]) => {
      const contents = new Set(same.filter(approved).map(contentOf)).size
      return {
        invariant: 'INV-13',
        item: key,
        result: contents > 1 ? 'violated' : 'holds',
        because: {
          zh: `同一业务键下被批准的内容有 ${contents} 种`,
          en: `contents approved under one key: ${contents}`,
        },
        evidence: numbers(same),
      }
    })
}

/** INV-17: what was certainly asked after its reversal was answered is not approved anew. */
function fence({ key, own, undone }: Item): Finding[] {
  const taken = undone.filter(
    (one) => fencing(one) || (approved(one) && text(one.said, 'state') === 'REVERSED'),
  )
  const later = own.filter((one) => taken.some((reversal) => before(reversal, one)))
  if (later.length === 0) return []
  const wrong = later.filter((one) => approved(one) && !one.repeated)
  return [
    {
      invariant: 'INV-17',
      item: key,
      result: wrong.length > 0 ? 'violated' : 'holds',
      because: {
        zh: `冲正应答之后，又批准了 ${wrong.length} 次原交易`,
        en: `approvals of the original after its reversal was answered: ${wrong.length}`,
      },
      evidence: numbers([...taken, ...later]),
    },
  ]
}

/** INV-05: the refunds of a payment, done or accepted, stay within what was paid. */
function cap({ key, own, refunds }: Item): Finding[] {
  const counted = new Map<string, bigint>()
  for (const one of refunds)
    if (approved(one) || one.answer === 'PENDING')
      counted.set(keyOf(one.asked), minor(one.asked, 'amount') ?? 0n)
  if (counted.size === 0) return []
  const paid = own.filter(approved).map(({ asked }) => minor(asked, 'amount') ?? 0n)[0]
  const sum = [...counted.values()].reduce((total, amount) => total + amount, 0n)
  const unknown = own.some(open) || (own.length === 0 && paid === undefined)
  return [
    {
      invariant: 'INV-05',
      item: key,
      result: paid === undefined && unknown ? 'undecidable' : sum > (paid ?? 0n) ? 'violated' : 'holds',
      because: { zh: `已退 ${sum}，已付 ${paid ?? 0n}`, en: `refunded ${sum} of ${paid ?? 0n} paid` },
      evidence: numbers([...own, ...refunds]),
    },
  ]
}

/** INV-09: a payment is reversed or refunded, never both. */
function oneUndoing(item: Item): Finding[] {
  const { key, undone, refunds, voids } = item
  const reversed = undone.filter((one) => approved(one) && text(one.said, 'state') === 'REVERSED')
  const given = refunds.filter((one) => approved(one) || one.answer === 'PENDING')
  const asked = [undone, refunds, voids].filter((ways) => ways.length > 0).length
  if (asked < 2) return []
  const voided = isVoided(item, () => true)
  const both = [reversed.length > 0, given.length > 0, voided].filter((way) => way).length > 1
  return [
    {
      invariant: 'INV-09',
      item: key,
      result: both ? 'violated' : 'holds',
      because: {
        zh: both ? '冲正、撤销、退款中有两种同时生效' : '冲正、撤销、退款至多一种生效',
        en: both
          ? 'undone in two ways: reversed, voided or refunded'
          : 'reversed, voided or refunded: one way at most',
      },
      evidence: numbers([...undone, ...voids, ...refunds]),
    },
  ]
}

/** INV-10: the states an item was ever said to be in, one certainly after the other, follow legal edges. */
function legalPath(exchanges: readonly Exchange[]): Finding[] {
  const told = exchanges.filter(
    (one) =>
      one.inward &&
      (one.type === 'debit.query' || (one.type === 'debit.reverse' && text(one.asked, 'about') !== 'void')) &&
      Object.hasOwn(NEXT, text(one.said, 'state')),
  )
  const stated = (one: Exchange): string => text(one.said, 'state')
  return [...grouped(told, (one) => `${keyOf({ ...one.said, acquirer: one.asked['acquirer'] })}`)]
    .filter(([, same]) => same.length > 1)
    .map(([key, same]) => {
      // A repeat of a reversal tells again what it told before; it says nothing of now.
      const now = same.filter(({ repeated, type }) => type === 'debit.query' || !repeated)
      const wrong = now.flatMap((one) =>
        now
          .filter((next) => before(one, next) && !reachable(stated(one), stated(next)))
          .map((next) => [one, next] as const),
      )[0]
      return {
        invariant: 'INV-10',
        item: key,
        result: wrong === undefined ? 'holds' : 'violated',
        because: {
          zh: wrong === undefined ? '状态依次合法' : `${stated(wrong[0])} 之后不得为 ${stated(wrong[1])}`,
          en:
            wrong === undefined
              ? 'each state may follow the one before'
              : `${stated(wrong[0])} may not become ${stated(wrong[1])}`,
        },
        evidence: numbers(wrong ?? same),
      }
    })
}

function reachable(from: string, to: string, seen: ReadonlySet<string> = new Set()): boolean {
  if (from === to) return true
  if (seen.has(from)) return false
  return (NEXT[from] ?? []).some((next) => reachable(next, to, new Set([...seen, from])))
}

/** INV-19: one code pays once, and not after its life and the clocks' allowance. */
function codeOnce(exchanges: readonly Exchange[]): Finding[] {
  const paid = exchanges.filter((one) => one.inward && one.type === 'debit' && approved(one))
  return [...grouped(paid, ({ asked }) => text(asked, 'code'))].map(([code, same]) => {
    const items = new Set(same.map(({ asked }) => keyOf(asked)))
    return {
      invariant: 'INV-19',
      item: code,
      result: items.size > 1 ? 'violated' : 'holds',
      because: {
        zh: `该付款码成功支付 ${items.size} 笔`,
        en: `payments that succeeded by this code: ${items.size}`,
      },
      evidence: numbers(same),
    }
  })
}

/** INV-47: a query tells the state that follows from what was answered before it. */
function truthful(exchanges: readonly Exchange[], items: Items, refunds: readonly Exchange[]): Finding[] {
  const queries = exchanges.filter(
    (one) =>
      one.inward &&
      one.type === 'debit.query' &&
      one.reply !== undefined &&
      ['', 'debit', 'purchase'].includes(text(one.asked, 'asked')) &&
      (one.answer === 'OK' || one.answer === 'NOT_FOUND'),
  )
  return queries.flatMap((query) => {
    const key = keyOf(
      query.answer === 'OK' ? { ...query.said, acquirer: query.asked['acquirer'] } : query.asked,
    )
    const item = items.get(key)
    if (item === undefined || (text(query.asked, 'order') === '' && query.answer !== 'OK')) return []
    const about = allOf(item)
    const unsettled =
      about.some((one) => !before(one, query) && one.request < query.request) ||
      about.some((one) => one.request > query.request && one.request < (query.reply ?? 0))
    const past = about.filter((one) => before(one, query))
    const expected = stateAfter({
      ...item,
      own: item.own.filter((one) => past.includes(one)),
      undone: item.undone.filter((one) => past.includes(one)),
      refunds: refunds.filter((one) => past.includes(one)),
      voids: item.voids.filter((one) => past.includes(one)),
      unvoids: item.unvoids.filter((one) => past.includes(one)),
    })
    if (expected === undefined || unsettled || item.own.some(open)) return []
    const said = query.answer === 'NOT_FOUND' ? 'NOT_FOUND' : text(query.said, 'state')
    return [
      {
        invariant: 'INV-47',
        item: `query ${query.request} of ${key}`,
        result: said === expected ? 'holds' : 'violated',
        because: {
          zh: `应为 ${expected}，查询答 ${said}`,
          en: `the answers so far make it ${expected}; the query said ${said}`,
        },
        evidence: numbers([...past, query]),
      } as const,
    ]
  })
}

/** The state of a payment when all is over; a payment nobody asked for is as good as failed. */
function settledState(item: Item | undefined): string | undefined {
  if (item === undefined) return 'FAILED'
  return isUnsure(item, Number.POSITIVE_INFINITY) ? undefined : stateAfter(item)
}

/** What the answers so far make of a payment; undefined where they do not say. */
function stateAfter(item: Item): string | undefined {
  const { own, undone, refunds } = item
  if (undone.some(fencing)) return 'FENCED'
  const lastUndone = undone.filter(approved).map((one) => text(one.said, 'state'))
  if (lastUndone.includes('REVERSED')) return 'REVERSED'
  const paid = own.find(approved)
  if (paid === undefined)
    return own.some((one) => one.answer?.startsWith('DECL-') === true) ? 'FAILED' : undefined
  if (isVoided(item, () => true)) return 'VOIDED'
  const given = new Map(
    refunds
      .filter((one) => approved(one) || one.answer === 'PENDING')
      .map((one) => [keyOf(one.asked), minor(one.asked, 'amount') ?? 0n]),
  )
  const sum = [...given.values()].reduce((total, amount) => total + amount, 0n)
  if (sum === 0n) return 'SUCCESS'
  return sum === minor(paid.asked, 'amount') ? 'REFUNDED' : 'PART_REFUNDED'
}
