// What a user scanned or was sent: a merchant's code, an order number, a signed link. The switch says what it stands for;
// nothing else is asked of anybody, whatever a code holds (MPM-008). What was shown is kept, and that is what can be paid:
// payee, amount and currency do not change between the look and the yes (MPM-014, ONL-014).
import { kind, type Store } from '../store/store.ts'
import {
  type AnswerClass,
  call,
  classRow,
  type Fields,
  type MerchantCode,
  readBeijingTime,
  readLink,
  readMerchantCode,
} from '../wire/wire.ts'
import { itemKey, type Payment, payments, tokenOfUser, tokens, users } from './records.ts'
import { shopKeys, shopRefusal } from './shops.ts'
import type { InstitutionWorld } from './world.ts'

type Resolved = Fields<'order.resolve.reply'>

/** An order as it was shown to one user. */
export type Order = {
  readonly user: string
  readonly token: string
  readonly scene: 'MPM' | 'ONLINE'
  readonly tn: string
  readonly acquirer: string
  readonly merchant: string
  readonly merchantName: string
  readonly merchantCategory: string
  /** Absent: the user says how much. */
  readonly amount?: bigint
  readonly currency: string
  readonly order: string
  readonly orderTime: string
  readonly validUntil: number
  readonly codeKind?: 'STATIC' | 'DYNAMIC'
  readonly subject?: string
  readonly packages?: NonNullable<Resolved['packages']>
  readonly returnUrl?: string
  readonly region?: string
  readonly business?: string
  readonly shownAt: number
}

export const orders = kind<Order>('order')
export const orderKey = (user: string, tn: string): string => `${user}.${tn}`
const BY_USER = 'orders-of-user'
const LISTED_MOST = 50

/** A no with its class: nothing changed, and nothing about the payee was told. */
export type Refusal = {
  readonly kind: 'refused'
  readonly class?: AnswerClass
  readonly because: string
  readonly field?: string
  /** The user's own payment that is in the way. */
  readonly payment?: string
}
export type Scanned = { readonly kind: 'done'; readonly value: Order } | Refusal

export const no = (why: AnswerClass, detail?: string, more: Partial<Refusal> = {}): Refusal => ({
  kind: 'refused',
  class: why,
  because: detail ?? classRow(why).text.en,
  ...more,
})

export type Scan = { readonly qrCode: string } | { readonly tn: string } | { readonly link: string }

export async function scan(world: InstitutionWorld, user: string, what: Scan): Promise<Scanned> {
  const { store, profile } = world
  const read = await understood(world, what)
  if ('kind' in read) return read
  const rows = await store.read([users.key(user), tokenOfUser.key(user)])
  if (users.in(rows, user)?.status !== 'active') return no('DECL-ACCOUNT')
  const token = tokenOfUser.in(rows, user)?.token
  if (token === undefined || tokens.in(await store.read([tokens.key(token)]), token)?.state !== 'T_ACTIVE')
    return no('DECL-TOKEN', 'the account is not signed up on the network')
  const wait = profile.values.askWaitMs
  const reply = await call(world, 'order.resolve', world.switchId, { token, ...read.ask }, wait)
  if (reply.kind !== 'answered')
    return {
      kind: 'refused',
      because: `the switch did not say what this is: ${reply.because}; scan it again`,
    }
  if (reply.class !== 'OK') return no(reply.class)
  const order = orderOf(reply.fields, { user, token, shownAt: world.clock.wall(), ...read })
  if ('kind' in order) return order
  const refusal = await refusalOf(world, order, reply.fields.state, read.code)
  if (refusal !== undefined) return refusal
  const id = orderKey(user, order.tn)
  const indexed = { [BY_USER]: id }
  return store.change<Scanned>([orders.key(id)], () => ({
    put: [orders.put(id, order, { indexed })],
    result: { kind: 'done', value: order },
  }))
}

type Understood = {
  readonly scene: Order['scene']
  readonly ask: { readonly qrCode?: string; readonly tn?: string; readonly link?: string }
  readonly tn?: string
  readonly code?: MerchantCode
}

