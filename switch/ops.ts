// What the people who run the switch ask of it: merchants and institutions as data, items by their business code, and
// composite payments over several institutions. JSON,
// printed as OpenAPI; loopback only, like everything of `sifang up`. A door of its own: shapes take long to load, and who
// only exchanges messages needs none.
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { clearingDayOf } from '../clearing/clearing.ts'
import { broken, type Field, MESSAGES } from '../wire/wire.ts'
import { beginComposite, type CompositeBranch, compositeState } from './composite.ts'
import { clearingRoutes } from './ops-clearing.ts'
import { BY_BUSINESS, type Purchase, type Refund, type Void } from './records.ts'
import {
  type Entered,
  enterInstitution,
  enterMerchant,
  institutions,
  type InstitutionTerms,
  merchantKey,
  merchants,
  type MerchantTerms,
  REGISTRY,
  type Registered,
  SCENES,
} from './registry.ts'
import type { SwitchWorld } from './world.ts'

const Day = z
  .string()
  .regex(/^[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$/, 'a day, YYYYMMDD')
  .openapi({ description: 'From this day on, Beijing', example: '20260615' })
const Scenes = z.array(z.enum(SCENES)).min(1, 'name at least one scene: CPM, MPM, ONLINE')
const Fee = z
  .string()
  .min(1)
  .max(40)
  .openapi({ description: 'Name of the fee standard', example: 'standard' })
const Merchant = z
  .strictObject({
    name: z.string().min(1).max(40),
    status: z.enum(['active', 'suspended', 'closed']),
    scenes: Scenes,
    categories: z.array(z.string().regex(/^[0-9]{4}$/, 'a merchant category of four digits')).max(50),
    provinces: z.array(z.string().regex(/^[0-9]{2}$/, 'a province of two digits')).max(40),
    fee: Fee,
    returnHosts: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a host name in lower case'))
      .max(20),
  })
  .openapi('MerchantTerms')
const Institution = z
  .strictObject({
    status: z.enum(['active', 'suspended']),
    scenes: Scenes,
    businesses: z.array(z.string().regex(/^[0-9]{1,20}$/, 'the first digits of a business code')).max(50),
    fee: Fee,
  })
  .openapi('InstitutionTerms')
const Refusal = z.object({ field: z.string(), zh: z.string(), en: z.string() }).openapi('OpsRefusal')

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})
const said = {
  400: json(Refusal, 'The request is malformed; `field` says where'),
  404: json(Refusal, 'Nothing is registered under this name'),
  409: json(Refusal, 'Refused; nothing changed'),
}
const body = <T extends z.ZodType>(schema: T) => ({
  content: { 'application/json': { schema } },
  required: true,
})
const MerchantId = z.object({
  acquirer: z.string().regex(/^[0-9]{8}$/, 'an acquirer of eight digits'),
  merchant: z.string().regex(/^[A-Za-z0-9_-]{15}$/, 'a merchant id of fifteen characters'),
})
const PartyId = z.object({ id: z.string().regex(/^[0-9]{8}$/, 'an institution of eight digits') })
const none = (id: string) => ({ field: 'id', zh: `没有登记 ${id}`, en: `nothing is registered under ${id}` })

export function opsApi(world: SwitchWorld): OpenAPIHono {
  const api = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined
      const issue = result.error.issues[0]
      const field = issue?.path.join('.') ?? ''
      const rule = issue?.message ?? 'is malformed'
      return c.json({ field, zh: `${field}：${rule}`, en: `${field}: ${rule}` }, 400)
    },
  })
  merchantRoutes(api, world)
  institutionRoutes(api, world)
  listRoutes(api, world)
  compositeRoutes(api, world)
  clearingRoutes(api, world)
  api.doc31('/openapi.json', { openapi: '3.1.0', info: { title: 'Sifang switch, operations', version: '1' } })
  return api
}

type Told<T> = { readonly from: string; readonly terms: T }
const versionsOf = <T>({ id, versions }: Registered<T>) => ({
  id,
  versions: versions.map((one) => ({ ...one })),
})
const Versions = <T extends z.ZodType>(terms: T) =>
  z.object({ id: z.string(), versions: z.array(z.object({ from: Day, terms })) })

