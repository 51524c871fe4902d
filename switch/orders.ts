// Orders that payers come to by themselves: merchant codes and online orders. Made and closed by their acquirer, described
// to a payer's institution, paid by one payer or by nobody. Times are this switch's own, and those alone (MPM-015).
import type { Decision, Put, Rows } from '../store/store.ts'
import { kind } from '../store/store.ts'
import {
  type AnswerClass,
  answer,
  answerFields,
  beijingTime,
  contentDigest,
  type Fields,
  type Opened,
  type Profile,
  readBeijingTime,
  type Sealed,
  type Turned,
  writeLink,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { businessFault } from './business.ts'
import { itemKey, nonces } from './records.ts'
import { merchantRefusal, type Terms, termsAt, termsFor, merchantKey, merchants } from './registry.ts'
import type { SwitchWorld } from './world.ts'

export type OrderKind = 'STATIC' | 'DYNAMIC' | 'ONLINE'
export type Order = {
  readonly tn: string
  readonly kind: OrderKind
  readonly acquirer: string
  readonly merchant: string
  readonly merchantName: string
  readonly merchantCategory: string
  readonly amount?: bigint
  readonly currency: string
  readonly order: string
  readonly orderTime: string
  /** The last instant at which a payment may be received. */
  readonly validUntil: number
  /** CLOSED: by its acquirer, by its time, or before it was ever made. */
  readonly state: 'OPEN' | 'PAID' | 'CLOSED'
  readonly qrCode?: string
  readonly subject?: string
  readonly packages?: NonNullable<Fields<'order.create'>['packages']>
  readonly returnUrl?: string
  readonly region?: string
  readonly business?: string
  readonly digest: string
}
/** A printed code: each look at it makes an order of its own. */
export type Printed = Pick<
  Order,
  'acquirer' | 'merchant' | 'merchantName' | 'merchantCategory' | 'currency' | 'subject' | 'region' | 'business'
> & { readonly amount?: bigint }

export const orders = kind<Order>('order')
/** By business key; and by the text of the code. */
export const orderOfItem = kind<{ readonly tn: string }>('order-of-item')
export const orderOfCode = kind<{ readonly tn: string }>('order-of-code')
export const printed = kind<Printed>('printed-code')

export const STATIC_PATH = '00010001'

/** The state as of an instant: an order whose time is over is closed, whether or not anybody wrote that down. */
export const stateAt = ({ state, validUntil }: Order, at: number): Order['state'] =>
  state === 'OPEN' && at > validUntil ? 'CLOSED' : state

export function newTn(world: SwitchWorld): string {
  const now = world.clock.wall()
  const ofDay = ((now + 8 * 3_600_000) % 86_400_000).toString().padStart(8, '0')
  return beijingTime(now).slice(0, 8) + ofDay + digits(world, 5)
}

function digits(world: SwitchWorld, length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of world.random(length)) if (byte < 250 && text.length < length) text += String(byte % 10)
  return text
}

type Making = Fields<'qr.create'> | Fields<'order.create'>
type Made = { readonly order: Order; readonly repeated: boolean } | { readonly no: ReturnType<typeof answerFields> }

export async function createCode(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'qr.create', async (opened) => {
    const { fields } = opened.message
    if (fields.codeKind === 'STATIC') return printCode(world, opened)
    if (fields.codeKind !== 'DYNAMIC') return missing('qrType', 'must be STATIC or DYNAMIC')
    const made = await makeOrder(world, opened, 'DYNAMIC')
    if ('no' in made) return made.no
    const { tn, qrCode, validUntil } = made.order
    return {
      ...answerFields('OK', { repeated: made.repeated }),
      tn,
      validUntil: beijingTime(validUntil),
      ...(qrCode !== undefined && { qrCode }),
    }
  })
}

export async function createOrder(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'order.create', async (opened) => {
    const made = await makeOrder(world, opened, 'ONLINE')
    if ('no' in made) return made.no
    const { tn, validUntil } = made.order
    return {
      ...answerFields('OK', { repeated: made.repeated }),
      tn,
      link: await writeLink(world, { tn, validUntil }),
      validUntil: beijingTime(validUntil),
    }
  })
}

