// The operators' API about clearing: how far the feed is, how days stand and what they come to, and by hand what is otherwise
// done by itself: the close, the retry batch, the files.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { clearingDayOf } from '../clearing/clearing.ts'
import { clearingState, closeDay, closedDay, refeedDays, settleClosed } from './close.ts'
import { collected, itemsOfDays } from './feed-book.ts'
import { fileOf, publishFiles } from './files.ts'
import type { SwitchWorld } from './world.ts'

const DAY = z.string().regex(/^[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$/, 'a day, YYYYMMDD')
const Refusal = z.object({ field: z.string(), zh: z.string(), en: z.string() })
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})
const refused = { 409: json(Refusal, 'It cannot be done now; nothing changed') }
const plain = (value: unknown): never =>
  JSON.parse(
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)),
  ) as never
const byDay = { params: z.object({ day: DAY }) }

export function clearingRoutes(api: OpenAPIHono, world: SwitchWorld): void {
  stateRoutes(api, world)
  handRoutes(api, world)
}

function stateRoutes(api: OpenAPIHono, world: SwitchWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/clearing',
      summary: 'How far the clearing book is behind the journal, and how each day stands',
      request: { query: z.object({ from: DAY.optional() }) },
      responses: { 200: json(z.unknown(), 'Lag in entries and milliseconds, and days from `from` on') },
    }),
    async (c) => {
      const today = clearingDayOf(world.clock.wall(), world.profile.values.cutOff)
      return c.json(plain(await clearingState(world, c.req.valid('query').from ?? today)), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/clearing/{day}',
      summary: 'A day: its items, and once it is closed what each pair and each party comes to',
      request: byDay,
      responses: { 200: json(z.unknown(), 'The day') },
    }),
    async (c) => {
      const { day } = c.req.valid('param')
      const closed = await closedDay(world, day)
      const items = await collected(itemsOfDays(world.store, day, day))
      return c.json(plain({ day, ...closed, state: closed?.state ?? 'OPEN', items }), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/clearing/{day}/files/{party}',
      summary: 'A party’s file of a day as it was published',
      request: {
        params: z.object({ day: DAY, party: z.string().max(20) }),
        query: z.object({
          version: z
            .string()
            .regex(/^[1-9][0-9]{0,3}$/)
            .optional(),
        }),
      },
      responses: { 200: json(z.object({ text: z.string() }), 'The file'), ...refused },
    }),
    async (c) => {
      const { day, party } = c.req.valid('param')
      const version = Number(c.req.valid('query').version ?? (await closedDay(world, day))?.version ?? 0)
      const bytes = await fileOf(world, day, party, version)
      if (bytes === undefined)
        return c.json({ field: 'day', zh: `${day} 没有此文件`, en: `there is no such file of ${day}` }, 409)
      return c.json({ text: new TextDecoder().decode(bytes) }, 200)
    },
  )
}

function handRoutes(api: OpenAPIHono, world: SwitchWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/clearing/refeed',
      summary:
        'Read the journal again for these days; what was right stays, what was lost or altered is mended',
      request: {
        body: {
          content: { 'application/json': { schema: z.strictObject({ from: DAY, to: DAY }) } },
          required: true,
        },
      },
      responses: { 200: json(z.unknown(), 'What was looked at, put back and taken out'), ...refused },
    }),
    async (c) => {
      const { from, to } = c.req.valid('json')
      if (from > to)
        return c.json({ field: 'from', zh: '起始日晚于结束日', en: 'the first day is after the last' }, 409)
      return c.json(plain(await refeedDays(world, from, to)), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/clearing/{day}/close',
      summary: 'Close a day whose window is over, publish its files or tell the bank, ahead of their hours',
      request: {
        ...byDay,
        body: {
          content: {
            'application/json': {
              schema: z.strictObject({ publish: z.boolean().optional(), settle: z.boolean().optional() }),
            },
          },
        },
      },
      responses: { 200: json(z.unknown(), 'The day, and whom the bank has not confirmed'), ...refused },
    }),
    async (c) => {
      const { day } = c.req.valid('param')
      const { publish = false, settle = false } = c.req.valid('json') ?? {}
      const closing = await closeDay(world, day)
      if (closing.kind === 'early')
        return c.json(
          { field: 'day', zh: `${day} 的日切窗口尚未结束`, en: `the window of ${day} is not over yet` },
          409,
        )
      if (closing.kind === 'waits')
        return c.json(
          {
            field: 'day',
            zh: `${day} 还有 ${closing.items} 笔在途`,
            en: `${closing.items} items of ${day} are in flight`,
          },
          409,
        )
      if (publish && closing.day.version === 0) await publishFiles(world, day)
      const left = settle ? await settleClosed(world, day) : []
      return c.json(
        plain({ ...(await closedDay(world, day)), unconfirmed: left.map(({ party }) => party) }),
        200,
      )
    },
  )
}
