// The institution's two JSON APIs. Wallet: what the user's app calls. Control: what an examiner needs and no
// production system offers: seeding, the ledger as a stream, the clock, restart. Both print as OpenAPI.
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { START, type Store } from '../store/store.ts'
import { orderRoutes, shopRoutes } from './api-orders.ts'
import { campaignRoutes } from './api-campaigns.ts'
import { giftRoutes } from './api-marketing.ts'
import { bankRoutes } from './api-bank.ts'
import { cardRoutes } from './api-cards.ts'
import { clearingRoutes } from './api-clearing.ts'
import { limitRoutes, ownLimitRoutes } from './api-limits.ts'
import { paymentRoutes } from './api-payments.ts'
import { riskRoutes } from './api-risk.ts'
import { ownTokenRoutes, tokenTableRoutes } from './api-sign-up.ts'
import { body, byId, FundingShape, fundingOf, Idle, json, said } from './api-shapes.ts'
import { userRoutes } from './api-users.ts'
import { auditBook, postings } from './book.ts'
import { showCode } from './codes.ts'
import { codes } from './records.ts'
import { setTokenState, signUp } from './tokens.ts'
import type { InstitutionWorld } from './world.ts'

/** What only the place where the institution runs can do for it. */
export type Host = {
  /** Sets the party's clock, lets what became due happen, and resolves when nothing moves by itself any more. */
  setClock(now: number): Promise<void>
  /** Forgets everything that is not in the store, as a killed process would. */
  restart(): Promise<void>
  idle(): Promise<{ inFlight: number; nextDue?: number }>
}

const app = () =>
  new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined
      const issue = result.error.issues[0]
      return c.json({ because: issue?.message ?? 'malformed', field: issue?.path.join('.') ?? '' }, 400)
    },
  })

const because = (outcome: { because: string }) => ({ because: outcome.because })

export function walletApi(world: InstitutionWorld): OpenAPIHono {
  const api = app()
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/sign-up',
      summary: 'Sign the user’s account up on the network',
      request: { params: byId },
      responses: {
        200: json(z.object({ token: z.string() }), 'The network’s token for the account'),
        ...said,
      },
    }),
    async (c) => {
      const outcome = await signUp(world, c.req.valid('param').id)
      return outcome.kind === 'done'
        ? c.json({ token: outcome.value.token }, 200)
        : c.json(because(outcome), 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/codes',
      summary: 'Show a payment code',
      request: {
        params: byId,
        body: {
          content: { 'application/json': { schema: z.strictObject({ funding: FundingShape.optional() }) } },
        },
      },
      responses: {
        200: json(z.object({ code: z.string(), expiresAt: z.number() }), 'A fresh single-use code'),
        ...said,
      },
    }),
    async (c) => {
      const { funding } = c.req.valid('json') ?? {}
      const chosen = funding === undefined ? undefined : fundingOf(funding)
      const outcome = await showCode(world, c.req.valid('param').id, chosen)
      return outcome.kind === 'done' ? c.json(outcome.value, 200) : c.json(because(outcome), 409)
    },
  )
  paymentRoutes(api, world)
  ownTokenRoutes(api, world)
  ownLimitRoutes(api, world)
  cardRoutes(api, world)
  giftRoutes(api, world)
  orderRoutes(api, world)
  return api
}

export function controlApi(world: InstitutionWorld, host: Host): OpenAPIHono {
  const api = app()
  const { store } = world
  userRoutes(api, world)
  tokenTableRoutes(api, world)
  limitRoutes(api, world)
  riskRoutes(api, world)
  bankRoutes(api, world)
  clearingRoutes(api, world)
  campaignRoutes(api, world)
  shopRoutes(api, world)
  api.openapi(
    createRoute({
      method: 'put',
      path: '/tokens/{token}/state',
      summary: 'Suspend, resume or unbind a token',
      request: {
        params: z.object({ token: z.string() }),
        body: body(z.strictObject({ state: z.enum(['T_ACTIVE', 'T_SUSPENDED', 'T_UNBOUND']) })),
      },
      responses: { 200: json(z.object({ state: z.string() }), 'The token’s state now'), ...said },
    }),
    async (c) => {
      const outcome = await setTokenState(store, c.req.valid('param').token, c.req.valid('json').state)
      return outcome.kind === 'done'
        ? c.json({ state: outcome.value.state }, 200)
        : c.json(because(outcome), 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/codes/{code}',
      summary: 'The state of a payment code',
      request: { params: z.object({ code: z.string() }) },
      responses: {
        200: json(z.object({ state: z.string() }), 'C_LIVE, C_USED, C_EXPIRED or C_REVOKED'),
        ...said,
      },
    }),
    async (c) => {
      const { code } = c.req.valid('param')
      const found = codes.in(await store.read([codes.key(code)]), code)
      if (found === undefined) return c.json({ because: 'there is no such code' }, 409)
      const expired =
        found.state === 'C_LIVE' && world.clock.wall() > found.expiresAt + world.profile.values.clockSkewMs
      return c.json({ state: expired ? 'C_EXPIRED' : found.state }, 200)
    },
  )
  bookRoutes(api, store)
  hostRoutes(api, world, host)
  return api
}

function bookRoutes(api: OpenAPIHono, store: Store): void {
  api.openAPIRegistry.registerPath({
    method: 'get',
    path: '/ledger',
    summary: 'Every posting after a position, one JSON object a line, oldest first',
    request: { query: z.object({ after: z.string().optional() }) },
    responses: {
      200: {
        content: { 'application/x-ndjson': { schema: z.string() } },
        description: 'Postings with their positions',
      },
    },
  })
  api.get('/ledger', async (c) => {
    const lines: string[] = []
    for await (const { position, item, body } of postings(store, c.req.query('after') ?? START)) {
      const { entry, ...more } = body
      lines.push(
        JSON.stringify({
          position,
          id: entry.id,
          item,
          currency: entry.currency,
          ...more,
          lines: entry.lines.map((line) => ({ ...line, amount: String(line.amount) })),
        }),
      )
    }
    return c.body(lines.map((line) => `${line}\n`).join(''), 200, { 'content-type': 'application/x-ndjson' })
  })
  api.openAPIRegistry.registerPath({
    method: 'get',
    path: '/audit',
    summary: 'What the auditor finds in the book; empty when it is sound',
    responses: { 200: json(z.object({ findings: z.array(z.unknown()) }), 'Findings') },
  })
  api.get('/audit', async (c) => c.json({ findings: await auditBook(store) }))
}

function hostRoutes(api: OpenAPIHono, world: InstitutionWorld, host: Host): void {
  const idle = async () => ({ now: world.clock.wall(), ...(await host.idle()) })
  const still = json(Idle, 'What is under way, and when the next thing is due')
  api.openapi(
    createRoute({ method: 'get', path: '/idle', summary: 'What is under way', responses: { 200: still } }),
    async (c) => c.json(await idle(), 200),
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/clock',
      summary: 'Set the clock; answers when idle',
      request: { body: body(z.strictObject({ now: z.number().int().nonnegative() })) },
      responses: { 200: still, ...said },
    }),
    async (c) => {
      await host.setClock(c.req.valid('json').now)
      return c.json(await idle(), 200)
    },
  )
  api.openapi(
    createRoute({ method: 'post', path: '/reset', summary: 'Forget everything', responses: { 200: still } }),
    async (c) => {
      await world.store.reset()
      return c.json(await idle(), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/restart',
      summary: 'Drop everything that is not stored',
      responses: { 200: still },
    }),
    async (c) => {
      await host.restart()
      return c.json(await idle(), 200)
    },
  )
}
