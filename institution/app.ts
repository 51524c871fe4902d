// The door to all that the institution serves, messages and JSON. It stands apart from the front door: shapes and OpenAPI
// take longer to load than the institution itself, and who only exchanges messages needs none of them.
import { OpenAPIHono } from '@hono/zod-openapi'
import { HTTPException } from 'hono/http-exception'
import { bodiesUpTo, type Endpoint, wireRoutes } from '../wire/wire.ts'
import { controlApi, type Host, walletApi } from './api.ts'
import type { InstitutionWorld } from './world.ts'

/** Everything the institution serves: messages at /sifang/1, the wallet's API at /wallet, control where a host allows it. */
export function institutionApp(party: Endpoint, world: InstitutionWorld, host?: Host): OpenAPIHono {
  const app = new OpenAPIHono()
  app.route('/', wireRoutes(party.receive, world.profile))
  const maxSize = world.profile.values.bodyBytesMax
  const bounded = bodiesUpTo(maxSize, (c) =>
    c.json({ because: `a body may hold at most ${maxSize} bytes`, field: '' }, 413),
  )
  app.use('/wallet/*', bounded)
  app.use('/control/*', bounded)
  app.route('/wallet', walletApi(world))
  if (host !== undefined) app.route('/control', controlApi(world, host))
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Sifang account institution', version: '1' },
  })
  app.notFound((c) =>
    c.json({ because: `nothing is served for ${c.req.method} here; /openapi.json lists what is` }, 404),
  )
  // What failed is for the operator's log; the caller learns that the outcome is unknown and nothing else (SEC-037).
  app.onError((error, c) => {
    if (error instanceof HTTPException)
      return c.json({ because: error.message || 'malformed', field: '' }, error.status)
    return c.json({ because: 'internal fault; the outcome is unknown, ask again' }, 500)
  })
  return app
}
