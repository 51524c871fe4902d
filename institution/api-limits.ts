// The APIs' half about limits: what was agreed for an account, what has been used of it, and the tier.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Store } from '../store/store.ts'
import { Amount, body, byId, json, said } from './api-shapes.ts'
import { type AccountLimits, accountLimits, shownUsage, usageKeys } from './limits.ts'
import { type User, users } from './records.ts'
import { seedOf, signatureOf } from './phone-codes.ts'
import type { InstitutionWorld } from './world.ts'

const Own = z.strictObject({
  perPayment: Amount.optional(),
  perDay: Amount.optional(),
  perYear: Amount.optional(),
})
const Limits = Own.extend({
  signedPerDay: Amount.optional().openapi({
    description: 'Class A: what was agreed with the user for payments that the phone signs',
  }),
})
const Usage = z
  .object({
    day: Amount,
    year: Amount,
    personLife: Amount,
    personYear: Amount,
    classA: Amount,
    classB: Amount,
    classC: Amount,
    classD: Amount,
  })
  .openapi('Usage')
const TIERS = { I: 1, II: 2, III: 3 } as const

const NONE = { because: 'there is no such user' }
const textOf = (limits: Readonly<Record<string, bigint | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(limits).flatMap(([name, most]) => (most === undefined ? [] : [[name, String(most)]])),
  )

async function setLimits(
  store: Store,
  id: string,
  given: Readonly<Record<string, string | undefined>>,
): Promise<AccountLimits | undefined> {
  return store.change<AccountLimits | undefined>([users.key(id), accountLimits.key(id)], (rows) => {
    if (users.in(rows, id) === undefined) return { result: undefined }
    const told = Object.entries(given).flatMap(([name, most]) =>
      most === undefined ? [] : [[name, BigInt(most)] as const],
    )
    const limits: AccountLimits = { ...accountLimits.in(rows, id), ...Object.fromEntries(told) }
    return {
      put: [accountLimits.put(id, limits)],
      append: [{ item: id, kind: 'limits', body: limits }],
      result: limits,
    }
  })
}

export function ownLimitRoutes(api: OpenAPIHono, { store }: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'put',
      path: '/users/{id}/limits',
      summary: 'The user’s own limits: per payment, day and year',
      request: { params: byId, body: body(Own) },
      responses: { 200: json(Limits, 'The limits now'), ...said },
    }),
    async (c) => {
      const limits = await setLimits(store, c.req.valid('param').id, c.req.valid('json'))
      return limits === undefined ? c.json(NONE, 409) : c.json(textOf(limits), 200)
    },
  )
}

export function limitRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'put',
      path: '/users/{id}/limits',
      summary: 'Limits of an account, with what was agreed for class A',
      request: { params: byId, body: body(Limits) },
      responses: { 200: json(Limits, 'The limits now'), ...said },
    }),
    async (c) => {
      const limits = await setLimits(store, c.req.valid('param').id, c.req.valid('json'))
      return limits === undefined ? c.json(NONE, 409) : c.json(textOf(limits), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/usage',
      summary: 'What counts against the limits, for the account and for its person',
      request: { params: byId },
      responses: { 200: json(Usage, 'Fen, in the day and year of the clock'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const user = users.in(await store.read([users.key(id)]), id)
      if (user === undefined) return c.json(NONE, 409)
      const used = shownUsage(await store.read(usageKeys(user)), user, world.clock.wall())
      return c.json(textOf(used) as z.infer<typeof Usage>, 200)
    },
  )
  personRoutes(api, world)
}

function personRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'put',
      path: '/users/{id}/tier',
      summary: 'Class of the account; it counts from the next request on',
      request: { params: byId, body: body(z.strictObject({ tier: z.enum(['I', 'II', 'III']) })) },
      responses: { 200: json(z.object({ tier: z.string() }), 'The class now'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const { tier } = c.req.valid('json')
      const user = await store.change<User | undefined>([users.key(id)], (rows) => {
        const known = users.in(rows, id)
        if (known === undefined) return { result: undefined }
        const changed = { ...known, tier: TIERS[tier] }
        return {
          put: [users.put(id, changed)],
          append: [{ item: id, kind: 'tier', body: { tier } }],
          result: changed,
        }
      })
      return user === undefined ? c.json(NONE, 409) : c.json({ tier }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/phone-signature',
      summary: 'What the user’s phone would sign a payment with; the examiner holds the phone',
      request: { params: byId, body: body(z.strictObject({ payment: z.string().min(1).max(64) })) },
      responses: { 200: json(z.object({ signature: z.string() }), 'For the password page'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (users.in(await store.read([users.key(id)]), id) === undefined) return c.json(NONE, 409)
      const { seed } = await seedOf(world, id)
      return c.json({ signature: signatureOf(seed, c.req.valid('json').payment) }, 200)
    },
  )
}
