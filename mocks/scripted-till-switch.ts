// What an honest switch answers to an acquirer's own requests at the edge, over a tiny book: what is asked for is
// accepted, and a query tells that it succeeded. It checks nothing that the acquirer has to check by itself.
import { sm3, toHex, utf8 } from '../crypto/crypto.ts'
import { answerFields, codeOf, type Opened, type Sealer } from '../wire/wire.ts'
import { digits } from './issue.ts'
import type { Content, HonestAnswers } from './script.ts'

type Entry = Content & { state: string }
const DAY_DIGITS = 8
const NUMBERS = 10n ** 12n

/** The network's number of an item at this switch: the day of the order, and digits that follow from its name. */
export function transactionOf({ order, orderTime }: { order: string; orderTime: string }): string {
  const digest = BigInt(`0x${toHex(sm3(utf8(`${orderTime}.${order}`)))}`)
  return orderTime.slice(0, DAY_DIGITS) + String(digest % NUMBERS).padStart(12, '0')
}

const OK = (): Content => answerFields('OK')
const fieldsOf = ({ message }: Opened): Readonly<Record<string, unknown>> => message.fields
const keyOf = (fields: Readonly<Record<string, unknown>>): string =>
  `${String(fields['orderTime'])}.${String(fields['order'])}`

/** `dayOf`: the clearing day that runs now, by the network's calendar. */
export function tillAnswers(dayOf: () => string): HonestAnswers {
  const items = new Map<string, Entry>()
  const accepted = (kind: string, after: string) => (opened: Opened, world: Sealer) => {
    const fields = fieldsOf(opened)
    const key = `${kind}.${keyOf(fields)}`
    const known = items.get(key)
    const repeat = known !== undefined
    const entry: Entry = known ?? { ...echoOf(fields), clearingDay: dayOf(), state: after }
    items.set(key, entry)
    const { state: _later, ...echo } = entry
    const final = kind === 'purchase' && world.profile.flags.purchaseAnswer === 'final'
    return { ...answerFields(final ? 'OK' : 'PENDING', { repeated: repeat }), ...echo }
  }
  return {
    purchase: accepted('purchase', 'SUCCESS'),
    refund: accepted('refund', 'R_SUCCESS'),
    void: accepted('void', 'SUCCESS'),
    query: (opened) => found(items, opened),
    reversal: (opened, world) => taken(items, opened, world),
    'qr.create': (opened, world) => shown(items, opened, world, dayOf()),
    'order.create': (opened, world) => shown(items, opened, world, dayOf()),
    'qr.cancel': (opened) => cancelled(items, opened),
    'qr.query': (opened) => {
      const entry = items.get(`purchase.${keyOf(fieldsOf(opened))}`)
      return entry === undefined ? answerFields('NOT_FOUND') : { ...OK(), ...entry }
    },
  }
}

function echoOf(fields: Readonly<Record<string, unknown>>): Content {
  const { order, orderTime, amount, currency, merchant } = fields
  const ids = { order: String(order), orderTime: String(orderTime) }
  return { ...ids, amount, currency, merchant, transaction: transactionOf(ids) }
}

function found(items: ReadonlyMap<string, Entry>, opened: Opened): Content {
  const fields = fieldsOf(opened)
  const asked = String(fields['asked'])
  const entry =
    fields['order'] === undefined
      ? [...items].find(
          ([key, one]) => key.startsWith(asked) && one['transaction'] === fields['transaction'],
        )?.[1]
      : items.get(`${asked}.${keyOf(fields)}`)
  if (entry === undefined) return answerFields('NOT_FOUND')
  const open = ['PENDING', 'OPEN'].includes(entry.state)
  const state = open ? 'PENDING' : entry.state
  const origAnswer = codeOf(open ? 'PENDING' : state === 'CLOSED' ? 'DECL-STATE' : 'OK')
  return { ...OK(), ...entry, state, origAnswer }
}

/** A reversal of what never came leaves a fence; one of a void lets the sale stand again. */
function taken(items: Map<string, Entry>, opened: Opened, world: Sealer): Content {
  const fields = fieldsOf(opened)
  const { order, orderTime, amount, currency, merchant } = fields
  const key = `${fields['about'] === 'void' ? 'void' : 'purchase'}.${keyOf(fields)}`
  const known = items.get(key)
  const state = known === undefined || known.state === 'FENCED' ? 'FENCED' : 'REVERSED'
  items.set(key, { order, orderTime, amount, currency, merchant, ...known, state })
  const said = known === undefined ? world.profile.flags.reversalOfMissing : 'OK'
  return { ...answerFields(said), order, orderTime, amount, currency, merchant, state }
}

function shown(items: Map<string, Entry>, opened: Opened, world: Sealer, clearingDay: string): Content {
  const fields = fieldsOf(opened)
  const key = `purchase.${keyOf(fields)}`
  if (!items.has(key)) items.set(key, { ...echoOf(fields), clearingDay, state: 'OPEN' })
  const tn = transactionOf({ order: `${String(fields['order'])}.tn`, orderTime: String(fields['orderTime']) })
  const address =
    opened.message.type === 'qr.create'
      ? { qrCode: `https://qr.95516.com/00010000/${digits(world, '62', 20)}` }
      : { link: `upwallet://pay?tn=0${tn}` }
  const { validUntil } = fields
  return { ...OK(), ...address, tn: `0${tn}`, ...(validUntil !== undefined && { validUntil }) }
}

function cancelled(items: Map<string, Entry>, opened: Opened): Content {
  const { order, orderTime } = fieldsOf(opened)
  const key = `purchase.${keyOf(fieldsOf(opened))}`
  const known = items.get(key)
  if (known === undefined) return answerFields('DECL-ORIG')
  if (known.state !== 'OPEN' && known.state !== 'CLOSED')
    return { ...answerFields('DECL-STATE'), order, orderTime, state: known.state }
  items.set(key, { ...known, state: 'CLOSED' })
  return { ...OK(), order, orderTime, state: 'CLOSED' }
}
