// The control API's half about banks: what was asked of them, their files, and what waits for a person.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Amount, body, json, said } from './api-shapes.ts'
import { compareFile } from './bank-file.ts'
import { branches, branchId } from './branch.ts'
import { attemptOf, bankOrders, type Owner } from './card-records.ts'
import { numberKnown } from './control-digits.ts'
import { look } from './card-notice.ts'
import { nameOf, ownPayments } from './own-payments.ts'
import { byTransaction, payments } from './records.ts'
import type { InstitutionWorld } from './world.ts'

const of = z.object({
  of: z
    .string()
    .min(1)
    .max(80)
    .openapi({ description: 'A network transaction id, or an order of the wallet' }),
})
const BankOrderView = z
  .object({
    attempt: z.string(),
    bank: z.string(),
    purpose: z.string(),
    state: z.string(),
    amount: Amount,
  })
  .openapi('BankOrder')
const Direction = z.object({ ours: Amount, bank: Amount })
const ComparedView = z
  .object({
    bank: z.string(),
    day: z.string(),
    matched: z.number(),
    short: z.number(),
    long: z.number(),
    in: Direction,
    out: Direction,
  })
  .openapi('BankFileCompared')
const BranchView = z.object({ state: z.string(), cases: z.number() }).openapi('Branch')
const Cases = z.object({ cases: z.number(), last: z.string().optional() }).openapi('Cases')

/** The item of a network transaction or of a payment that the wallet began, or the name itself. */
async function itemOf({ store }: InstitutionWorld, name: string): Promise<string> {
  const rows = await store.read([byTransaction.key(name), ownPayments.key(name)])
  return (byTransaction.in(rows, name) ?? ownPayments.in(rows, name))?.id ?? name
}

/** By what its bank orders are called: a payment of the wallet's own may be an earlier try of its order. */
async function callsOf(world: InstitutionWorld, name: string): Promise<readonly string[]> {
  const item = await itemOf(world, name)
  const payment = payments.in(await world.store.read([payments.key(item)]), item)
  return [name, payment === undefined ? item : nameOf(payment)]
}

export function bankRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'get',
      path: '/bank-orders/{of}',
      summary: 'What a bank was asked for a payment, a refund or an order of the wallet',
      request: { params: of },
      responses: { 200: json(BankOrderView, 'The order'), ...said },
    }),
    async (c) => {
      const calls = await callsOf(world, c.req.valid('param').of)
      const owners: readonly Owner[] = ['payment', 'refund', 'money']
      const attempts = calls.flatMap((call) => owners.map((owner) => attemptOf(world.me, owner, call)))
      const rows = await store.read(attempts.map((attempt) => bankOrders.key(attempt)))
      const order = attempts.map((attempt) => bankOrders.in(rows, attempt)).find((one) => one !== undefined)
      if (order === undefined) return c.json({ because: 'no bank was asked for this' }, 409)
      const { bank, purpose, state, amount } = order
      const attempt = await numberKnown(world, order.attempt)
      return c.json({ attempt, bank, purpose, state, amount: String(amount) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/cases/{of}',
      summary: 'How many cases about it wait for a person, and why the last one does',
      request: { params: of },
      responses: { 200: json(Cases, 'The cases'), ...said },
    }),
    async (c) => {
      const all = await store.history(await itemOf(world, c.req.valid('param').of))
      const cases = all.filter(({ kind }) => kind === 'case')
      const last = (cases.at(-1)?.body as { because?: string } | undefined)?.because
      return c.json({ cases: cases.length, ...(last !== undefined && { last }) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/branches/{composite}/{branch}',
      summary: 'A branch of a composite payment, and how many cases about it wait for a person',
      request: { params: z.object({ composite: z.string().max(32), branch: z.string().max(32) }) },
      responses: { 200: json(BranchView, 'NONE where there is no such branch'), ...said },
    }),
    async (c) => {
      const id = branchId(c.req.valid('param'))
      const state = branches.in(await store.read([branches.key(id)]), id)?.state ?? 'NONE'
      const cases = (await store.history(id)).filter(({ kind }) => kind === 'case').length
      return c.json({ state, cases }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/bank-files',
      summary: 'Compare a bank’s file of a day with the own book',
      request: { body: body(z.strictObject({ text: z.string().min(1) })) },
      responses: { 200: json(ComparedView, 'What was found; the same file again changes nothing'), ...said },
    }),
    async (c) => {
      const outcome = await compareFile(world, c.req.valid('json').text, look)
      return outcome.kind === 'done'
        ? c.json(outcome.value, 200)
        : c.json({ because: outcome.because, field: 'text' }, 409)
    },
  )
}