/** What can be said against it before anybody is asked. */
async function understood(world: InstitutionWorld, what: Scan): Promise<Understood | Refusal> {
  if ('tn' in what) return { scene: 'ONLINE', ask: { tn: what.tn }, tn: what.tn }
  if ('link' in what) {
    const read = await readLink(world, what.link, world.switchId)
    if (read.kind === 'refused') return no(read.class, `${read.field} ${read.rule.en}`, { field: read.field })
    return { scene: 'ONLINE', ask: { link: what.link }, tn: read.link.tn }
  }
  const read = readMerchantCode(what.qrCode, world.profile.values.codeHosts)
  if (read.kind === 'refused')
    return no(read.class, `${read.field} at ${read.offset}: ${read.rule.en}`, { field: read.field })
  if (read.code.form === 'tlv' && read.code.currency !== '156') return no('DECL-CURR')
  return { scene: 'MPM', ask: { qrCode: what.qrCode }, code: read.code }
}

type Mine = Pick<Order, 'user' | 'token' | 'shownAt' | 'scene'> & Pick<Understood, 'tn' | 'code'>

/** What the switch described, whole and about what was asked; otherwise it is no order. */
function orderOf(told: Resolved, { tn: asked, code, ...mine }: Mine): Order | Refusal {
  const { tn, acquirer, merchant, merchantName, merchantCategory, currency, order, orderTime } = told
  const until = readBeijingTime(told.validUntil ?? '')
  if (
    tn === undefined ||
    acquirer === undefined ||
    merchant === undefined ||
    merchantName === undefined ||
    merchantCategory === undefined ||
    currency === undefined ||
    order === undefined ||
    orderTime === undefined ||
    until === undefined ||
    (asked !== undefined && asked !== tn)
  )
    return { kind: 'refused', because: 'the switch described no whole order; scan it again' }
  const { codeKind, subject, packages, returnUrl, region, business } = told
  const amount = told.amount ?? (code?.form === 'tlv' ? code.amount : undefined)
  return {
    ...mine,
    tn,
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    currency,
    order,
    orderTime,
    // Valid to the end of that second: the switch's time is the one that counts.
    validUntil: until + 999,
    ...(amount !== undefined && { amount }),
    ...((codeKind === 'STATIC' || codeKind === 'DYNAMIC') && { codeKind }),
    ...(subject !== undefined && { subject }),
    ...(packages !== undefined && { packages }),
    ...(returnUrl !== undefined && { returnUrl }),
    ...(region !== undefined && { region }),
    ...(business !== undefined && { business }),
  }
}

/** In the order of wire/classes.ts. */
async function refusalOf(
  world: InstitutionWorld,
  order: Order,
  state: string | undefined,
  code: MerchantCode | undefined,
): Promise<Refusal | undefined> {
  const id = itemKey(order)
  const rows = await world.store.read([payments.key(id), ...shopKeys(order)])
  const known = payments.in(rows, id)
  if (state !== undefined && state !== 'OPEN') return no('DECL-STATE', `the order is ${state}`)
  if (known !== undefined && !mayTryAgain(known)) return no('DECL-STATE', ...inTheWay(known, order.user))
  if (world.clock.wall() > order.validUntil) return no('DECL-STATE', 'the order is over')
  if (order.currency !== '156') return no('DECL-CURR')
  const shop = shopRefusal(rows, order)
  if (shop !== undefined) return no(shop)
  const parts = order.packages?.reduce((sum, { amount }) => sum + amount, 0n)
  if (parts !== undefined && parts !== order.amount)
    return no('DECL-AMOUNT', 'the packages do not add up to the order')
  const claimed = code?.form === 'tlv' ? code.amount : undefined
  if (claimed !== undefined && claimed !== order.amount)
    return no('DECL-AMOUNT', 'the code names another amount than the switch')
  return undefined
}

/** A try that the switch refused took nothing, and the order may still be open: with other money, or for another user. */
export const mayTryAgain = ({ state, payment }: Payment): boolean =>
  state === 'FAILED' && payment !== undefined

export const inTheWay = ({ state, payment, user }: Payment, asks: string): [string, Partial<Refusal>] => [
  `a payment of this order is ${state}`,
  user === asks && payment !== undefined ? { payment } : {},
]

export async function ordersOf(store: Store, user: string): Promise<readonly Order[]> {
  const found = await store.scan(BY_USER, `${user}.`, `${user}.~`, LISTED_MOST)
  return found.map(({ value }) => value as Order)
}
