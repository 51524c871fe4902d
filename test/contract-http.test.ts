// The institution's wallet and control API over a real socket: shapes, status codes, what a repeat gets, and what
// everything malformed gets: a body that says why and where, and nothing about the machine.
import { request, spec } from 'pactum'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INSTITUTION } from '../scenarios/scenarios.ts'
import { NOON, type Served, servedNetwork } from './served.ts'

// A server that refuses a body may end the connection with it; the next request must not find itself on that one.
request.setDefaultHeaders('connection', 'close')

let served: Served
beforeAll(async () => {
  served = await servedNetwork('sim', 'contract of the JSON APIs')
})
afterAll(() => served.close())

type Method = 'get' | 'post' | 'put' | 'delete' | 'patch'
const api = (method: Method, path: string) => spec()[method](served.url(INSTITUTION) + path)
type Call = ReturnType<typeof api>
const create = (body: object) => api('post', '/control/users').withJson(body)

const REFUSAL = {
  type: 'object',
  required: ['because'],
  properties: { because: { type: 'string', minLength: 1 }, field: { type: 'string' } },
  additionalProperties: false,
} as const
const USER = {
  type: 'object',
  required: ['id', 'status', 'available', 'frozen', 'tier'],
  properties: {
    id: { type: 'string' },
    status: { enum: ['active', 'frozen', 'closed'] },
    available: { type: 'string', pattern: '^(0|[1-9][0-9]*)$' },
    frozen: { type: 'string', pattern: '^(0|[1-9][0-9]*)$' },
    tier: { enum: ['I', 'II', 'III'] },
    token: { type: 'string', pattern: '^[0-9]{18}$' },
    tokenState: { enum: ['T_ACTIVE', 'T_SUSPENDED', 'T_UNBOUND'] },
  },
  additionalProperties: false,
} as const

/** What a user has who was created and nothing more. */
const FRESH = { status: 'active', available: '0', frozen: '0', tier: 'III' } as const

/** A stack, a file of ours or of the machine's, a package, or the text of an error that was not meant for callers. */
const LEAK = /\bat .+:\d+:\d+|\.[cm]?[jt]s\b|node_modules|\/work\/|\/var\/|secret|Error:/

/** Sends it and demands a refusal of the one form, with the field at fault where there is one. */
async function refused(call: Call, status: number, field?: string): Promise<void> {
  const asked = call.expectStatus(status).expectHeaderContains('content-type', 'application/json')
  const shaped = asked.expectJsonSchema(REFUSAL).expect(({ res }) => void expect(res.text).not.toMatch(LEAK))
  await (field === undefined ? shaped : shaped.expectJsonLike({ field })).toss()
}

async function returned<T>(call: Call, status: number): Promise<T> {
  const answer: unknown = await call
    .expectStatus(status)
    .returns(({ res }) => res.json)
    .toss()
  return answer as T
}

const ledger = async (after = ''): Promise<string> => {
  const text: unknown = await api('get', `/control/ledger?after=${after}`)
    .expectStatus(200)
    .expectHeaderContains('content-type', 'application/x-ndjson')
    .returns(({ res }) => res.text)
    .toss()
  return String(text)
}

