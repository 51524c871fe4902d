// What the switch said, read three ways — an answer, a query, a notice — into one kind of news. Whatever does not
// fit the order, or contradicts itself, is odd: never a success, never a failure (CPM-019, QRY-007, QRY-008).
import { type AnswerClass, type Answered, classOf, classRow, type Fields } from '../wire/wire.ts'
import type { Legs, Notice, Refund, Sale, Says, Void } from './acquirer-records.ts'

export type Told = {
  readonly says: Says
  readonly by: 'answer' | 'query' | 'notice' | 'reversal'
  readonly because: string
  readonly said?: AnswerClass
  readonly transaction?: string
  readonly clearingDay?: string
  /** What the payer paid, and who paid the rest. */
  readonly paid?: bigint
  readonly legs?: Legs
  /** The network knows it as wholly refunded: paid, and nothing to hand over. */
  readonly refunded?: true
}

const SALE_SAYS: Readonly<Record<string, Says>> = {
  SUCCESS: 'success',
  PART_REFUNDED: 'success',
  REFUNDED: 'success',
  FAILED: 'failed',
  CLOSED: 'failed',
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
const VOID_SAYS: Readonly<Record<string, Says>> = {
  SUCCESS: 'success',
  VOIDED: 'success',
  V_SUCCESS: 'success',
  FAILED: 'failed',
  V_FAILED: 'failed',
  REVERSED: 'reversed',
  PENDING: 'pending',
  V_PENDING: 'pending',
}
const tableOf = (item: Sale | Refund | Void) =>
  'of' in item ? ('reversal' in item ? VOID_SAYS : REFUND_SAYS) : SALE_SAYS

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

/** The answer to a void: without a state it is an acceptance, and a query tells the rest. */
export function voidAnswerTold(one: Void, reply: Answered<'void'>): Told {
  const by = 'answer'
  if (reply.kind !== 'answered') return { by, says: 'pending', because: reply.because }
  const { class: said, fields } = reply
  if (said !== 'REJ-REPLAY' && saysOf(said) === 'failed')
    return { by, says: 'failed', said, because: `answered ${said}` }
  const wrong = differs(one, fields, [])
  if (wrong !== undefined) return { by, says: 'odd', said, because: `${said}, but ${wrong}` }
  if (said !== 'OK' || fields.state === undefined)
    return { by, says: 'pending', said, because: `answered ${said}`, ...namesOf(fields) }
  return { by, said, ...inner(VOID_SAYS, fields.state, undefined), ...namesOf(fields) }
}

/** The answer to a query. Its own class only says that the question was understood; the inner result decides. */
export function queryTold(item: Sale | Refund | Void, reply: Answered<'query'>): Told {
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

export function noticeTold(item: Sale | Refund | Void, notice: Notice): Told {
  const { about, state, answer } = notice
  const by = 'notice'
  const read = inner(tableOf(item), state, answer)
  if (about === 'reversal')
    return read.says === 'reversed'
      ? { by, ...read, transaction: notice.transaction }
      : { by, says: 'odd', because: `a notice of a reversal tells ${read.because}` }
  if (about !== 'purchase' && about !== 'refund' && about !== 'void')
    return { by, says: 'odd', because: `a notice about ${about}` }
  return { by, ...read, ...namesOf(notice), ...(state === 'REFUNDED' && { refunded: true }) }
}

/** Which answer a notice that cannot be about this order deserves; undefined when it is about it. */
export function noticeRefusal(
  item: Sale | Refund | Void,
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
> & { readonly paid?: bigint | undefined; readonly legs?: Legs }
const ECHOED = ['order', 'orderTime', 'amount', 'currency', 'transaction'] as const

/** The first field told that is another than the item's, or is missing where it must be told. */
export function differs(
  item: Sale | Refund | Void,
  told: Echo,
  needed: readonly (typeof ECHOED)[number][],
): string | undefined {
  for (const name of ECHOED) {
    if (told[name] === undefined && needed.includes(name)) return `${name} is missing`
    if (told[name] !== undefined && item[name] !== undefined && told[name] !== item[name])
      return `${name} is ${told[name]}, not ${item[name]}`
  }
  return 'paid' in item || 'legs' in item ? fundedOtherwise(item, told) : undefined
}

/** Who paid what is told once; whoever tells it again must tell the same (MKT-021). */
function fundedOtherwise({ paid, legs }: Sale, told: Echo): string | undefined {
  if (paid !== undefined && told.paid !== undefined && told.paid !== paid)
    return `paid is ${told.paid}, not ${paid}`
  if (legs === undefined || told.legs === undefined || legsText(legs) === legsText(told.legs))
    return undefined
  return `legs are ${legsText(told.legs)}, not ${legsText(legs)}`
}

const legsText = (legs: NonNullable<Legs>): string =>
  legs
    .map(({ source, sponsor = '-', amount }) => `${source} ${sponsor} ${amount}`)
    .sort()
    .join(', ')

const namesOf = ({
  transaction,
  clearingDay,
  paid,
  legs,
}: Echo): Pick<Told, 'transaction' | 'clearingDay' | 'paid' | 'legs'> => ({
  ...(transaction !== undefined && { transaction }),
  ...(clearingDay !== undefined && { clearingDay }),
  ...(paid !== undefined && { paid }),
  ...(legs !== undefined && { legs }),
})
