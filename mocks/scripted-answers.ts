// What an honest switch answers to a wallet's own requests at the edge: it names tokens and codes, knows the orders that
// the page laid, and plays the bank behind it. It judges nothing that the wallet has to judge by itself: an order that is
// paid twice is paid twice here, so that no honest switch hides a careless wallet.
import { writePem } from '../crypto/crypto.ts'
import { answerFields, MESSAGES, beijingDay, type Opened, type Sealer } from '../wire/wire.ts'
import { codeFor, digits, tokenFor } from './issue.ts'
import type { Content, HonestAnswers } from './script.ts'

/** An order as the page laid it: the fields of order.resolve's answer. */
export type LaidOrder = Content & { readonly tn: string }

export type EdgeMemory = {
  readonly tokens: Map<string, string>
  /** By merchant code, by tn and by link. */
  readonly orders: Map<string, LaidOrder>
  /** Payments that the wallet sent, by its own payment id. */
  readonly payments: Map<string, Content>
  /** What the bank was told, by attempt. */
  readonly attempts: Map<string, { state: string; amount: unknown; currency: unknown }>
  /** Branches of network coupons. */
  readonly held: Map<string, string>
}

export const edgeMemory = (): EdgeMemory => ({
  tokens: new Map(),
  orders: new Map(),
  payments: new Map(),
  attempts: new Map(),
  held: new Map(),
})

const OK = (): Content => answerFields('OK')
const NOT_FOUND = (): Content => answerFields('NOT_FOUND')
const fieldsOf = ({ message }: Opened): Readonly<Record<string, unknown>> => message.fields
const text = (opened: Opened, name: string): string => String(fieldsOf(opened)[name] ?? '')

export function edgeAnswers(memory: EdgeMemory): HonestAnswers {
  return {
    'token.apply': (opened, world) => tokenFor(world, memory.tokens, opened as Opened<'token.apply'>),
    'code.apply': (_, world) => codeFor(world),
    'token.change': (opened) => tokenChanged(memory, text(opened, 'token'), text(opened, 'state')),
    'auth.result': (opened) => ({ ...OK(), state: text(opened, 'state') }),
    'order.resolve': (opened) => {
      const name = ['tn', 'link', 'qrCode'].map((key) => text(opened, key)).find((one) => one !== '') ?? ''
      const order = memory.orders.get(name)
      return order === undefined ? NOT_FOUND() : { ...OK(), ...told(order) }
    },
    'coupon.query': () => ({ ...OK(), coupons: [] }),
    pay: (opened, world) => pay(memory, opened, world),
    'pay.query': (opened) => memory.payments.get(text(opened, 'payment')) ?? NOT_FOUND(),
    'coupon.exchange': (_, world) => ({ ...OK(), state: 'SUCCESS', networkCoupon: digits(world, '9', 16) }),
    'coupon.hold': (opened) => held(memory, opened, 'TRIED'),
    'coupon.use': (opened) => held(memory, opened, 'CONFIRMED'),
    'coupon.free': (opened) => held(memory, opened, 'CANCELLED'),
    'composite.query': () => ({ ...OK(), state: 'UNKNOWN' }),
    'key.fetch': (_, world) => ownKey(world),
    'control.fetch': (opened, world) => controlDigits(world, text(opened, 'institution')),
    'card.sign': (opened, world) => ({
      ...OK(),
      card: `CARD${digits(world, '', 12)}`,
      cardKind: text(opened, 'cardNumber').startsWith('625') ? 'CREDIT' : 'DEBIT',
    }),
    'card.debit': (opened) => bankMove(memory, opened),
    'card.payout': (opened) => bankMove(memory, opened),
    'card.refund': (opened) => bankMove(memory, opened),
    'card.reverse': (opened) => bankReverse(memory, opened),
    'card.query': (opened) => {
      const attempt = text(opened, 'attempt')
      const known = memory.attempts.get(attempt)
      return known === undefined ? NOT_FOUND() : { ...OK(), attempt, ...known }
    },
  }
}

/** The certificate in use; the edge knows of none that follows it. */
function ownKey(world: Sealer): Content {
  const own = world.directory.current(world.me, 'encrypt', world.clock.wall())
  if (own?.x509 === undefined) return NOT_FOUND()
  return { ...OK(), keyCertificate: writePem('CERTIFICATE', own.x509.der()) }
}

const CONTROLS = 100

/** Which digits come is the network's affair; a wallet may use each once. */
function controlDigits(world: Sealer, institution: string): Content {
  const first = Number(digits(world, '', 2)) * CONTROLS
  const numbers = Array.from({ length: CONTROLS }, (_, index) => String(first + index).padStart(4, '0'))
  const controls = [{ front: digits(world, '', 2), numbers: numbers.join('|') }]
  return { ...OK(), institution, clearingDay: beijingDay(world.clock.wall()), controls }
}

/** An account whose token was unbound gets another when it signs up anew. */
function tokenChanged(memory: EdgeMemory, token: string, state: string): Content {
  for (const [account, own] of memory.tokens)
    if (own === token && state === 'T_UNBOUND') memory.tokens.delete(account)
  return { ...OK(), token, state }
}

/** Of an order only what the message has a place for: how it was found is no part of the answer. */
function told(order: LaidOrder): Content {
  const names = new Set<string>(MESSAGES['order.resolve.reply'].map(({ name }) => name))
  return Object.fromEntries(Object.entries(order).filter(([name]) => names.has(name)))
}

function pay(memory: EdgeMemory, opened: Opened, world: Sealer): Content {
  const { payment, order, orderTime, amount, currency, merchant } = fieldsOf(opened)
  const known = memory.payments.get(String(payment))
  if (known !== undefined) return { ...known, repeated: '1' }
  const day = beijingDay(world.clock.wall())
  const said = {
    ...OK(),
    payment,
    order,
    orderTime,
    amount,
    currency,
    merchant,
    state: 'SUCCESS',
    transaction: digits(world, day, 20),
    clearingDay: day,
  }
  memory.payments.set(String(payment), said)
  return said
}

function held(memory: EdgeMemory, opened: Opened, state: string): Content {
  memory.held.set(text(opened, 'branch'), state)
  return { ...OK(), state }
}

function bankMove(memory: EdgeMemory, opened: Opened): Content {
  const { attempt, amount, currency } = fieldsOf(opened)
  const known = memory.attempts.get(String(attempt))
  if (known?.state === 'FENCED') return { ...answerFields('DECL-STATE'), attempt, ...known }
  if (known !== undefined) return { ...OK(), repeated: '1', attempt, ...known }
  memory.attempts.set(String(attempt), { state: 'SUCCESS', amount, currency })
  return { ...OK(), attempt, amount, currency, state: 'SUCCESS' }
}

function bankReverse(memory: EdgeMemory, opened: Opened): Content {
  const attempt = text(opened, 'attempt')
  const known = memory.attempts.get(attempt)
  const state = known === undefined || known.state === 'FENCED' ? 'FENCED' : 'REVERSED'
  memory.attempts.set(attempt, { amount: known?.amount, currency: known?.currency, state })
  return { ...OK(), attempt, state }
}