describe('users', () => {
  test('are created once, and a repeat is refused and changes nothing', async () => {
    const alice = { ...FRESH, id: 'alice', available: '5000' }
    await create({ id: 'alice', balance: '5000' })
      .expectStatus(201)
      .expectJsonSchema(USER)
      .expectJson(alice)
      .toss()
    const before = await ledger()
    await refused(create({ id: 'alice', balance: '5000' }), 409)
    await refused(create({ id: 'alice', balance: '7' }), 409)
    await api('get', '/control/users/alice').expectStatus(200).expectJsonSchema(USER).expectJson(alice).toss()
    expect(await ledger()).toBe(before)
  })

  test('without a balance have none', async () => {
    await create({ id: 'poor' })
      .expectStatus(201)
      .expectJson({ ...FRESH, id: 'poor' })
      .toss()
  })

  test('a member that nobody knows is refused, so that a typing error is not silence', async () => {
    await refused(create({ id: 'odd', balnce: '5' }), 400, '')
    await refused(api('get', '/control/users/odd'), 409)
  })

  const malformed: readonly [string, unknown, string][] = [
    ['no id', {}, 'id'],
    ['a number for an id', { id: 7 }, 'id'],
    ['null for an id', { id: null }, 'id'],
    ['an empty id', { id: '' }, 'id'],
    ['an id with a space', { id: 'al ice' }, 'id'],
    ['an id that climbs', { id: '../alice' }, 'id'],
    ['an id of 33', { id: 'a'.repeat(33) }, 'id'],
    ['a number for a balance', { id: 'bad', balance: 1 }, 'balance'],
    ['less than nothing', { id: 'bad', balance: '-1' }, 'balance'],
    ['half a fen', { id: 'bad', balance: '1.5' }, 'balance'],
    ['a leading zero', { id: 'bad', balance: '007' }, 'balance'],
    ['seventeen digits', { id: 'bad', balance: '1'.repeat(17) }, 'balance'],
    ['white space', { id: 'bad', balance: ' 1' }, 'balance'],
    ['a list', [], ''],
    ['a text', '"bad"', ''],
    ['null', 'null', ''],
  ]
  test.each(malformed)('%s is refused, and says where', async (_name, body, field) => {
    const call = api('post', '/control/users').withHeaders('content-type', 'application/json')
    await refused(call.withBody(typeof body === 'string' ? body : JSON.stringify(body)), 400, field)
    await refused(api('get', '/control/users/bad'), 409)
  })

  test('JSON under another content type, and no body at all, are refused', async () => {
    const text = api('post', '/control/users')
      .withHeaders('content-type', 'text/plain')
      .withBody('{"id":"bad"}')
    await refused(text.inspect(false), 415)
    await refused(api('post', '/control/users').inspect(false), 400)
    await refused(api('get', '/control/users/bad'), 409)
  })
})

describe('balances and states', () => {
  test('a balance that stands is not posted again', async () => {
    await create({ id: 'bob', balance: '100' }).expectStatus(201).toss()
    const put = (amount: unknown) => api('put', '/control/users/bob/balance').withJson({ amount })
    await put('250').expectStatus(200).expectJsonSchema(USER).expectJsonLike({ available: '250' }).toss()
    const once = await ledger()
    await put('250').expectStatus(200).expectJsonLike({ available: '250' }).toss()
    expect(await ledger()).toBe(once)
    await put('0').expectStatus(200).expectJsonLike({ available: '0' }).toss()
    for (const amount of [250, '-1', '1e3', '', null, undefined]) await refused(put(amount), 400, 'amount')
    await api('get', '/control/users/bob').expectJsonLike({ available: '0' }).toss()
    await api('get', '/control/audit').expectStatus(200).expectJson({ findings: [] }).toss()
  })

  test('a frozen account neither signs up nor shows a code; freezing twice is freezing once', async () => {
    await create({ id: 'cold' }).expectStatus(201).toss()
    const put = (status: unknown) => api('put', '/control/users/cold/status').withJson({ status })
    for (let turn = 0; turn < 2; turn += 1)
      await put('frozen')
        .expectStatus(200)
        .expectJson({ ...FRESH, id: 'cold', status: 'frozen' })
        .toss()
    await refused(api('post', '/wallet/users/cold/sign-up'), 409)
    await refused(api('post', '/wallet/users/cold/codes'), 409)
    for (const status of ['asleep', '', 1, null, undefined]) await refused(put(status), 400, 'status')
    await put('active').expectStatus(200).expectJsonLike({ status: 'active' }).toss()
  })

  const aboutUsers: readonly [Method, string, object | undefined][] = [
    ['get', '/control/users/ID', undefined],
    ['put', '/control/users/ID/balance', { amount: '1' }],
    ['put', '/control/users/ID/status', { status: 'closed' }],
    ['post', '/wallet/users/ID/sign-up', undefined],
    ['post', '/wallet/users/ID/codes', undefined],
  ]
  test.each(aboutUsers)('%s %s knows no strangers and no malformed names', async (method, path, body) => {
    const about = (id: string): Call => {
      const call = api(method, path.replace('ID', id))
      return body === undefined ? call : call.withJson(body)
    }
    const before = await ledger()
    await refused(about('nobody'), 409)
    await refused(about('no%20body'), 400, 'id')
    await refused(about('a'.repeat(33)), 400, 'id')
    await refused(about('..%2Falice'), 400, 'id')
    await refused(about('%E5%9B%9B'), 400, 'id')
    expect(await ledger()).toBe(before)
  })
})