const missing = (field: string, rule: string) => ({
  ...answerFields('REJ-FORMAT', { detail: `${field} ${rule}` }),
  wrongField: field,
})

/** What can be said against an order by looking at it alone. */
function faultOf(profile: Profile, fields: Making, kindOf: OrderKind, now: number) {
  const fault = businessFault(profile, fields.business, 'pay')
  if (fault !== undefined) return fault
  if (kindOf === 'STATIC') return undefined
  if (fields.order === undefined) return missing('orderNo', 'must be there')
  if (fields.orderTime === undefined) return missing('orderTime', 'must be there')
  if (fields.amount === undefined) return missing('txnAmt', 'must be there: only a printed code leaves it to the payer')
  const until = fields.validUntil === undefined ? undefined : readBeijingTime(fields.validUntil)
  if (fields.validUntil !== undefined && until === undefined) return missing('payTimeout', 'is not a real time')
  if (until !== undefined && until + 999 < now) return missing('payTimeout', 'is over already')
  const parts = 'packages' in fields ? fields.packages : undefined
  if (parts !== undefined && parts.reduce((sum, { amount }) => sum + amount, 0n) !== fields.amount)
    return missing('packageList', 'must add up to txnAmt')
  return undefined
}

async function makeOrder(
  world: SwitchWorld,
  opened: Opened<'qr.create'> | Opened<'order.create'>,
  kindOf: 'DYNAMIC' | 'ONLINE',
): Promise<Made> {
  const { fields } = opened.message
  const now = world.clock.wall()
  if (fields.acquirer !== opened.from) return { no: answerFields('REJ-CERT', { detail: 'acqCode is not the sender' }) }
  const fault = faultOf(world.profile, fields, kindOf, now)
  if (fault !== undefined) return { no: fault }
  const terms = await termsFor(world, fields.acquirer, fields.merchant)
  const item = itemKey({ acquirer: fields.acquirer, order: fields.order ?? '', orderTime: fields.orderTime ?? '' })
  const digest = digestOf(opened)
  for (;;) {
    const tn = newTn(world)
    const qrCode = kindOf === 'DYNAMIC' ? codeText(world, world.me) : undefined
    const known = orderOfItem.in(await world.store.read([orderOfItem.key(item)]), item)?.tn
    const keys = [
      nonces.key(nonceId(opened)),
      orderOfItem.key(item),
      orders.key(tn),
      ...(known === undefined ? [] : [orders.key(known)]),
      ...(qrCode === undefined ? [] : [orderOfCode.key(qrCode)]),
    ]
    const made = await world.store.change<Made | 'again'>(keys, (rows) => {
      if (orderOfItem.in(rows, item)?.tn !== known || orders.in(rows, tn) !== undefined) return { result: 'again' }
      if (nonceSeen(rows, opened)) return { result: { no: answerFields('REJ-REPLAY') } }
      const claim = nonceClaim(opened, world.profile, now)
      const before = known === undefined ? undefined : orders.in(rows, known)
      if (before !== undefined) return { put: [claim], result: knownOrder(before, digest) }
      const refusal = refusalOf(world, terms, fields, kindOf)
      if (refusal !== undefined) return { put: [claim], result: { no: answerFields(refusal) } }
      const order = orderOf(fields, { tn, kind: kindOf, digest, now, life: world.profile.values.orderLifeMs }, qrCode)
      return { put: [claim, ...orderPuts(order)], append: [lineOf(order)], result: { order, repeated: false } }
    })
    if (made !== 'again') return made
  }
}

const digestOf = ({ message }: Opened<'qr.create'> | Opened<'order.create'>): string =>
  message.type === 'qr.create'
    ? contentDigest('qr.create', message.fields)
    : contentDigest('order.create', message.fields)

function knownOrder(order: Order, digest: string): Made {
  if (order.digest === digest) return { order, repeated: true }
  // It was closed before it was made: it may never begin.
  return { no: answerFields(order.tn.startsWith(FENCE) ? 'DECL-STATE' : 'REJ-CONFLICT') }
}

