// Every route that the institution and the acquirer describe, over a real socket: what is malformed, unknown or not JSON
// is refused with a body that says why, never with a fault of the server, and leaves no posting behind.
import { request, spec } from 'pactum'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { INSTITUTION } from '../scenarios/scenarios.ts'
import { type Served, servedNetwork } from './served.ts'

request.setDefaultHeaders('connection', 'close')

let served: Served
beforeAll(async () => {
  served = await servedNetwork('sim', 'contract of every route')
})
afterAll(() => served.close())

type Operation = { readonly requestBody?: { readonly required?: boolean } }
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }
type Route = {
  readonly method: 'get' | 'post' | 'put'
  readonly path: string
  readonly takes: boolean
  readonly needs: boolean
}
/** What moves or empties the whole party is asked for by name elsewhere. */
const APART = /^\/control\/(reset|restart|clock|outage)$/

async function routes(url: string): Promise<readonly Route[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as Document
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) =>
      APART.test(path)
        ? []
        : [
            {
              method: method as Route['method'],
              path,
              takes: requestBody !== undefined,
              needs: requestBody?.required === true,
            },
          ],
    ),
  )
}

const LEAK = /\bat .+:\d+:\d+|\.[cm]?[jt]s\b|node_modules|\/work\/|secret|Error:/
const named = (path: string, value: string): string => path.replaceAll(/\{\w+\}/g, encodeURIComponent(value))

async function answered(url: string, route: Route, value: string, text?: string): Promise<number> {
  const call = spec()
    [route.method](url + named(route.path, value))
    .inspect(false)
  if (text !== undefined) call.withHeaders('content-type', 'application/json').withBody(text)
  const { status, body } = (await call
    .returns(({ res }) => ({ status: res.statusCode, body: res.text }))
    .toss()) as unknown as { status: number; body: string }
  const at = `${route.method} ${named(route.path, value)} ${text ?? ''}: ${status} ${body}`
  expect(status, at).toBeLessThan(500)
  expect(body, at).not.toMatch(LEAK)
  if (status >= 400) expect(JSON.parse(body), at).toMatchObject({ because: expect.stringMatching(/\S/) })
  return status
}

test('the wallet’s and the control API’s routes refuse what they cannot take', async () => {
  const url = served.url(INSTITUTION)
  const ledger = async (): Promise<string> => (await fetch(`${url}/control/ledger`)).text()
  const all = await routes(url)
  expect(all.length).toBeGreaterThan(60)
  for (const route of all) {
    const at = `${route.method} ${route.path}`
    if (route.takes) {
      for (const text of ['{', '[]', '"x"', '{"nobody knows":"this"}'])
        expect(await answered(url, route, 'nobody', text), `${at} ${text}`).toBeGreaterThanOrEqual(400)
    }
    // A stranger, a name that climbs, one that is too long, one that is no ASCII.
    if (route.path.includes('{'))
      for (const name of ['nobody', '../alice', 'a'.repeat(300), '四'])
        await answered(url, route, name, route.takes ? '{}' : undefined)
    if (route.path.startsWith('/wallet/users/{id}') || route.path.startsWith('/control/users/{id}'))
      expect(await answered(url, route, 'nobody', route.takes ? '{}' : undefined), at).toBeGreaterThanOrEqual(
        400,
      )
  }
  expect(await ledger()).toBe('')
}, 60_000)
