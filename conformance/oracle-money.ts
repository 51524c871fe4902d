// The state machine's view of money: what the answers so far have taken from a user, against the balances that were told.
import {
  balanceTold,
  type Exchange,
  type Finding,
  keyOf,
  type Story,
  text,
  codesGiven,
  payerNamed,
  tokenGiven,
  untold,
} from './exchanges.ts'
import {
  allOf,
  approved,
  before,
  cashOf,
  contentOf,
  definite,
  type Item,
  type Items,
  isVoided,
  numbers,
  open,
} from './oracle-items.ts'

/** INV-12 and INV-14 in money: between two looks at a balance it moved by what was approved, each item once. */
export function balances(story: Story, items: Items): Finding[] {
  const tokens = new Map<string, string>()
  const looks = new Map<string, { after: number; amount: bigint }>()
  const findings: Finding[] = []
  let blurred = false
  for (const event of story.events) {
    blurred ||= untold(event)
    if (event.kind !== 'call') continue
    const given = tokenGiven(event)
    if (given !== undefined) tokens.set(given.token, given.user)
    for (const [code, user] of codesGiven(event)) tokens.set(code, user)
    const told = balanceTold(event)
    if (told === undefined) continue
    if (told.token !== undefined) tokens.set(told.token, told.user)
    const last = looks.get(told.user)
    looks.set(told.user, { after: event.after, amount: told.amount })
    if (told.set || last === undefined) continue
    const own = [...items.values()].filter(
      ({ own: [first] }) => first !== undefined && payerNamed(tokens, first.asked) === told.user,
    )
    const touched = own.filter((item) =>
      allOf(item).some((one) => (one.reply ?? one.request) > last.after && one.request <= event.after),
    )
    if (touched.length === 0) continue
    const unsure = blurred || touched.some((item) => isUnsure(item, event.after))
    const expected = touched.reduce(
      (sum, item) => sum + takenBy(item, last.after) - takenBy(item, event.after),
      last.amount,
    )
    findings.push({
      invariant: 'INV-12',
      item: `balance of ${told.user} after ${event.after}`,
      result: unsure ? 'undecidable' : told.amount === expected ? 'holds' : 'violated',
      because: {
        zh: `应为 ${expected}，控制接口答 ${told.amount}`,
        en: `the answers make it ${expected}; the control API said ${told.amount}`,
      },
      evidence: numbers(touched.flatMap(allOf).filter((one) => one.request <= event.after)),
    })
  }
  return findings
}

/** An item is unsure while something asked of it is without a definite answer, unless the same was answered otherwise. */
export function isUnsure(item: Item, after: number): boolean {
  const here = allOf(item).filter((one) => one.request <= after)
  // What was pending and then certainly taken back has taken nothing.
  const gone = here.some(
    (one) =>
      one.type === 'debit.reverse' &&
      approved(one) &&
      ['REVERSED', 'FENCED'].includes(text(one.said, 'state')),
  )
  return here.some((one) => {
    if (one.reply !== undefined && one.reply > after) return true
    if (!open(one) || (gone && one.type === 'debit' && one.answer === 'PENDING')) return false
    return !here.some(
      (other) =>
        other.type === one.type &&
        contentOf(other) === contentOf(one) &&
        definite(other) &&
        (other.reply ?? 0) <= after,
    )
  })
}

/** Money that an item has taken from its user by then. */
function takenBy(item: Item, after: number): bigint {
  const { own, undone, refunds } = item
  const by = (one: Exchange): boolean => one.reply !== undefined && one.reply <= after && approved(one)
  const paid = own.find(by)
  if (paid === undefined) return 0n
  // A reversal that came before brought nothing back: what was approved in spite of it is taken.
  const back = undone.filter((one) => by(one) && text(one.said, 'state') !== 'FAILED' && !before(one, paid))
  if (back.length > 0) return 0n
  if (isVoided(item, by)) return 0n
  const given = new Map(refunds.filter(by).map((one) => [keyOf(one.asked), cashOf(one)]))
  return [...given.values()].reduce((left, amount) => left - amount, cashOf(paid))
}
