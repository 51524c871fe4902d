// The wallet API's half about what users scan and open: the order as it is shown, the payment of it, and the page at the
// end. And the control API's half about shops, categories and the business behind payments.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { classRow } from '../wire/wire.ts'
import { paymentView, PaymentView } from './api-payments.ts'
import { Amount, body, byId, FundingShape, fundingOf, json, said } from './api-shapes.ts'
import { type Order, orderKey, orders, ordersOf, type Refusal, type Scan, scan } from './orders.ts'
import { beginPayment } from './pay.ts'
import { sendPayment } from './pay-end.ts'
import { BY_BUSINESS, itemKey, type Payment, payments } from './records.ts'
import { mayReturn, setCategory, setShop, shops } from './shops.ts'
import { isUser, NO_USER } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const Tn = z
  .string()
  .regex(/^[0-9]{21}$/)
  .openapi({ description: 'The switch’s number of the order' })
const one = z.object({ id: byId.shape.id, tn: Tn })
const OrderView = z
  .object({
    tn: Tn,
    merchant: z.string(),
    merchantName: z.string(),
    amount: Amount.optional(),
    currency: z.string(),
    order: z.string(),
    subject: z.string().optional(),
    packages: z
      .array(z.object({ package: z.string(), subject: z.string().optional(), amount: Amount }))
      .optional(),
    validUntil: z.number(),
    codeKind: z.string().optional(),
    payment: z.string().optional(),
    state: z.string().openapi({ description: 'OPEN, or the state of the user’s own payment of it' }),
  })
  .openapi('Order')

const because = ({ kind: _kind, ...refusal }: Refusal) => refusal

/** Payee and amount are the switch's; what a code printed about them is shown to nobody (MPM-010). */
async function orderView({ store }: InstitutionWorld, order: Order) {
  const id = itemKey(order)
  const paid = payments.in(await store.read([payments.key(id)]), id)
  const mine = paid?.user === order.user && paid.payment !== undefined ? paid : undefined
  const { tn, merchant, merchantName, amount, currency, subject, packages, validUntil, codeKind } = order
  return {
    tn,
    merchant,
    merchantName,
    currency,
    order: order.order,
    validUntil,
    ...(amount !== undefined && { amount: String(amount) }),
    ...(subject !== undefined && { subject }),
    ...(codeKind !== undefined && { codeKind }),
    ...(packages !== undefined && {
      packages: packages.map(({ amount: part, package: id, subject: what }) => ({
        package: id,
        amount: String(part),
        ...(what !== undefined && { subject: what }),
      })),
    }),
    ...(mine?.payment !== undefined && { payment: mine.payment }),
    state: mine?.state ?? 'OPEN',
  }
}

export function orderRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  scanRoutes(api, world)
  payRoutes(api, world)
  returnRoutes(api, world)
}

const Scanned = z.union([
  z.strictObject({ qrCode: z.string().min(1).max(512) }),
  z.strictObject({ tn: Tn }),
  z.strictObject({ link: z.string().min(1).max(1024) }),
])

function scanRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/scans',
      summary: 'Read a merchant’s code, an order number or a signed link: what would be paid, to whom',
      request: { params: byId, body: body(Scanned) },
      responses: { 200: json(OrderView, 'The order, as the consent screen shows it'), ...said },
    }),
    async (c) => {
      const outcome = await scan(world, c.req.valid('param').id, c.req.valid('json') as Scan)
      return outcome.kind === 'done'
        ? c.json(await orderView(world, outcome.value), 200)
        : c.json(because(outcome), 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/orders',
      summary: 'What was shown to the user, and what became of it',
      request: { params: byId },
      responses: { 200: json(z.object({ orders: z.array(OrderView) }), 'Orders'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (!(await isUser(world.store, id))) return c.json(NO_USER, 409)
      const shown = await ordersOf(world.store, id)
      return c.json({ orders: await Promise.all(shown.map((order) => orderView(world, order))) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/orders/{tn}',
      summary: 'One order that was shown to the user, and what became of it',
      request: { params: one },
      responses: { 200: json(OrderView, 'The order'), ...said },
    }),
    async (c) => {
      const order = await shownOrder(world, c.req.valid('param'))
      return order === undefined ? c.json(NONE, 409) : c.json(await orderView(world, order), 200)
    },
  )
}

const NONE = { because: 'no such order was shown to this user' }

async function shownOrder({ store }: InstitutionWorld, { id, tn }: { id: string; tn: string }) {
  const key = orderKey(id, tn)
  return orders.in(await store.read([orders.key(key)]), key)
}

const PayWish = z.strictObject({
  tn: Tn,
  amount: Amount.optional().openapi({ description: 'Must be the order’s own where it has one' }),
  funding: FundingShape.optional(),
  pin: z.string().max(16).optional(),
})

function payRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/payments',
      summary:
        'Pay an order as it was shown. PENDING: the password is to be given, or the bank or the switch has not said yet',
      request: { params: byId, body: body(PayWish) },
      responses: { 200: json(PaymentView, 'How the payment stands now'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { tn, amount, funding, pin } = c.req.valid('json')
      const begun = await beginPayment(world, id, {
        tn,
        ...(amount !== undefined && { amount: BigInt(amount) }),
        ...(funding !== undefined && { funding: fundingOf(funding) }),
        ...(pin !== undefined && { pin }),
      })
      if (begun.kind === 'refused') return c.json(because(begun), 409)
      await sendPayment(world, begun.value)
      const view = await paymentView(world.store, id, begun.value)
      if (view === undefined) return c.json(NONE, 409)
      const row = payments.in(await world.store.read([payments.key(begun.value)]), begun.value)
      return row?.state === 'FAILED' || row?.state === 'CLOSED'
        ? c.json(
            { ...because(refusalOf(row)), ...(row.payment !== undefined && { payment: row.payment }) },
            409,
          )
        : c.json(view, 200)
    },
  )
}

const refusalOf = ({ said: { class: why, detail } }: Payment): Refusal => ({
  kind: 'refused',
  class: why,
  because: detail ?? classRow(why).text.en,
})

function returnRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/orders/{tn}/return',
      summary:
        'The page after paying: it says that the payment is being processed, and proves nothing to anybody',
      request: { params: one },
      responses: {
        200: json(
          z.object({ page: z.literal('PROCESSING'), returnTo: z.string().optional() }),
          'returnTo: the shop’s page, where it is one of the shop’s own',
        ),
        ...said,
      },
    }),
    async (c) => {
      const order = await shownOrder(world, c.req.valid('param'))
      if (order === undefined) return c.json(NONE, 409)
      const { merchant, returnUrl } = order
      const shop = shops.in(await world.store.read([shops.key(merchant)]), merchant)
      const known = returnUrl !== undefined && mayReturn(shop, returnUrl)
      return c.json({ page: 'PROCESSING' as const, ...(known && { returnTo: returnUrl }) }, 200)
    },
  )
}

const Host = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'a host name in lower case, without a port')
const ShopView = z
  .object({ merchant: z.string(), status: z.enum(['active', 'closed']), returnHosts: z.array(z.string()) })
  .openapi('Shop')

export function shopRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'put',
      path: '/shops/{merchant}',
      summary: 'What this wallet knows about a shop: whether it pays it, and where the shop’s own pages lie',
      request: {
        params: z.object({ merchant: z.string().regex(/^[A-Za-z0-9_-]{15}$/) }),
        body: body(
          z.strictObject({
            status: z.enum(['active', 'closed']).optional(),
            returnHosts: z.array(Host).max(20).optional(),
          }),
        ),
      },
      responses: { 200: json(ShopView, 'The shop now'), ...said },
    }),
    async (c) => {
      const { status, returnHosts } = c.req.valid('json')
      const change = {
        ...(status !== undefined && { status }),
        ...(returnHosts !== undefined && { returnHosts }),
      }
      const shop = await setShop(store, c.req.valid('param').merchant, change)
      return c.json({ ...shop, returnHosts: [...shop.returnHosts] }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'put',
      path: '/categories/{category}',
      summary: 'Block a merchant category, or allow it again',
      request: {
        params: z.object({ category: z.string().regex(/^[0-9]{4}$/) }),
        body: body(z.strictObject({ status: z.enum(['allowed', 'blocked']) })),
      },
      responses: { 200: json(z.object({ status: z.string() }), 'The category now'), ...said },
    }),
    async (c) => {
      const { status } = c.req.valid('json')
      await setCategory(store, c.req.valid('param').category, status === 'blocked')
      return c.json({ status }, 200)
    },
  )
  businessRoute(api, world)
}

const LISTED_MOST = 100

function businessRoute(api: OpenAPIHono, { store }: InstitutionWorld): void {
  const Found = z.object({
    business: z.string(),
    acquirer: z.string(),
    order: z.string(),
    orderTime: z.string(),
    state: z.string(),
    amount: Amount,
  })
  api.openapi(
    createRoute({
      method: 'get',
      path: '/payments',
      summary: 'Payments by the first digits of their business code, at most 100',
      request: { query: z.object({ business: z.string().regex(/^[0-9]{1,20}$/) }) },
      responses: { 200: json(z.object({ payments: z.array(Found) }), 'Payments'), ...said },
    }),
    async (c) => {
      const { business: prefix } = c.req.valid('query')
      // Whatever follows a prefix of digits is a digit or the dot behind the code.
      const found = await store.scan(BY_BUSINESS, prefix, `${prefix}:`, LISTED_MOST)
      const views = found.map(({ value }) => {
        const { acquirer, order, orderTime, state, amount, business = '' } = value as Payment
        return { business, acquirer, order, orderTime, state, amount: String(amount) }
      })
      return c.json({ payments: views }, 200)
    },
  )
}
