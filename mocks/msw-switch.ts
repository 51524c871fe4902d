// The switch that MSW handlers stand for: it accepts a purchase or a refund, and tells its outcome when asked. Every item
// is approved; a repeat gets the first answer again, and other content under a known key is a conflict, as on the network.
import { clearingDayOf } from '../clearing/clearing.ts'
import {
  type AnswerClass,
  answerFields,
  beijingDay,
  contentDigest,
  type Fields,
  type Opened,
  type Sealer,
} from '../wire/wire.ts'
import { codeFor, tokenFor } from './issue.ts'
import type { Answers } from './msw.ts'

type Item = {
  readonly kind: 'purchase' | 'refund'
  readonly digest: string
  readonly transaction: string
  readonly clearingDay: string
  readonly amount: bigint
  readonly merchant: string
  readonly of?: string
  state: string
  refunded: bigint
}

type Key = { readonly acquirer: string; readonly order: string; readonly orderTime: string }
const keyOf = ({ acquirer, order, orderTime }: Key): string => `${acquirer}.${orderTime}.${order}`

export function honestSwitch(
  world: Sealer,
): Required<Pick<Answers, 'token.apply' | 'code.apply' | 'purchase' | 'refund' | 'reversal' | 'query'>> &
  Answers {
  const tokens = new Map<string, string>()
  const items = new Map<string, Item>()
  const numbered = (): { transaction: string; clearingDay: string } => {
    const now = world.clock.wall()
    const clearingDay = clearingDayOf(now, world.profile.values.cutOff)
    return { transaction: `${beijingDay(now)}${String(items.size + 1).padStart(12, '0')}`, clearingDay }
  }
  return {
    'token.apply': (opened) => tokenFor(world, tokens, opened),
    'code.apply': () => codeFor(world),
    purchase: ({ message: { fields } }) => {
      const digest = contentDigest('purchase', fields)
      const known = items.get(keyOf(fields))
      if (known !== undefined) return told(fields, known, digest)
      const { amount, merchant } = fields
      const item: Item = {
        kind: 'purchase',
        digest,
        ...numbered(),
        amount,
        merchant,
        state: 'SUCCESS',
        refunded: 0n,
      }
      items.set(keyOf(fields), item)
      return echoed(fields, item, 'PENDING')
    },
    refund: ({ message: { fields } }) => refund(items, fields, numbered),
    reversal: ({ message: { fields } }) => {
      const { order, orderTime, merchant } = fields
      const original = items.get(keyOf(fields))
      if (original !== undefined && original.refunded > 0n)
        return { order, orderTime, ...answerFields('DECL-STATE') }
      if (original !== undefined) original.state = 'REVERSED'
      const state = original === undefined ? 'FENCED' : 'REVERSED'
      return { order, orderTime, merchant, state, ...answerFields('OK') }
    },
    query: (opened) => asked(items, opened),
  }
}

function refund(
  items: Map<string, Item>,
  fields: Fields<'refund'>,
  numbered: () => { transaction: string; clearingDay: string },
): Fields<'refund.reply'> {
  const digest = contentDigest('refund', fields)
  const known = items.get(keyOf(fields))
  if (known !== undefined) return told(fields, known, digest)
  const { acquirer, origOrder, origOrderTime, amount, merchant } = fields
  const of = keyOf({ acquirer, order: origOrder, orderTime: origOrderTime })
  const original = items.get(of)
  if (original === undefined || original.kind !== 'purchase' || original.merchant !== merchant)
    return answerFields('DECL-ORIG')
  if (original.state === 'REVERSED') return answerFields('DECL-STATE')
  if (original.refunded + amount > original.amount) return answerFields('DECL-AMOUNT')
  original.refunded += amount
  original.state = original.refunded === original.amount ? 'REFUNDED' : 'PART_REFUNDED'
  const item: Item = {
    kind: 'refund',
    digest,
    ...numbered(),
    amount,
    merchant,
    of,
    state: 'R_SUCCESS',
    refunded: 0n,
  }
  items.set(keyOf(fields), item)
  return echoed(fields, item, 'PENDING')
}

type Echo = { readonly order: string; readonly orderTime: string }

function echoed(
  { order, orderTime }: Echo,
  { amount, merchant, transaction, clearingDay }: Item,
  answer: AnswerClass,
  repeated = false,
) {
  return {
    order,
    orderTime,
    amount,
    currency: '156',
    merchant,
    transaction,
    clearingDay,
    ...answerFields(answer, { repeated }),
  }
}

function told(fields: Echo, known: Item, digest: string) {
  return known.digest === digest ? echoed(fields, known, 'PENDING', true) : answerFields('REJ-CONFLICT')
}

function asked(
  items: ReadonlyMap<string, Item>,
  { message: { fields } }: Opened<'query'>,
): Fields<'query.reply'> {
  const { acquirer, order, orderTime, transaction } = fields
  const found = [...items].find(([key, item]) =>
    order !== undefined && orderTime !== undefined
      ? key === keyOf({ acquirer, order, orderTime })
      : item.transaction === transaction && key.startsWith(`${acquirer}.`),
  )
  if (found === undefined || found[1].kind !== fields.asked) return answerFields('NOT_FOUND')
  const [key, item] = found
  const [, time = '', id = ''] = key.split('.')
  return {
    ...echoed({ order: id, orderTime: time }, item, 'OK'),
    state: item.state,
    ...(item.kind === 'purchase' && { refundedTotal: item.refunded }),
  }
}
