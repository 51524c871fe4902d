// Marketing as the two APIs offer it. Wallet: a user's coupons and packets, grabbing, claiming, exchanging. Whatever gives
// something bears an id of its caller's: the same id again gives nothing new and is answered as before.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { beijingTime } from '../wire/wire.ts'
import { Amount, body, byId, json, said } from './api-shapes.ts'
import { beginExchange } from './exchange.ts'
import { grab, type Refusal, type Result } from './marketing.ts'
import { type Exchange, exchanges, OF_USER, userMarks, type Voucher } from './marketing-records.ts'
import { claimShare } from './marketing-split.ts'
import { freshId } from './legs.ts'
import { type Coupon, coupons, packets } from './records.ts'
import { isUser, NO_USER } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export const OwnId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{4,32}$/)
  .openapi({ description: 'An id that the caller chose; the same id again is the same thing' })
const Refused = z
  .object({ because: z.string(), class: z.string().optional(), field: z.string().optional() })
  .openapi('RefusedGift')
export const answers = {
  400: json(Refused, 'The request is malformed; `field` says where'),
  409: json(Refused, 'Refused; nothing changed. `class` is the answer class where there is one'),
}
export const refusal = ({ because, class: why }: Refusal) => ({
  because,
  ...(why !== undefined && { class: why }),
})
export const Gift = z
  .object({ id: z.string(), gives: z.enum(['coupon', 'packet']), repeated: z.boolean() })
  .openapi('Gift')
export const giftView = (voucher: Voucher, repeated: boolean) => ({
  id: voucher.id,
  gives: voucher.gives,
  repeated,
})

const CouponView = z
  .object({
    id: z.string(),
    issuer: z.string(),
    face: Amount,
    threshold: Amount,
    expires: z.string(),
    state: z.enum(['FREE', 'LOCKED', 'USED', 'RETURNED', 'EXPIRED']),
  })
  .openapi('Coupon')
const Coupons = z
  .object({ coupons: z.array(CouponView), usable: z.array(z.string()), count: z.number() })
  .openapi('Coupons', {
    description: 'Oldest first; `usable` are the ids that pay today, `count` how many these are',
  })
const Packets = z
  .object({
    packets: z.array(
      z.object({ id: z.string(), pool: z.string(), left: Amount, expires: z.string() }).openapi('Packet'),
    ),
    left: Amount,
  })
  .openapi('Packets')
const ExchangeView = z
  .object({
    exchange: z.string(),
    coupon: z.string(),
    state: z.enum(['PENDING', 'SUCCESS', 'FAILED']),
    networkCoupon: z.string().optional(),
    because: z.string().optional(),
  })
  .openapi('Exchange')

const MOST = 500

async function vouchersOf({ store }: InstitutionWorld, user: string, gives: Voucher['gives']) {
  const found = await store.scan(OF_USER, ...userMarks(user), MOST)
  return found.map(({ value }) => value as Voucher).filter((voucher) => voucher.gives === gives)
}

/** A coupon that came back is followed by the one that stands for it. */
async function couponsOf(world: InstitutionWorld, user: string): Promise<readonly Coupon[]> {
  const all: Coupon[] = []
  for (const voucher of await vouchersOf(world, user, 'coupon'))
    for (let id = voucher.id; ; id = freshId(id)) {
      const coupon = coupons.in(await world.store.read([coupons.key(id)]), id)
      if (coupon === undefined) break
      all.push(coupon)
    }
  return all
}

async function couponsView(world: InstitutionWorld, user: string) {
  const now = world.clock.wall()
  const all = (await couponsOf(world, user)).map(({ id, issuer, face, threshold, expiresAt, state }) => ({
    id,
    issuer,
    face: String(face),
    threshold: String(threshold),
    expires: beijingTime(expiresAt),
    state: state === 'FREE' && now > expiresAt ? ('EXPIRED' as const) : state,
  }))
  const usable = all.flatMap(({ id, state }) => (state === 'FREE' ? [id] : []))
  return { coupons: all, usable, count: usable.length }
}

