// What the switch said, read three ways — an answer, a query, a notice — into one kind of news. Whatever does not
// fit the order, or contradicts itself, is odd: never a success, never a failure (CPM-019, QRY-007, QRY-008).
import { type AnswerClass, type Answered, classOf, classRow, type Fields } from '../wire/wire.ts'
import type { Notice, Refund, Sale, Says } from './acquirer-records.ts'

export type Told = {
  readonly says: Says
  readonly by: 'answer' | 'query' | 'notice' | 'reversal'
  readonly because: string
  readonly said?: AnswerClass
  readonly transaction?: string
  readonly clearingDay?: string
  /** The network knows it as wholly refunded: paid, and nothing to hand over. */
  readonly refunded?: true
}

const SALE_SAYS: Readonly<Record<string, Says>> = {
  SUCCESS: 'success',
  PART_REFUNDED: 'success',
  REFUNDED: 'success',
  FAILED: 'failed',
  REVERSED: 'reversed',
  FENCED: 'reversed',
  PENDING: 'pending',
}
/** Every other state, R_ABNORMAL among them, is not final for us and is shown to a person (RFD-026). */
const REFUND_SAYS: Readonly<Record<string, Says>> = {
  R_SUCCESS: 'success',
  R_FAILED: 'failed',
  R_CLOSED: 'failed',
  R_PENDING: 'pending',
  PENDING: 'pending',
}
const tableOf = (item: Sale | Refund) => ('of' in item ? REFUND_SAYS : SALE_SAYS)

/** The answer to a purchase. REJ-REPLAY says that the message was there before, not that it did nothing. */
export function answerTold(sale: Sale, reply: Answered<'purchase'>): Told {
  const by = 'answer'
  if (reply.kind === 'not_sent') return { by, says: 'failed', because: reply.because }
  if (reply.kind === 'unknown') return { by, says: 'pending', because: reply.because }
  const { class: said, fields } = reply
  const wrong = differs(sale, fields, said === 'OK' ? ['order', 'orderTime', 'amount', 'currency'] : [])
  const says = said === 'REJ-REPLAY' ? 'pending' : saysOf(said)
  if (wrong !== undefined && says !== 'failed')
    return { by, says: 'odd', said, because: `${said}, but ${wrong}` }
  return { by, says, said, because: `answered ${said}`, ...namesOf(fields) }
}

/** The answer to a refund: a yes is an acceptance, only a notice or a query makes it final (RFD-024). */
export function refundAnswerTold(refund: Refund, reply: Answered<'refund'>): Told {
  const by = 'answer'
  if (reply.kind !== 'answered') return { by, says: 'pending', because: reply.because }
  const { class: said, fields } = reply
  if (said !== 'REJ-REPLAY' && saysOf(said) === 'failed')
    return { by, says: 'failed', said, because: `answered ${said}` }
  const wrong = differs(refund, fields, [])
  if (wrong !== undefined) return { by, says: 'odd', said, because: `${said}, but ${wrong}` }
  return { by, says: 'pending', said, because: `answered ${said}`, ...namesOf(fields) }
}

/** The answer to a query. Its own class only says that the question was understood; the inner result decides. */
export function queryTold(item: Sale | Refund, reply: Answered<'query'>): Told {
  const by = 'query'
  if (reply.kind !== 'answered') return { by, says: 'pending', because: reply.because }
  if (reply.class !== 'OK') return { by, says: 'pending', because: `answered ${reply.class}` }
  const { fields } = reply
  const { state, origAnswer } = fields
  const read = inner(tableOf(item), state, origAnswer)
  const wrong = differs(item, fields, read.says === 'success' ? ['amount', 'currency'] : [])
  if (wrong !== undefined) return { by, says: 'odd', because: `${read.because}, but ${wrong}` }
  return { by, ...read, ...namesOf(fields), ...(state === 'REFUNDED' && { refunded: true }) }
}

export function noticeTold(item: Sale | Refund, notice: Notice): Told {
  const { about, state, answer, transaction, clearingDay } = notice
  const by = 'notice'
  const read = inner(tableOf(item), state, answer)
  if (about === 'reversal')
    return read.says === 'reversed'
      ? { by, ...read, transaction }
      : { by, says: 'odd', because: `a notice of a reversal tells ${read.because}` }
  if (about !== 'purchase' && about !== 'refund')
    return { by, says: 'odd', because: `a notice about ${about}` }
  return { by, ...read, transaction, clearingDay, ...(state === 'REFUNDED' && { refunded: true }) }
}

/** Which answer a notice that cannot be about this order deserves; undefined when it is about it. */
export function noticeRefusal(
  item: Sale | Refund,
  notice: Notice,
): { readonly class: 'REJ-CONFLICT' | 'DECL-AMOUNT'; readonly because: string } | undefined {
  if (notice.merchant !== item.merchant)
    return { class: 'REJ-CONFLICT', because: `merchant is ${notice.merchant}, not ${item.merchant}` }
  if (item.transaction !== undefined && item.transaction !== notice.transaction)
    return { class: 'REJ-CONFLICT', because: `transaction is ${notice.transaction}, not ${item.transaction}` }
  const wrong = differs(item, notice, ['amount', 'currency'])
  return wrong === undefined ? undefined : { class: 'DECL-AMOUNT', because: wrong }
}

function saysOf(answer: AnswerClass): Says {
  if (answer === 'OK') return 'success'
  return classRow(answer).definite ? 'failed' : 'pending'
}

/** State and answer code of the original must agree. A reversal keeps the answer that the sale was given. */
function inner(
  table: Readonly<Record<string, Says>>,
  state: string | undefined,
  code: string | undefined,
): { readonly says: Says; readonly because: string } {
  const because = `state ${state ?? '(none)'} with answer ${code ?? '(none)'}`
  const told = code === undefined ? undefined : classOf(code)
  const byCode: Says | undefined = code === undefined ? undefined : told === undefined ? 'odd' : saysOf(told)
  const byState: Says | undefined = state === undefined ? undefined : (table[state] ?? 'odd')
  if (byState === 'reversed') return { says: 'reversed', because }
  if (byState === undefined || byCode === undefined) return { says: byState ?? byCode ?? 'pending', because }
  return { says: byState === byCode ? byState : 'odd', because }
}

type Echo = Pick<
  Fields<'query.reply'>,
  'order' | 'orderTime' | 'amount' | 'currency' | 'transaction' | 'clearingDay'
>
const ECHOED = ['order', 'orderTime', 'amount', 'currency', 'transaction'] as const

/** The first field told that is another than the item's, or is missing where it must be told. */
export function differs(
  item: Sale | Refund,
  told: Echo,
  needed: readonly (typeof ECHOED)[number][],
): string | undefined {
  for (const name of ECHOED) {
    if (told[name] === undefined && needed.includes(name)) return `${name} is missing`
    if (told[name] !== undefined && item[name] !== undefined && told[name] !== item[name])
      return `${name} is ${told[name]}, not ${item[name]}`
  }
  return undefined
}

const namesOf = ({ transaction, clearingDay }: Echo): Pick<Told, 'transaction' | 'clearingDay'> => ({
  ...(transaction !== undefined && { transaction }),
  ...(clearingDay !== undefined && { clearingDay }),
})
