// The control API's half about policy: what is barred, the risk rules, what they did, and the cases that wait for a person.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Amount, body, byId, json, said } from './api-shapes.ts'
import { BARRABLE, type Policy, policyOf, setBarred, setRule } from './policy.ts'
import { users } from './records.ts'
import type { RiskRule } from './risk.ts'
import type { InstitutionWorld } from './world.ts'

const Count = z.string().regex(/^[1-9][0-9]{0,5}$/, 'a whole number')
const Hour = z.string().regex(/^([0-9]|1[0-9]|2[0-4])$/, 'an hour, 0 to 24')
const When = z.strictObject({
  above: Amount.optional(),
  category: z.string().optional(),
  merchant: z.string().optional(),
  region: z.string().optional(),
  hours: z.strictObject({ from: Hour, to: Hour }).optional(),
  pace: z
    .strictObject({
      minutes: z.string().regex(/^([1-9]|[1-5][0-9]|60)$/, '1 to 60'),
      count: Count.optional(),
      amount: Amount.optional(),
    })
    .optional(),
})
const Rule = z
  .strictObject({ when: When, act: z.enum(['decline', 'challenge', 'pass', 'off']) })
  .openapi('RiskRule', { description: 'The first rule that hits decides; `off` takes the rule away' })
const Barred = z
  .object({ region: z.array(z.string()), merchant: z.array(z.string()), category: z.array(z.string()) })
  .openapi('Barred')

const barredView = ({ barred }: Policy) => ({
  region: [...barred.region],
  merchant: [...barred.merchant],
  category: [...barred.category],
})

/** A rule as the book keeps it. */
function ruleOf(id: string, { when, act }: z.infer<typeof Rule>): RiskRule | undefined {
  if (act === 'off') return undefined
  const { above, hours, pace, ...names } = when
  const named = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined))
  return {
    id,
    act,
    when: {
      ...named,
      ...(above !== undefined && { above: BigInt(above) }),
      ...(hours !== undefined && { hours: { from: Number(hours.from), to: Number(hours.to) } }),
      ...(pace !== undefined && {
        pace: {
          minutes: Number(pace.minutes),
          ...(pace.count !== undefined && { count: Number(pace.count) }),
          ...(pace.amount !== undefined && { amount: BigInt(pace.amount) }),
        },
      }),
    },
  }
}

export function riskRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'put',
      path: '/barred/{what}/{name}',
      summary: 'Bar a region (with all that begin with it), a merchant or a category, or let it pay again',
      request: {
        params: z.object({ what: z.enum(BARRABLE), name: z.string().regex(/^[A-Za-z0-9]{2,15}$/) }),
        body: body(z.strictObject({ barred: z.enum(['yes', 'no']) })),
      },
      responses: { 200: json(Barred, 'What is barred now'), ...said },
    }),
    async (c) => {
      const { what, name } = c.req.valid('param')
      const policy = await setBarred(store, what, name, c.req.valid('json').barred === 'yes')
      return c.json(barredView(policy), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'put',
      path: '/risk-rules/{name}',
      summary: 'Put a risk rule in its place, or take it away',
      request: {
        params: z.object({ name: z.string().regex(/^[a-z0-9-]{1,40}$/i) }),
        body: body(Rule),
      },
      responses: { 200: json(z.object({ rules: z.array(z.string()) }), 'The rules in their order'), ...said },
    }),
    async (c) => {
      const { name } = c.req.valid('param')
      const { rules } = await setRule(store, name, ruleOf(name, c.req.valid('json')))
      return c.json({ rules: rules.map(({ id }) => id) }, 200)
    },
  )
  readRoutes(api, world)
}

const Hit = z.object({ transaction: z.string(), rule: z.string(), amount: Amount })

function readRoutes(api: OpenAPIHono, { store }: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/risk-rules',
      summary: 'The risk rules and what is barred',
      responses: { 200: json(z.object({ rules: z.array(z.string()), barred: Barred }), 'In their order') },
    }),
    async (c) => {
      const policy = await policyOf(store)
      return c.json({ rules: policy.rules.map(({ id }) => id), barred: barredView(policy) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/risk',
      summary:
        'Payments of the user that a risk rule stopped: what the user is told, and the audit’s own line',
      request: { params: byId },
      responses: {
        200: json(z.object({ count: z.number(), last: Hit.optional() }), 'The newest in full'),
        ...said,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (users.in(await store.read([users.key(id)]), id) === undefined)
        return c.json({ because: 'there is no such user' }, 409)
      const hits = (await store.history(id)).filter(({ kind }) => kind === 'risk')
      const last = hits.at(-1)?.body as { transaction: string; rule: string; amount: bigint } | undefined
      const shown = last === undefined ? {} : { last: { ...last, amount: String(last.amount) } }
      return c.json({ count: hits.length, ...shown }, 200)
    },
  )
}