async function packetsView(world: InstitutionWorld, user: string) {
  const now = world.clock.wall()
  const given = await vouchersOf(world, user, 'packet')
  const rows = await world.store.read(given.map(({ id }) => packets.key(id)))
  const live = given.flatMap(({ id }) => {
    const packet = packets.in(rows, id)
    return packet === undefined || now > packet.expiresAt ? [] : [packet]
  })
  return {
    packets: live.map(({ id, pool, left, expiresAt }) => ({
      id,
      pool,
      left: String(left),
      expires: beijingTime(expiresAt),
    })),
    left: String(live.reduce((sum, { left }) => sum + left, 0n)),
  }
}

const exchangeView = ({ id, coupon, state, networkCoupon, because }: Exchange) => ({
  exchange: id,
  coupon,
  state,
  ...(networkCoupon !== undefined && { networkCoupon }),
  ...(because !== undefined && { because }),
})

export function giftRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/coupons',
      summary: 'A user’s coupons with their states',
      request: { params: byId },
      responses: { 200: json(Coupons, 'The coupons'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (!(await isUser(world.store, id))) return c.json(NO_USER, 409)
      return c.json(await couponsView(world, id), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/packets',
      summary: 'A user’s red packets that have not lapsed',
      request: { params: byId },
      responses: { 200: json(Packets, 'The packets'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (!(await isUser(world.store, id))) return c.json(NO_USER, 409)
      return c.json(await packetsView(world, id), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/grabs',
      summary: 'Grab one of a campaign’s coupons or packets; `grab` becomes its id',
      request: { params: byId, body: body(z.strictObject({ grab: OwnId, campaign: OwnId })) },
      responses: { 200: json(Gift, 'What was given'), ...answers },
    }),
    async (c) => {
      const { grab: id, campaign } = c.req.valid('json')
      const got = await grab(world, c.req.valid('param').id, campaign, id)
      return got.kind === 'done' ? c.json(giftView(got.value, got.repeated), 200) : c.json(refusal(got), 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/claims',
      summary: 'Claim the next share of a split packet; `claim` becomes its id',
      request: { params: byId, body: body(z.strictObject({ claim: OwnId, split: OwnId })) },
      responses: { 200: json(Gift, 'What was given'), ...answers },
    }),
    async (c) => {
      const { claim, split } = c.req.valid('json')
      const got = await claimShare(world, c.req.valid('param').id, split, claim)
      return got.kind === 'done' ? c.json(giftView(got.value, got.repeated), 200) : c.json(refusal(got), 409)
    },
  )
  exchangeRoutes(api, world)
}

function exchangeRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const exchangeId = z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,32}$/)
    .openapi({ description: 'The caller’s id of the exchange; the network knows it by the same' })
  const shown = (got: Result<Exchange>) =>
    got.kind === 'done' ? { view: exchangeView(got.value) } : { refused: refusal(got) }
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/coupons/{coupon}/exchange',
      summary: 'Exchange a coupon into a red packet of the network; the outcome is asked for',
      request: {
        params: byId.extend({ coupon: OwnId }),
        body: body(z.strictObject({ exchange: exchangeId })),
      },
      responses: { 200: json(ExchangeView, 'How the exchange stands'), ...answers },
    }),
    async (c) => {
      const { id, coupon } = c.req.valid('param')
      const got = shown(await beginExchange(world, id, coupon, c.req.valid('json').exchange))
      return 'view' in got ? c.json(got.view, 200) : c.json(got.refused, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/exchanges/{exchange}',
      summary: 'How an exchange stands',
      request: { params: byId.extend({ exchange: exchangeId }) },
      responses: { 200: json(ExchangeView, 'How the exchange stands'), ...answers },
    }),
    async (c) => {
      const { id, exchange } = c.req.valid('param')
      const known = exchanges.in(await world.store.read([exchanges.key(exchange)]), exchange)
      return known?.user === id
        ? c.json(exchangeView(known), 200)
        : c.json({ because: 'there is no such exchange of this user' }, 409)
    },
  )
}
