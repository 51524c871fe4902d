// The door to all that the acquirer serves: messages at /sifang/1, the till at /till, and, where a host allows it, what only an
// examiner may ask for at /control. It stands apart from the front door: shapes and OpenAPI take long to load.
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { HTTPException } from 'hono/http-exception'
import { bodiesUpTo, type Endpoint, wireRoutes } from '../wire/wire.ts'
import type { AcquirerDesk } from './acquirer.ts'
import { tillApi } from './acquirer-api.ts'
import { call, jsonApi, none } from './acquirer-api-shapes.ts'
import { type AcquirerWorld, merchants } from './acquirer-records.ts'

/** What only the place where the acquirer runs can do for it. */
export type AcquirerHost = {
  /** Sets the party's clock, lets what became due happen, and resolves when nothing moves by itself any more. */
  setClock(now: number): Promise<void>
  /** Forgets everything that is not in the store, as a killed process would. */
  restart(): Promise<void>
  /** The next so many changes of the store fail. */
  breakStore(changes: number): void
  idle(): Promise<{ inFlight: number; nextDue?: number }>
}

export function acquirerApp(
  party: Endpoint & AcquirerDesk,
  world: AcquirerWorld,
  host?: AcquirerHost,
): OpenAPIHono {
  const app = new OpenAPIHono()
  const maxSize = world.profile.values.bodyBytesMax
  app.route('/', wireRoutes(party.receive, world.profile))
  const bounded = bodiesUpTo(maxSize, (c) =>
    c.json({ because: `a body may hold at most ${maxSize} bytes`, field: '' }, 413),
  )
  app.use('/till/*', bounded)
  app.use('/control/*', bounded)
  app.route('/till', tillApi(world, party))
  if (host !== undefined) app.route('/control', controlApi(world, host))
  app.doc31('/openapi.json', { openapi: '3.1.0', info: { title: 'Sifang acquirer', version: '1' } })
  app.notFound((c) =>
    c.json({ because: `nothing is served for ${c.req.method} here; /openapi.json lists what is` }, 404),
  )
  // What failed is for the operator's log; whoever asked learns that the outcome is unknown and nothing else.
  app.onError((error, c) => {
    if (error instanceof HTTPException)
      return c.json({ because: error.message || 'malformed', field: '' }, error.status)
    return c.json({ because: 'internal fault; the outcome is unknown, ask again' }, 500)
  })
  return app
}

const Whole = z.string().regex(/^(0|[1-9][0-9]{0,11})$/)

function controlApi(world: AcquirerWorld, host: AcquirerHost): OpenAPIHono {
  const api = jsonApi()
  const idle = async (): Promise<object> => ({ now: world.clock.wall(), ...(await host.idle()) })
  call(api, { method: 'get', path: '/idle', summary: 'What is under way', body: none, act: idle })
  call(api, {
    method: 'post',
    path: '/clock',
    summary: 'Set the clock; answers when idle',
    body: z.strictObject({ now: z.number().int().nonnegative() }),
    act: async ({ now }) => {
      await host.setClock(now)
      return idle()
    },
  })
  call(api, {
    method: 'post',
    path: '/reset',
    summary: 'Forget everything',
    body: z.looseObject({}),
    act: async () => {
      await world.store.reset()
      return idle()
    },
  })
  call(api, {
    method: 'post',
    path: '/restart',
    summary: 'Drop everything that is not stored',
    body: z.looseObject({}),
    act: async () => {
      await host.restart()
      return idle()
    },
  })
  call(api, {
    method: 'post',
    path: '/outage',
    summary: 'Let the next so many changes of the database fail',
    body: z.strictObject({ changes: Whole }),
    act: async ({ changes }) => {
      host.breakStore(Number(changes))
      return idle()
    },
  })
  call(api, {
    method: 'put',
    path: '/merchants/{name}',
    summary:
      'Set what a merchant pays per ten thousand, what is not settled to it yet, and its deposit, in fen',
    body: z.strictObject({
      feeBasisPoints: Whole.default('0'),
      unsettled: Whole.optional(),
      deposit: Whole.default('0'),
    }),
    act: async ({ feeBasisPoints, unsettled, deposit }, { name }) => {
      const shop = {
        feeBasisPoints: BigInt(feeBasisPoints),
        deposit: BigInt(deposit),
        ...(unsettled !== undefined && { unsettled: BigInt(unsettled) }),
      }
      await world.store.change<void>([merchants.key(name)], () => ({
        put: [merchants.put(name, shop)],
        result: undefined,
      }))
      return { merchant: name, ...shop }
    },
  })
  return api
}
