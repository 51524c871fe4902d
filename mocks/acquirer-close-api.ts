// The till API's half about clearing days: how they stand, files handed in by hand, breaks that two people end, and what
// merchants were paid.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from '@hono/zod-openapi'
import { approveBreak, proposeBreak } from './acquirer-breaks.ts'
import { call, none } from './acquirer-api-shapes.ts'
import { dayView, fetchDay, loadDay } from './acquirer-close.ts'
import { breaksIn, payoutsOn } from './acquirer-close-records.ts'
import { type AcquirerWorld, TillRefusal } from './acquirer-records.ts'

const Day = z.string().regex(/^[0-9]{8}$/, 'a day, YYYYMMDD')
const DAY_MS = 24 * 3600 * 1000

export function closeCalls(api: OpenAPIHono, world: AcquirerWorld): void {
  call(api, {
    method: 'get',
    path: '/clearing/{name}',
    summary: 'How the own close of a clearing day stands',
    body: none,
    act: (_, { name }) => dayView(world, name),
  })
  call(api, {
    method: 'post',
    path: '/clearing/{name}/fetch',
    summary: 'Fetch the day’s file from the switch now, and load it',
    body: z.looseObject({}),
    act: async (_, { name }) => {
      await fetchDay(world, name)
      return dayView(world, name)
    },
  })
  call(api, {
    method: 'post',
    path: '/files',
    summary: 'Hand in the switch’s file of a clearing day; the same file again changes nothing',
    body: z.strictObject({ day: Day, base64: z.string().min(1) }),
    act: async ({ day, base64 }) => {
      const loaded = await loadDay(world, day, new Uint8Array(Buffer.from(base64, 'base64')))
      if (loaded.kind === 'refused')
        throw new TillRefusal(
          `${loaded.file}:${loaded.line}:${loaded.column}: ${loaded.said.zh} · ${loaded.said.en}`,
        )
      return { result: loaded.kind === 'again' ? 'DUP' : 'LOADED', ...(await dayView(world, day)) }
    },
  })
  call(api, {
    method: 'get',
    path: '/payouts/{name}',
    summary: 'What merchants were paid on a business day, and what is carried on',
    body: none,
    act: async (_, { name }) => ({ payouts: await payoutsOn(world, name) }),
  })
  caseCalls(api, world)
}

function caseCalls(api: OpenAPIHono, world: AcquirerWorld): void {
  call(api, {
    method: 'get',
    path: '/clearing-cases',
    summary: 'Breaks between the own book and the files, with their age in days',
    body: none,
    act: async () => {
      const all = [...(await breaksIn(world, 'open')), ...(await breaksIn(world, 'done'))]
      const age = (openedAt: number): number => Math.floor((world.clock.wall() - openedAt) / DAY_MS)
      return { cases: all.map((one) => ({ ...one, ageDays: age(one.openedAt) })) }
    },
  })
  call(api, {
    method: 'post',
    path: '/clearing-cases/{name}/proposal',
    summary: 'The first of two people says how a case is to end',
    body: z.strictObject({
      maker: z.string().min(1).max(40),
      reason: z.string().min(1).max(200),
      action: z.enum(['write-off', 'accept']),
    }),
    act: (proposal, { name }) => proposeBreak(world, name, proposal),
  })
  call(api, {
    method: 'post',
    path: '/clearing-cases/{name}/approval',
    summary: 'The second one agrees: the case ends, once',
    body: z.strictObject({ checker: z.string().min(1).max(40) }),
    act: ({ checker }, { name }) => approveBreak(world, name, checker),
  })
}