describe('tokens and codes', () => {
  type Token = { readonly token: string }
  type Code = { readonly code: string; readonly expiresAt: number }
  const signUp = (id: string) => returned<Token>(api('post', `/wallet/users/${id}/sign-up`), 200)
  const show = (id: string) => returned<Code>(api('post', `/wallet/users/${id}/codes`), 200)
  const stateOf = (code: string, state: string) =>
    api('get', `/control/codes/${code}`).expectStatus(200).expectJson({ state }).toss()

  test('a sign-up gives a token, and its repeat the same', async () => {
    await create({ id: 'carol' }).expectStatus(201).toss()
    await refused(api('post', '/wallet/users/carol/codes'), 409)
    const first = await signUp('carol')
    expect(first).toEqual({ token: expect.stringMatching(/^62[0-9]{16}$/) })
    expect(await signUp('carol')).toEqual(first)
    const carol = { ...FRESH, id: 'carol', ...first, tokenState: 'T_ACTIVE' }
    await api('get', '/control/users/carol').expectJsonSchema(USER).expectJson(carol).toss()
  })

  test('a code is fresh, a second one ends the first, and time ends the second', async () => {
    await create({ id: 'dave' }).expectStatus(201).toss()
    await signUp('dave')
    const [first, second] = [await show('dave'), await show('dave')]
    expect(Object.keys(first).sort()).toEqual(['code', 'expiresAt'])
    expect(first.code).toMatch(/^62[0-9]{17}$/)
    expect(second.code).not.toBe(first.code)
    await stateOf(first.code, 'C_REVOKED')
    await stateOf(second.code, 'C_LIVE')
    const now = second.expiresAt + 300_001
    await api('post', '/control/clock').withJson({ now }).expectStatus(200).expectJsonLike({ now }).toss()
    await stateOf(second.code, 'C_EXPIRED')
    for (const code of ['6200000000000000000', 'x', '%00'])
      await refused(api('get', `/control/codes/${code}`), 409)
  })

  test('a token is suspended and resumed any number of times, and unbound for ever', async () => {
    await create({ id: 'erin' }).expectStatus(201).toss()
    const { token } = await signUp('erin')
    const put = (state: unknown, of = token) => api('put', `/control/tokens/${of}/state`).withJson({ state })
    for (const state of ['T_SUSPENDED', 'T_SUSPENDED', 'T_ACTIVE', 'T_UNBOUND', 'T_UNBOUND'])
      await put(state).expectStatus(200).expectJson({ state }).toss()
    await refused(put('T_ACTIVE'), 409)
    await refused(api('post', '/wallet/users/erin/codes'), 409)
    await refused(put('T_ACTIVE', '620000000000000000'), 409)
    for (const state of ['T_NONE', '', 1, undefined]) await refused(put(state), 400, 'state')
  })
})

describe('the ledger and the host', () => {
  test('the export is one line per posting, and goes on after any position', async () => {
    await create({ id: 'fay', balance: '30' }).expectStatus(201).toss()
    const lines = (await ledger()).trimEnd().split('\n')
    const last = JSON.parse(lines.at(-1) ?? '') as { position: string; item: string; lines: unknown }
    expect(last).toMatchObject({ item: 'USR:fay', what: 'funding', currency: '156', id: 'funding:fay.open' })
    expect(last.lines).toEqual([
      { account: 'RSV', side: 'debit', amount: '30' },
      { account: 'USR:fay', side: 'credit', amount: '30' },
    ])
    expect(await ledger(last.position)).toBe('')
    const { position } = JSON.parse(lines.at(-2) ?? '') as { position: string }
    expect(await ledger(position)).toBe(`${lines.at(-1)}\n`)
  })

  const IDLE = {
    type: 'object',
    required: ['now', 'inFlight'],
    properties: { now: { type: 'integer' }, inFlight: { const: 0 }, nextDue: { type: 'integer' } },
    additionalProperties: false,
  } as const
  test('idle, clock and restart say the same three things, and a restart forgets nothing', async () => {
    await create({ id: 'gil', balance: '9' }).expectStatus(201).toss()
    const before = await ledger()
    const { now } = await returned<{ now: number }>(api('get', '/control/idle').expectJsonSchema(IDLE), 200)
    expect(now).toBeGreaterThanOrEqual(NOON)
    const later = { now: now + 60_000 }
    for (const to of [later, later, { now: 0 }])
      await api('post', '/control/clock')
        .withJson(to)
        .expectStatus(200)
        .expectJsonSchema(IDLE)
        .expectJsonLike(later)
        .toss()
    await api('post', '/control/restart').expectStatus(200).expectJsonSchema(IDLE).toss()
    await api('get', '/control/users/gil')
      .expectJson({ ...FRESH, id: 'gil', available: '9' })
      .toss()
    expect(await ledger()).toBe(before)
    for (const bad of ['1', -1, 1.5, null, undefined, 1e300])
      await refused(api('post', '/control/clock').withJson({ now: bad }), 400, 'now')
  })

  test('a store that fails is an unknown outcome to the caller, and nothing more', async () => {
    served.breakStore(INSTITUTION, true)
    try {
      await refused(create({ id: 'hal' }), 500)
      await refused(api('get', '/control/users/alice'), 500)
      await refused(api('post', '/wallet/users/alice/sign-up'), 500)
    } finally {
      served.breakStore(INSTITUTION, false)
    }
    await refused(api('get', '/control/users/hal'), 409)
  })
})

