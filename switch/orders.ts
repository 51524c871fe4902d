// Orders that payers come to by themselves: merchant codes and online orders. Made and closed by their acquirer, described
// to a payer's institution, paid by one payer or by nobody. Times are this switch's own, and those alone (MPM-015).
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
import {
  digits,
  FENCE,
  lineOf,
  newTn,
  type Order,
  type OrderKind,
  orderOfCode,
  orderOfItem,
  orderPuts,
  orders,
  type Printed,
  printed,
  STATIC_PATH,
} from './order-records.ts'
import { itemKey, nonces } from './records.ts'
import { merchantRefusal, type Terms, termsAt, termsFor, merchantKey, merchants } from './registry.ts'
import type { SwitchWorld } from './world.ts'

type Making = Fields<'qr.create'> | Fields<'order.create'>
type Made =
  | { readonly order: Order; readonly repeated: boolean }
  | { readonly no: ReturnType<typeof answerFields> }

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
  if (fields.amount === undefined)
    return missing('txnAmt', 'must be there: only a printed code leaves it to the payer')
  const until = fields.validUntil === undefined ? undefined : readBeijingTime(fields.validUntil)
  if (fields.validUntil !== undefined && until === undefined)
    return missing('payTimeout', 'is not a real time')
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
  if (fields.acquirer !== opened.from)
    return { no: answerFields('REJ-CERT', { detail: 'acqCode is not the sender' }) }
  const fault = faultOf(world.profile, fields, kindOf, now)
  if (fault !== undefined) return { no: fault }
  const terms = await termsFor(world, fields.acquirer, fields.merchant)
  const item = itemKey({
    acquirer: fields.acquirer,
    order: fields.order ?? '',
    orderTime: fields.orderTime ?? '',
  })
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
      if (orderOfItem.in(rows, item)?.tn !== known || orders.in(rows, tn) !== undefined)
        return { result: 'again' }
      if (nonceSeen(rows, opened)) return { result: { no: answerFields('REJ-REPLAY') } }
      const claim = nonceClaim(opened, world.profile, now)
      const before = known === undefined ? undefined : orders.in(rows, known)
      if (before !== undefined) return { put: [claim], result: knownOrder(before, digest) }
      const refusal = refusalOf(world, terms, fields, kindOf)
      if (refusal !== undefined) return { put: [claim], result: { no: answerFields(refusal) } }
      const order = orderOf(
        fields,
        { tn, kind: kindOf, digest, now, life: world.profile.values.orderLifeMs },
        qrCode,
      )
      return {
        put: [claim, ...orderPuts(order)],
        append: [lineOf(order)],
        result: { order, repeated: false },
      }
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

function refusalOf(
  world: SwitchWorld,
  terms: Terms,
  fields: Making,
  kindOf: OrderKind,
): AnswerClass | undefined {
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
  const { acquirer, merchant, merchantName, merchantCategory, amount, currency, subject, business, region } =
    fields
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

const codeText = (world: SwitchWorld, path: string): string =>
  `https://${world.profile.values.codeHosts[0]}/${path}/${world.profile.values.codePrefix}${digits(world, 30)}`

/** A code for the wall: it names no order, and lives until its merchant does not. */
async function printCode(
  world: SwitchWorld,
  opened: Opened<'qr.create'>,
): Promise<Fields<'qr.create.reply'>> {
  const { fields } = opened.message
  if (fields.acquirer !== opened.from)
    return answerFields('REJ-CERT', { detail: 'acqCode is not the sender' })
  const fault = faultOf(world.profile, fields, 'STATIC', world.clock.wall())
  if (fault !== undefined) return fault
  const terms = await termsFor(world, fields.acquirer, fields.merchant)
  const qrCode = codeText(world, STATIC_PATH)
  return world.store.change([nonces.key(nonceId(opened)), printed.key(qrCode)], (rows) => {
    if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
    const claim = nonceClaim(opened, world.profile, world.clock.wall())
    const refusal = refusalOf(world, terms, fields, 'STATIC')
    if (refusal !== undefined) return { put: [claim], result: answerFields(refusal) }
    const {
      acquirer,
      merchant,
      merchantName,
      merchantCategory,
      amount,
      currency,
      subject,
      business,
      region,
    } = fields
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