const answered = <T>(entered: Entered<T>) =>
  entered.kind === 'refused'
    ? ({ no: { field: entered.field, zh: entered.zh, en: entered.en } } as const)
    : ({ yes: versionsOf(entered.value) as { id: string; versions: Told<T>[] } } as const)

function merchantRoutes(api: OpenAPIHono, world: SwitchWorld): void {
  api.openapi(
    createRoute({
      method: 'put',
      path: '/merchants/{acquirer}/{merchant}',
      summary: 'Register a merchant, or change it from a day on',
      request: { params: MerchantId, body: body(z.strictObject({ from: Day, terms: Merchant })) },
      responses: { 200: json(z.unknown(), 'Every version, by the day it takes effect'), ...said },
    }),
    async (c) => {
      const { acquirer, merchant } = c.req.valid('param')
      const change = c.req.valid('json') as Told<MerchantTerms>
      if (world.directory.party(acquirer)?.role !== 'acquirer') return c.json(noParty(acquirer), 409)
      const done = answered(await enterMerchant(world, merchantKey(acquirer, merchant), change))
      return 'no' in done ? c.json(done.no, 409) : c.json(done.yes, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/merchants/{acquirer}/{merchant}',
      summary: 'A merchant, with every version of its terms',
      request: { params: MerchantId },
      responses: { 200: json(Versions(Merchant), 'Versions, oldest first'), ...said },
    }),
    async (c) => {
      const { acquirer, merchant } = c.req.valid('param')
      const id = merchantKey(acquirer, merchant)
      const found = merchants.in(await world.store.read([merchants.key(id)]), id)
      return found === undefined ? c.json(none(id), 404) : c.json(versionsOf(found) as never, 200)
    },
  )
}

const noParty = (id: string) => ({
  field: 'id',
  zh: `目录中没有机构 ${id}`,
  en: `${id} is no such party of the directory`,
})

