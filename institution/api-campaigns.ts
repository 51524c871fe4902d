// The control API's half about marketing: pools, campaigns, split packets, and gifts to one user.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { beijingTime, readBeijingTime } from '../wire/wire.ts'
import { answers, Gift, giftView, OwnId, refusal } from './api-marketing.ts'
import { Amount, body, byId, json } from './api-shapes.ts'
import { fundPool, grantCoupon, grantPacket, openCampaign, refused, type Result } from './marketing.ts'
import {
  type Campaign,
  campaigns,
  type Pool,
  pools,
  type Split,
  splits,
  type Voucher,
} from './marketing-records.ts'
import { makeSplit } from './marketing-split.ts'
import { balances } from './records.ts'
import type { InstitutionWorld } from './world.ts'

const DAY_MS = 24 * 3600 * 1000
/** Where nothing is said. Ours. */
const LIFE_MS = 30 * DAY_MS
const SHARES_MAX = 1000

const Positive = Amount.refine((text) => text !== '0', 'must be above 0')
const Time = z
  .string()
  .regex(/^[0-9]{14}$/)
  .refine((text) => readBeijingTime(text) !== undefined, 'there is no such time')
  .openapi({ description: 'Beijing time, YYYYMMDDhhmmss; 30 days from now unless told' })
const LifeSeconds = z
  .string()
  .regex(/^[1-9][0-9]{0,8}$/)
  .openapi({ description: 'How long what is given can be spent; 30 days unless told' })
const PerUser = z
  .string()
  .regex(/^[1-9][0-9]{0,3}$/)
  .openapi({ description: 'How many one user may have; 1 unless told' })

const PoolView = z
  .object({ id: z.string(), balance: Amount, funded: Amount, promised: Amount })
  .openapi('Pool')
const CampaignView = z
  .object({
    id: z.string(),
    gives: z.string(),
    from: z.string(),
    face: Amount,
    budget: Amount,
    granted: Amount,
    until: z.string(),
  })
  .openapi('Campaign')
const SplitView = z
  .object({
    id: z.string(),
    pool: z.string(),
    total: Amount,
    shares: z.number(),
    claimed: z.number(),
    until: z.string(),
  })
  .openapi('SplitPacket')

const at = (world: InstitutionWorld, text: string | undefined): number =>
  (text === undefined ? undefined : readBeijingTime(text)) ?? world.clock.wall() + LIFE_MS
const life = (seconds: string | undefined): number =>
  seconds === undefined ? LIFE_MS : Number(seconds) * 1000

export function campaignRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  poolRoutes(api, world)
  openRoutes(api, world)
  splitRoutes(api, world)
  grantRoutes(api, world)
}

function poolRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const view = async (pool: Pool) => {
    const account = `RP:${pool.id}`
    const rows = await world.store.read([balances.key(account)])
    const balance = String(balances.in(rows, account)?.amount ?? 0n)
    return { id: pool.id, balance, funded: String(pool.funded), promised: String(pool.promised) }
  }
  api.openapi(
    createRoute({
      method: 'post',
      path: '/pools/{pool}/deposits',
      summary: 'Pay own money into a red-packet pool',
      request: {
        params: z.object({ pool: OwnId }),
        body: body(z.strictObject({ deposit: OwnId, amount: Positive })),
      },
      responses: { 200: json(PoolView, 'The pool'), ...answers },
    }),
    async (c) => {
      const { deposit, amount } = c.req.valid('json')
      const paid = await fundPool(world, c.req.valid('param').pool, deposit, BigInt(amount))
      return paid.kind === 'done' ? c.json(await view(paid.value), 200) : c.json(refusal(paid), 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/pools/{pool}',
      summary: 'A red-packet pool: what lies in it, and what of it was promised',
      request: { params: z.object({ pool: OwnId }) },
      responses: { 200: json(PoolView, 'The pool'), ...answers },
    }),
    async (c) => {
      const { pool } = c.req.valid('param')
      const found = pools.in(await world.store.read([pools.key(pool)]), pool)
      return found === undefined ? c.json(NO_POOL, 409) : c.json(await view(found), 200)
    },
  )
}

const NO_POOL = { because: 'there is no such pool' }
const campaignView = ({ id, gives, from, face, budget, granted, until }: Campaign) => ({
  id,
  gives,
  from,
  face: String(face),
  budget: String(budget),
  granted: String(granted),
  until: beijingTime(until),
})

function openRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/campaigns',
      summary: 'Open a campaign: coupons of an issuer, or packets of a pool, up to a budget',
      request: {
        body: body(
          z.strictObject({
            campaign: OwnId,
            gives: z.enum(['coupon', 'packet']),
            from: OwnId.openapi({ description: 'Issuer of the coupons, or pool of the packets' }),
            face: Positive,
            threshold: Amount.optional(),
            budget: Positive,
            perUser: PerUser.optional(),
            until: Time.optional(),
            lifeSeconds: LifeSeconds.optional(),
          }),
        ),
      },
      responses: { 200: json(CampaignView, 'The campaign'), ...answers },
    }),
    async (c) => {
      const { campaign, gives, from, face, threshold, budget, perUser, until, lifeSeconds } =
        c.req.valid('json')
      const opened = await openCampaign(world, {
        id: campaign,
        gives,
        from,
        face: BigInt(face),
        threshold: BigInt(threshold ?? '0'),
        budget: BigInt(budget),
        perUser: Number(perUser ?? '1'),
        until: at(world, until),
        lifeMs: life(lifeSeconds),
      })
      return opened.kind === 'done' ? c.json(campaignView(opened.value), 200) : c.json(refusal(opened), 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/campaigns/{campaign}',
      summary: 'A campaign, and what of its budget is given away',
      request: { params: z.object({ campaign: OwnId }) },
      responses: { 200: json(CampaignView, 'The campaign'), ...answers },
    }),
    async (c) => {
      const { campaign } = c.req.valid('param')
      const found = campaigns.in(await world.store.read([campaigns.key(campaign)]), campaign)
      return found === undefined
        ? c.json({ because: 'there is no such campaign' }, 409)
        : c.json(campaignView(found), 200)
    },
  )
}

const splitView = ({ id, pool, total, shares, claimed, until }: Split) => ({
  id,
  pool,
  total: String(total),
  shares: shares.length,
  claimed,
  until: beijingTime(until),
})

function splitRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/pools/{pool}/splits',
      summary: 'Split a sum of a pool into shares drawn by chance, for whoever claims them',
      request: {
        params: z.object({ pool: OwnId }),
        body: body(
          z.strictObject({
            split: OwnId,
            total: Positive,
            shares: z.string().regex(/^[1-9][0-9]{0,3}$/),
            perUser: PerUser.optional(),
            until: Time.optional(),
            lifeSeconds: LifeSeconds.optional(),
          }),
        ),
      },
      responses: { 200: json(SplitView, 'The split packet'), ...answers },
    }),
    async (c) => {
      const { split, total, shares, perUser, until, lifeSeconds } = c.req.valid('json')
      const made =
        Number(shares) > SHARES_MAX
          ? refused(`at most ${SHARES_MAX} shares`)
          : await makeSplit(world, {
              id: split,
              pool: c.req.valid('param').pool,
              total: BigInt(total),
              count: Number(shares),
              perUser: Number(perUser ?? '1'),
              until: at(world, until),
              lifeMs: life(lifeSeconds),
            })
      return made.kind === 'done' ? c.json(splitView(made.value), 200) : c.json(refusal(made), 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/splits/{split}',
      summary: 'A split packet, and how much of it is claimed',
      request: { params: z.object({ split: OwnId }) },
      responses: { 200: json(SplitView, 'The split packet'), ...answers },
    }),
    async (c) => {
      const { split } = c.req.valid('param')
      const found = splits.in(await world.store.read([splits.key(split)]), split)
      return found === undefined
        ? c.json({ because: 'there is no such split packet' }, 409)
        : c.json(splitView(found), 200)
    },
  )
}

const gift = (got: Result<Voucher>) =>
  got.kind === 'done' ? { view: giftView(got.value, got.repeated) } : { refused: refusal(got) }

function grantRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/coupons',
      summary: 'Give a user a coupon',
      request: {
        params: byId,
        body: body(
          z.strictObject({
            coupon: OwnId,
            issuer: OwnId,
            face: Positive,
            threshold: Amount.optional(),
            expires: Time.optional(),
          }),
        ),
      },
      responses: { 200: json(Gift, 'What was given'), ...answers },
    }),
    async (c) => {
      const { coupon, issuer, face, threshold, expires } = c.req.valid('json')
      const got = gift(
        await grantCoupon(world, {
          id: coupon,
          user: c.req.valid('param').id,
          issuer,
          face: BigInt(face),
          threshold: BigInt(threshold ?? '0'),
          expiresAt: at(world, expires),
        }),
      )
      return 'view' in got ? c.json(got.view, 200) : c.json(got.refused, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/packets',
      summary: 'Give a user a red packet out of a pool',
      request: {
        params: byId,
        body: body(
          z.strictObject({ packet: OwnId, pool: OwnId, amount: Positive, expires: Time.optional() }),
        ),
      },
      responses: { 200: json(Gift, 'What was given'), ...answers },
    }),
    async (c) => {
      const { packet, pool, amount, expires } = c.req.valid('json')
      const got = gift(
        await grantPacket(world, {
          id: packet,
          user: c.req.valid('param').id,
          pool,
          left: BigInt(amount),
          expiresAt: at(world, expires),
        }),
      )
      return 'view' in got ? c.json(got.view, 200) : c.json(got.refused, 409)
    },
  )
}
