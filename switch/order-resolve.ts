// Tells a payer's institution what a code, an order number or a link stands for. Who is paid and how much is this switch's
// word; of an order that may not be paid nothing but that is told (ONL-004, ONL-005, MPM-011).
import type { Rows } from '../store/store.ts'
import {
  answer,
  answerFields,
  beijingTime,
  contentDigest,
  type Fields,
  type Opened,
  readLink,
  readMerchantCode,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { nonces, tokens } from './records.ts'
import { institutionRefusal, merchantKey, merchantRefusal, merchants, termsAt, termsFor } from './registry.ts'
import {
  lineOf,
  newTn,
  type Order,
  orderOfCode,
  orderPuts,
  orders,
  type Printed,
  printed,
  stateAt,
} from './order-records.ts'
import type { SwitchWorld } from './world.ts'

type Reply = Fields<'order.resolve.reply'>
type Found =
  | { readonly order: Order; readonly fresh: boolean }
  | { readonly no: ReturnType<typeof answerFields> }

export async function resolveOrder(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'order.resolve', async (opened) => {
    const { token } = opened.message.fields
    const bound = tokens.in(await world.store.read([tokens.key(token)]), token)
    const found = await find(world, opened)
    const terms =
      'no' in found ? undefined : await termsFor(world, found.order.acquirer, found.order.merchant)
    const fresh = 'no' in found || !found.fresh ? [] : [found.order]
    const keys = [
      nonces.key(nonceId(opened)),
      ...fresh.flatMap((order) => orderPuts(order).map(({ key }) => key)),
    ]
    return world.store.change<Reply>(keys, (rows: Rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const put = [nonceClaim(opened, world.profile, world.clock.wall())]
      if ('no' in found) return { put, result: found.no }
      const { order } = found
      const state = stateAt(order, world.clock.wall())
      if (state !== 'OPEN') return { put, result: { ...answerFields('DECL-STATE'), state } }
      const scene = order.kind === 'ONLINE' ? 'ONLINE' : 'MPM'
      const barred = terms === undefined ? undefined : merchantRefusal(world, terms, order, scene)
      if (barred !== undefined) return { put, result: answerFields(barred) }
      const closed =
        terms === undefined ? undefined : institutionRefusal(terms, opened.from, scene, order.business)
      if (closed !== undefined) return { put, result: answerFields(closed) }
      if (bound?.institution !== opened.from || bound.state !== 'T_ACTIVE')
        return { put, result: answerFields('DECL-TOKEN') }
      return {
        put: [...put, ...fresh.flatMap(orderPuts)],
        append: fresh.map((one) => lineOf(one)),
        result: described(order),
      }
    })
  })
}

async function find(world: SwitchWorld, opened: Opened<'order.resolve'>): Promise<Found> {
  const { qrCode, tn, link } = opened.message.fields
  const named = [qrCode, tn, link].filter((one) => one !== undefined)
  if (named.length !== 1)
    return {
      no: answerFields('REJ-FORMAT', { detail: 'name the order by qrCode, tn or appLink, by one of them' }),
    }
  if (link !== undefined) {
    const read = await readLink(world, link, world.me)
    return read.kind === 'refused'
      ? { no: answerFields(read.class, { detail: `${read.field} ${read.rule.en}` }) }
      : byTn(world, read.link.tn)
  }
  return tn === undefined ? byCode(world, qrCode ?? '') : byTn(world, tn)
}

async function byTn({ store }: SwitchWorld, tn: string): Promise<Found> {
  const order = orders.in(await store.read([orders.key(tn)]), tn)
  return order === undefined ? { no: answerFields('NOT_FOUND') } : { order, fresh: false }
}

async function byCode(world: SwitchWorld, text: string): Promise<Found> {
  const read = readMerchantCode(text, world.profile.values.codeHosts)
  if (read.kind === 'refused')
    return { no: answerFields(read.class, { detail: `${read.field} at ${read.offset}: ${read.rule.en}` }) }
  const { code } = read
  if (code.form === 'tlv') {
    const { acquirer, merchant, currency, amount } = code
    if (currency !== '156') return { no: answerFields('DECL-CURR') }
    const known = await registered(world, acquirer, merchant)
    if (known === undefined) return { no: answerFields('NOT_FOUND') }
    return { order: looked(world, { ...known, ...(amount !== undefined && { amount }) }, text), fresh: true }
  }
  const rows = await world.store.read([orderOfCode.key(text), printed.key(text)])
  const wall = printed.in(rows, text)
  if (wall !== undefined) return { order: looked(world, wall, text), fresh: true }
  const tn = orderOfCode.in(rows, text)?.tn
  return tn === undefined ? { no: answerFields('NOT_FOUND') } : byTn(world, tn)
}

/** A TLV code names a merchant and nothing that could be believed about it: the rest is the registry's. */
async function registered(
  world: SwitchWorld,
  acquirer: string,
  merchant: string,
): Promise<Printed | undefined> {
  const key = merchantKey(acquirer, merchant)
  const terms = termsAt(merchants.in(await world.store.read([merchants.key(key)]), key), world.clock.wall())
  if (terms === undefined) return undefined
  const merchantCategory = terms.categories[0] ?? '5999'
  return { acquirer, merchant, merchantName: terms.name, merchantCategory, currency: '156' }
}

/** Each look at a printed code is an order of its own, which lives as long as a look should. */
function looked(world: SwitchWorld, code: Printed, qrCode: string): Order {
  const now = world.clock.wall()
  const tn = newTn(world)
  return {
    ...code,
    tn,
    kind: 'STATIC',
    qrCode,
    order: `S${tn}`,
    orderTime: beijingTime(now),
    validUntil: now + world.profile.values.orderLifeMs,
    state: 'OPEN',
    digest: contentDigest('qr.query', {
      acquirer: code.acquirer,
      merchant: code.merchant,
      order: `S${tn}`,
      orderTime: beijingTime(now),
    }),
  }
}

function described(found: Order): Reply {
  const { tn, acquirer, merchant, merchantName, merchantCategory, amount, currency, order, orderTime } = found
  const { validUntil, kind, subject, packages, returnUrl, region, business } = found
  return {
    ...answerFields('OK'),
    tn,
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    currency,
    order,
    orderTime,
    // To the second before: a payer may never be told a moment too many.
    validUntil: beijingTime(validUntil),
    state: 'OPEN',
    ...(kind !== 'ONLINE' && { codeKind: kind }),
    ...(amount !== undefined && { amount }),
    ...(subject !== undefined && { subject }),
    ...(packages !== undefined && { packages }),
    ...(returnUrl !== undefined && { returnUrl }),
    ...(region !== undefined && { region }),
    ...(business !== undefined && { business }),
  }
}
