// The APIs' half about a user's name on the network: what users do with their token and their phone's own codes, and what
// an examiner reads of it: the SMS outbox and the token table.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { body, byId, json, said } from './api-shapes.ts'
import { phoneStrip } from './codes.ts'
import type { Store } from '../store/store.ts'
import { type Token, tokenOfUser, tokens, users } from './records.ts'
import { smsOutbox } from './sms.ts'
import { changeOwnToken } from './unbind.ts'
import type { InstitutionWorld } from './world.ts'

const TokenState = z.enum(['T_ACTIVE', 'T_SUSPENDED', 'T_UNBOUND'])
const TokenView = z
  .object({
    token: z.string(),
    state: TokenState,
    boundAt: z.string().optional(),
    validDay: z.string().optional(),
  })
  .openapi('Token')

const viewOf = ({ token, state, boundAt, validDay }: Token) => ({
  token,
  state,
  ...(boundAt !== undefined && { boundAt }),
  ...(validDay !== undefined && { validDay }),
})

export function ownTokenRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/token',
      summary: 'The user suspends, resumes or unbinds the own token; the switch is told',
      request: { params: byId, body: body(z.strictObject({ state: TokenState })) },
      responses: { 200: json(TokenView, 'The token now'), ...said },
    }),
    async (c) => {
      const outcome = await changeOwnToken(world, c.req.valid('param').id, c.req.valid('json').state)
      return outcome.kind === 'done'
        ? c.json(viewOf(outcome.value), 200)
        : c.json({ because: outcome.because }, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/phone-codes',
      summary: 'The codes that the user’s phone makes by itself, one for each step of its clock',
      request: {
        params: byId,
        body: body(
          z.strictObject({
            count: z.string().regex(/^[1-9][0-9]{0,3}$/, 'how many, 1 to 1000'),
            clock: z
              .string()
              .optional()
              .openapi({ description: 'What the phone’s clock shows, YYYYMMDDhhmmss; the time unless told' }),
          }),
        ),
      },
      responses: {
        200: json(z.object({ codes: z.array(z.string()) }), 'In the order of their steps'),
        ...said,
      },
    }),
    async (c) => {
      const { count, clock } = c.req.valid('json')
      const outcome = await phoneStrip(world, c.req.valid('param').id, Number(count), clock)
      return outcome.kind === 'done'
        ? c.json({ codes: [...outcome.value] }, 200)
        : c.json({ because: outcome.because }, 409)
    },
  )
}

const NOBODY = { because: 'there is no such user' }
const isUser = async (store: Store, id: string): Promise<boolean> =>
  users.in(await store.read([users.key(id)]), id) !== undefined

export function tokenTableRoutes(api: OpenAPIHono, { store }: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/outbox',
      summary: 'Text messages to the user whose codes are still good',
      request: { params: byId },
      responses: {
        200: json(
          z.object({
            count: z.number(),
            last: z.object({ agreement: z.string(), phone: z.string(), code: z.string() }).optional(),
          }),
          'The newest in full',
        ),
        ...said,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (!(await isUser(store, id))) return c.json(NOBODY, 409)
      const messages = smsOutbox.in(await store.read([smsOutbox.key(id)]), id)?.messages ?? []
      const last = messages.at(-1)
      return c.json({ count: messages.length, ...(last !== undefined && { last }) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/tokens',
      summary: 'Every token that the user ever had, and how many of them live',
      request: { params: byId },
      responses: {
        200: json(z.object({ live: z.number(), tokens: z.array(TokenView) }), 'Oldest first'),
        ...said,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (!(await isUser(store, id))) return c.json(NOBODY, 409)
      const row = tokenOfUser.in(await store.read([tokenOfUser.key(id)]), id)
      const names = row === undefined ? [] : [...new Set([...(row.former ?? []), row.token])]
      const rows = await store.read(names.map((name) => tokens.key(name)))
      const own = names.flatMap((name) => tokens.in(rows, name) ?? [])
      const live = own.filter(({ state }) => state !== 'T_UNBOUND').length
      return c.json({ live, tokens: own.map(viewOf) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/tokens/{token}',
      summary: 'A token of the table',
      request: { params: z.object({ token: z.string() }) },
      responses: {
        200: json(TokenView.extend({ user: z.string() }), 'Its user is empty where it was never bound'),
        ...said,
      },
    }),
    async (c) => {
      const { token } = c.req.valid('param')
      const found = tokens.in(await store.read([tokens.key(token)]), token)
      return found === undefined
        ? c.json({ because: 'there is no such token' }, 409)
        : c.json({ ...viewOf(found), user: found.user }, 200)
    },
  )
}
