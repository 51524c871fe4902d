// The control API's half about users: seeding, reading and changing them.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { toHex } from '../crypto/crypto.ts'
import type { Store } from '../store/store.ts'
import { Amount, body, byId, json, said, UserView } from './api-shapes.ts'
import type { Person } from './people.ts'
import { balances, tokenOfUser, tokens, users } from './records.ts'
import { setStatus } from './tokens.ts'
import { createUser, type Outcome, setBalance } from './users.ts'
import type { InstitutionWorld } from './world.ts'

async function userView(store: Store, id: string) {
  const rows = await store.read([
    users.key(id),
    balances.key(`USR:${id}`),
    balances.key(`FRZ:${id}`),
    tokenOfUser.key(id),
  ])
  const user = users.in(rows, id)
  if (user === undefined) return undefined
  const token = tokenOfUser.in(rows, id)?.token
  const state =
    token === undefined ? undefined : tokens.in(await store.read([tokens.key(token)]), token)?.state
  return {
    id,
    status: user.status,
    available: String(balances.in(rows, `USR:${id}`)?.amount ?? 0n),
    frozen: String(balances.in(rows, `FRZ:${id}`)?.amount ?? 0n),
    tier: TIER_NAMES[user.tier],
    ...(token !== undefined && { token }),
    ...(state !== undefined && { tokenState: state }),
  }
}

type Shown =
  | { readonly user: NonNullable<Awaited<ReturnType<typeof userView>>> }
  | { readonly because: string }

/** The user after a change, or why there was none. */
async function shown(store: Store, id: string, outcome: Outcome<unknown>): Promise<Shown> {
  if (outcome.kind === 'refused') return { because: outcome.because }
  const user = await userView(store, id)
  return user === undefined ? { because: `there is no user ${id}` } : { user }
}

const REFERENCE_BYTES = 6
const TIER_NAMES = { 1: 'I', 2: 'II', 3: 'III' } as const
const TIERS = { I: 1, II: 2, III: 3 } as const
const NewUser = z.strictObject({
  id: byId.shape.id,
  balance: Amount.optional(),
  person: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .openapi({ description: 'Who stands behind it; the same for all accounts of one person' }),
  tier: z
    .enum(['I', 'II', 'III'])
    .optional()
    .openapi({ description: 'Class of the account; III unless told' }),
  pin: z
    .string()
    .regex(/^[0-9]{6}$/, 'six digits')
    .optional()
    .openapi({ description: 'Payment password; 000000 unless told' }),
  name: z
    .string()
    .min(1)
    .max(40)
    .optional()
    .openapi({ description: 'Real name; needed to sign up by agreement' }),
  idNumber: z
    .string()
    .regex(/^[A-Za-z0-9]{6,20}$/)
    .optional()
    .openapi({ description: 'Identity document; kept as a digest' }),
  phone: z
    .string()
    .regex(/^[0-9]{11}$/)
    .optional(),
  card: z
    .string()
    .regex(/^[0-9]{12,19}$/)
    .optional()
    .openapi({ description: 'A bank card of the user; kept as a digest' }),
})

const INCOMPLETE = 'a real-name record needs name, idNumber and phone together'

/** Undefined where no real-name record is given. */
function knownPerson({
  name,
  idNumber,
  phone,
  card,
}: Pick<z.infer<typeof NewUser>, 'name' | 'idNumber' | 'phone' | 'card'>): Person | undefined | 'incomplete' {
  if (name === undefined && idNumber === undefined && phone === undefined && card === undefined)
    return undefined
  if (name === undefined || idNumber === undefined || phone === undefined) return 'incomplete'
  return { name, idNumber, phone, ...(card !== undefined && { card }) }
}

export function userRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users',
      summary: 'Create a user',
      request: { body: body(NewUser) },
      responses: { 201: json(UserView, 'The user'), ...said },
    }),
    async (c) => {
      const { id, balance, person, tier, pin, ...told } = c.req.valid('json')
      const known = knownPerson(told)
      if (known === 'incomplete') return c.json({ because: INCOMPLETE, field: 'name' }, 400)
      const created = await createUser(world, {
        id,
        ...(person !== undefined && { person }),
        ...(tier !== undefined && { tier: TIERS[tier] }),
        ...(pin !== undefined && { pin }),
        ...(known !== undefined && { known }),
      })
      const funded = created.kind === 'done' && balance !== undefined
      const outcome = funded ? await setBalance(store, id, BigInt(balance), `${id}.open`) : created
      const after = await shown(store, id, outcome)
      return 'user' in after ? c.json(after.user, 201) : c.json(after, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}',
      summary: 'A user’s status and balances',
      request: { params: byId },
      responses: { 200: json(UserView, 'The user'), ...said },
    }),
    async (c) => {
      const user = await userView(store, c.req.valid('param').id)
      return user === undefined ? c.json({ because: 'there is no such user' }, 409) : c.json(user, 200)
    },
  )
  changeRoutes(api, world)
}

function changeRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'put',
      path: '/users/{id}/balance',
      summary: 'Bring a balance to an amount, by a posting against the reserve',
      request: { params: byId, body: body(z.strictObject({ amount: Amount })) },
      responses: { 200: json(UserView, 'The user'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      // Drawn, not counted: a count would begin anew at a restart, and two postings would bear one name.
      const reference = `${id}.${world.clock.wall()}.${toHex(world.random(REFERENCE_BYTES))}`
      const after = await shown(
        store,
        id,
        await setBalance(store, id, BigInt(c.req.valid('json').amount), reference),
      )
      return 'user' in after ? c.json(after.user, 200) : c.json(after, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'put',
      path: '/users/{id}/status',
      summary: 'Freeze, close or reopen an account',
      request: {
        params: byId,
        body: body(z.strictObject({ status: z.enum(['active', 'frozen', 'closed']) })),
      },
      responses: { 200: json(UserView, 'The user'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      const after = await shown(store, id, await setStatus(world, id, c.req.valid('json').status))
      return 'user' in after ? c.json(after.user, 200) : c.json(after, 409)
    },
  )
}