describe('what no route takes', () => {
  const notJson = ['{', '{"id":"bad",}', '{"id":"bad"', 'id=bad', '\u0000', '{"id":"bad"}{}']
  test.each(notJson)('%j is not JSON', async (text) => {
    const call = api('post', '/control/users').withHeaders('content-type', 'application/json').withBody(text)
    await refused(call.inspect(false), 400)
  })

  const nowhere = ['/nowhere', '/wallet', '/control', '/control/users/alice/nothing', '/wallet/users']
  test.each(nowhere)('there is no %s', async (path) => {
    await refused(api('get', path).inspect(false), 404)
  })

  test.each([
    ['delete', '/control/users/alice'],
    ['patch', '/control/users/alice/balance'],
    ['get', '/wallet/users/alice/sign-up'],
    ['post', '/control/ledger'],
    ['put', '/control/clock'],
  ] as const)('%s is not a method of %s', async (method, path) => {
    const says = api(method, path)
      .inspect(false)
      .expectJsonSchema(REFUSAL)
      .returns(({ res }) => res.statusCode)
    const status: unknown = await says.toss()
    expect([404, 405]).toContain(status)
  })

  test('a body over 256 KiB', async () => {
    const call = create({ id: 'huge', memo: 'x'.repeat(256 * 1024) })
    await refused(call.inspect(false), 413)
  })

  test('none of them left anything behind', async () => {
    await refused(api('get', '/control/users/bad'), 409)
    await api('get', '/control/audit').expectStatus(200).expectJson({ findings: [] }).toss()
  })

  test('a reset forgets everything, twice as well as once', async () => {
    for (let turn = 0; turn < 2; turn += 1) await api('post', '/control/reset').expectStatus(200).toss()
    await refused(api('get', '/control/users/alice'), 409)
    expect(await ledger()).toBe('')
    await create({ id: 'alice' }).expectStatus(201).toss()
  })
})

describe('/openapi.json', () => {
  type Operation = { readonly responses: Readonly<Record<string, unknown>> }
  type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }
  const read = (): Promise<Document> => returned<Document>(api('get', '/openapi.json'), 200)
  const described = async (): Promise<readonly string[]> =>
    Object.entries((await read()).paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .sort()
  const existing = (): readonly string[] =>
    served.institution
      .app()
      .routes.filter(({ path, method }) => method !== 'ALL' && /^\/(wallet|control)\//.test(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .filter((route, index, all) => all.indexOf(route) === index)
      .sort()

  test('describes every route that exists', async () => {
    expect(await described()).toEqual(existing())
  })

  test('describes no route that does not exist, and of each the refusals that it can give', async () => {
    const routes = existing()
    for (const route of await described()) expect(routes).toContain(route)
    for (const [path, methods] of Object.entries((await read()).paths))
      for (const [method, { responses }] of Object.entries(methods))
        if (path.includes('{') || method === 'put')
          expect(Object.keys(responses), `${method} ${path}`).toEqual(expect.arrayContaining(['400', '409']))
  })
})