function refusalOf(world: SwitchWorld, terms: Terms, fields: Making, kindOf: OrderKind): AnswerClass | undefined {
  if (fields.currency !== '156') return 'DECL-CURR'
  const refusal = merchantRefusal(world, terms, sells(fields), kindOf === 'ONLINE' ? 'ONLINE' : 'MPM')
  if (refusal !== undefined) return refusal
  const back = 'returnUrl' in fields ? fields.returnUrl : undefined
  const own = termsAt(merchants.in(terms.rows, merchantKey(fields.acquirer, fields.merchant)), terms.at)
  // Where the registry knows a merchant's pages, a payer is sent to no other (ONL-007).
  if (back !== undefined && own !== undefined && !onHost(back, own.returnHosts)) return 'DECL-MERCH'
  return undefined
}

const onHost = (address: string, hosts: readonly string[]): boolean =>
  hosts.includes(/^https:\/\/([a-z0-9.-]+)(?:\/[^\s\\]*)?$/.exec(address)?.[1] ?? '')

const sells = ({ acquirer, merchant, merchantCategory, region }: Making | Order) => ({
  acquirer,
  merchant,
  merchantCategory,
  ...(region !== undefined && { region }),
})

type Fresh = {
  readonly tn: string
  readonly kind: OrderKind
  readonly digest: string
  readonly now: number
  readonly life: number
}

function orderOf(fields: Making, { tn, kind: kindOf, digest, now, life }: Fresh, qrCode?: string): Order {
  const { acquirer, merchant, merchantName, merchantCategory, amount, currency, subject, business, region } = fields
  const online = 'packages' in fields || 'returnUrl' in fields ? fields : undefined
  const until = fields.validUntil === undefined ? undefined : readBeijingTime(fields.validUntil)
  const { packages, returnUrl } = { packages: undefined, returnUrl: undefined, ...online }
  return {
    tn,
    kind: kindOf,
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    currency,
    order: fields.order ?? '',
    orderTime: fields.orderTime ?? '',
    validUntil: until === undefined ? now + life : until + 999,
    state: 'OPEN',
    digest,
    ...(amount !== undefined && { amount }),
    ...(qrCode !== undefined && { qrCode }),
    ...(subject !== undefined && { subject }),
    ...(packages !== undefined && { packages }),
    ...(returnUrl !== undefined && { returnUrl }),
    ...(region !== undefined && { region }),
    ...(business !== undefined && { business }),
  }
}

export const orderPuts = (order: Order): Put[] => [
  orders.put(order.tn, order),
  orderOfItem.put(itemKey(order), { tn: order.tn }),
  ...(order.qrCode === undefined || order.kind === 'STATIC' ? [] : [orderOfCode.put(order.qrCode, { tn: order.tn })]),
]

export const lineOf = (order: Order, state: Order['state'] = order.state) => ({
  item: itemKey(order),
  kind: 'order',
  body: { tn: order.tn, of: order.kind, state },
})

const codeText = (world: SwitchWorld, path: string): string =>
  `https://${world.profile.values.codeHosts[0]}/${path}/${world.profile.values.codePrefix}${digits(world, 30)}`

/** A code for the wall: it names no order, and lives until its merchant does not. */
async function printCode(
  world: SwitchWorld,
  opened: Opened<'qr.create'>,
): Promise<Fields<'qr.create.reply'>> {
  const { fields } = opened.message
  if (fields.acquirer !== opened.from) return answerFields('REJ-CERT', { detail: 'acqCode is not the sender' })
  const fault = faultOf(world.profile, fields, 'STATIC', world.clock.wall())
  if (fault !== undefined) return fault
  const terms = await termsFor(world, fields.acquirer, fields.merchant)
  const qrCode = codeText(world, STATIC_PATH)
  return world.store.change([nonces.key(nonceId(opened)), printed.key(qrCode)], (rows) => {
    if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
    const claim = nonceClaim(opened, world.profile, world.clock.wall())
    const refusal = refusalOf(world, terms, fields, 'STATIC')
    if (refusal !== undefined) return { put: [claim], result: answerFields(refusal) }
    const { acquirer, merchant, merchantName, merchantCategory, amount, currency, subject, business, region } = fields
    const code: Printed = {
      acquirer,
      merchant,
      merchantName,
      merchantCategory,
      currency,
      ...(amount !== undefined && { amount }),
      ...(subject !== undefined && { subject }),
      ...(region !== undefined && { region }),
      ...(business !== undefined && { business }),
    }
    return {
      put: [claim, printed.put(qrCode, code)],
      append: [{ item: qrCode, kind: 'order', body: { of: 'STATIC', merchant } }],
      result: { ...answerFields('OK'), qrCode },
    }
  })
}