function institutionRoutes(api: OpenAPIHono, world: SwitchWorld): void {
  api.openapi(
    createRoute({
      method: 'put',
      path: '/institutions/{id}',
      summary: 'What an acquirer or an account institution may do, from a day on',
      request: { params: PartyId, body: body(z.strictObject({ from: Day, terms: Institution })) },
      responses: { 200: json(z.unknown(), 'Every version, by the day it takes effect'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const role = world.directory.party(id)?.role
      if (role !== 'acquirer' && role !== 'institution') return c.json(noParty(id), 409)
      const done = answered(await enterInstitution(world, id, c.req.valid('json') as Told<InstitutionTerms>))
      return 'no' in done ? c.json(done.no, 409) : c.json(done.yes, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/institutions/{id}',
      summary: 'A party of the directory, with every version of its terms',
      request: { params: PartyId },
      responses: { 200: json(Versions(Institution), 'Versions, oldest first'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const found = institutions.in(await world.store.read([institutions.key(id)]), id)
      return found === undefined ? c.json(none(id), 404) : c.json(versionsOf(found) as never, 200)
    },
  )
}

const LISTED_MOST = 500
const ITEMS_MOST = 100

function listRoutes(api: OpenAPIHono, world: SwitchWorld): void {
  for (const kind of ['merchant', 'institution'] as const)
    api.openapi(
      createRoute({
        method: 'get',
        path: `/${kind}s`,
        summary: `Every ${kind} that is registered, at most ${LISTED_MOST}`,
        responses: { 200: json(z.object({ registered: z.array(z.unknown()) }), 'By their names') },
      }),
      async (c) => {
        const found = await world.store.scan(REGISTRY, `${kind}.`, `${kind}.~`, LISTED_MOST)
        return c.json({ registered: found.map(({ value }) => value) as unknown[] }, 200)
      },
    )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/items',
      summary: `Purchases, refunds and voids by the first digits of their business code, at most ${ITEMS_MOST}`,
      request: { query: z.object({ business: z.string().regex(/^[0-9]{1,20}$/, '1 to 20 digits') }) },
      responses: { 200: json(z.object({ items: z.array(z.unknown()) }), 'Items'), ...said },
    }),
    async (c) => {
      const { business: prefix } = c.req.valid('query')
      const found = await world.store.scan(BY_BUSINESS, prefix, `${prefix}:`, ITEMS_MOST)
      const items = found.map(({ key, value }) => {
        const { business, acquirer, order, orderTime, state, amount, currency, transaction, clearingDay } =
          value as Purchase | Refund | Void
        const [kind] = key.split('/')
        const told = { kind, business, acquirer, order, orderTime, state, currency, transaction, clearingDay }
        return { ...told, amount: String(amount) }
      })
      return c.json({ items }, 200)
    },
  )
}

const BRANCHES_MOST = 20
const Order = z.strictObject({
  composite: z.string(),
  acquirer: z.string(),
  merchant: z.string(),
  merchantName: z.string(),
  merchantCategory: z.string(),
  order: z.string(),
  orderTime: z.string(),
  branches: z
    .array(
      z.strictObject({
        institution: z.string(),
        branch: z.string(),
        token: z.string(),
        amount: z.string().regex(/^[1-9][0-9]{0,11}$/, 'a whole number of fen, as text'),
      }),
    )
    .min(1, 'name at least one branch')
    .max(BRANCHES_MOST),
})
const CompositeView = z
  .object({
    composite: z.string(),
    state: z.string().openapi({ description: 'TRYING, then CONFIRMED or CANCELLED for all branches' }),
    branches: z.array(
      z.object({
        institution: z.string(),
        branch: z.string(),
        amount: z.string(),
        done: z.boolean().openapi({ description: 'The branch has said that it did what was decided' }),
      }),
    ),
  })
  .openapi('Composite')

/** What is malformed by the wire's own table, or names a party that has no accounts. */
function faultOf(world: SwitchWorld, branches: readonly CompositeBranch[]) {
  for (const [at, branch] of branches.entries()) {
    const { institution, ...fields } = branch
    for (const field of MESSAGES['branch.try'] as readonly Field[]) {
      const rule = broken(field, String(fields[field.name as keyof typeof fields]))
      if (rule !== undefined) return { field: field.name, ...rule }
    }
    if (world.directory.party(institution)?.role !== 'institution')
      return { ...noParty(institution), field: 'institution' }
    if (branches.findIndex((one) => one.branch === branch.branch) !== at)
      return { field: 'branch', zh: `分支号 ${branch.branch} 重复`, en: `${branch.branch} is named twice` }
  }
  return undefined
}

function compositeRoutes(api: OpenAPIHono, world: SwitchWorld): void {
  const view = async (id: string) => {
    const known = await compositeState(world, id)
    if (known === undefined) return undefined
    const { composite, state } = known
    const branches = known.branches.map(({ institution, branch, amount, over }) => {
      return { institution, branch, amount: String(amount), done: over }
    })
    return { composite, state, branches }
  }
  api.openapi(
    createRoute({
      method: 'post',
      path: '/composites',
      summary:
        'Pay one order from several accounts: all of them, or none. Asked for again it is the same one',
      request: { body: body(Order) },
      responses: { 200: json(CompositeView, 'How it stands; what follows is done by itself'), ...said },
    }),
    async (c) => {
      const { composite, branches: wanted, ...shop } = c.req.valid('json')
      const clearingDay = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
      const branches = wanted.map(({ amount, ...branch }) => {
        return { ...shop, ...branch, composite, amount: BigInt(amount), currency: '156', clearingDay }
      })
      const fault = faultOf(world, branches)
      if (fault !== undefined) return c.json(fault, 400)
      const begun = await beginComposite(world, composite, branches)
      const another = {
        field: 'composite',
        zh: `组合支付号 ${composite} 已用于另一笔，请换一个`,
        en: `${composite} is another composite payment: choose another id`,
      }
      return begun === 'another' ? c.json(another, 409) : c.json((await view(composite)) as never, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/composites/{composite}',
      summary: 'A composite payment and its branches',
      request: { params: z.object({ composite: z.string().max(32) }) },
      responses: { 200: json(CompositeView, 'How it stands'), ...said },
    }),
    async (c) => {
      const { composite } = c.req.valid('param')
      const found = await view(composite)
      return found === undefined ? c.json(none(composite), 404) : c.json(found, 200)
    },
  )
}