/** Before the number of an order that was closed before it was made. */
const FENCE = 'fence.'

export async function cancelCode(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'qr.cancel', async (opened) => {
    const item = itemKey(opened.message.fields)
    for (;;) {
      const tn = orderOfItem.in(await world.store.read([orderOfItem.key(item)]), item)?.tn
      const own = tn ?? `${FENCE}${item}`
      const keys = [nonces.key(nonceId(opened)), orderOfItem.key(item), orders.key(own)]
      const result = await world.store.change<Fields<'qr.cancel.reply'> | 'again'>(keys, (rows) =>
        orderOfItem.in(rows, item)?.tn === tn ? cancel(world, opened, own, rows) : { result: 'again' },
      )
      if (result !== 'again') return result
    }
  })
}

function cancel(
  world: SwitchWorld,
  opened: Opened<'qr.cancel'>,
  tn: string,
  rows: Rows,
): Decision<Fields<'qr.cancel.reply'>> {
  const { acquirer, merchant, order, orderTime } = opened.message.fields
  const now = world.clock.wall()
  if (acquirer !== opened.from) return { result: answerFields('DECL-ORIG') }
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const found = orders.in(rows, tn)
  const told = (kindOf: AnswerClass, state: string, repeated = false) => ({
    order,
    orderTime,
    state,
    ...answerFields(kindOf, { repeated }),
  })
  if (found === undefined) {
    const fence: Order = { ...NEVER, tn, acquirer, merchant, order, orderTime, validUntil: now, digest: tn }
    return { put: [claim, ...orderPuts(fence)], append: [lineOf(fence)], result: told('OK', 'CLOSED') }
  }
  if (found.merchant !== merchant) return { put: [claim], result: answerFields('DECL-ORIG') }
  if (found.state === 'PAID') return { put: [claim], result: told('DECL-STATE', 'PAID') }
  if (found.state === 'CLOSED') return { put: [claim], result: told('OK', 'CLOSED', true) }
  const closed: Order = { ...found, state: 'CLOSED' }
  return { put: [claim, orders.put(tn, closed)], append: [lineOf(closed)], result: told('OK', 'CLOSED') }
}

const NEVER = { kind: 'DYNAMIC', merchantName: '', merchantCategory: '', currency: '156', state: 'CLOSED' } as const

export async function queryCode(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'qr.query', async (opened) => {
    const { fields } = opened.message
    const found = fields.acquirer === opened.from ? await orderByItem(world, itemKey(fields)) : undefined
    if (found === undefined || found.merchant !== fields.merchant) return answerFields('NOT_FOUND')
    const { order, orderTime, amount, currency, merchant, tn, qrCode } = found
    return {
      ...answerFields('OK'),
      order,
      orderTime,
      currency,
      merchant,
      state: stateAt(found, world.clock.wall()),
      ...(amount !== undefined && { amount }),
      ...(!tn.startsWith(FENCE) && { tn }),
      ...(qrCode !== undefined && { qrCode }),
    }
  })
}

export async function orderByItem({ store }: SwitchWorld, item: string): Promise<Order | undefined> {
  const tn = orderOfItem.in(await store.read([orderOfItem.key(item)]), item)?.tn
  return tn === undefined ? undefined : orders.in(await store.read([orders.key(tn)]), tn)
}
