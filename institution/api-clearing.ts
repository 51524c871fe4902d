// The control API's half about clearing days: how they stand, files handed in by hand, and cases that two people end.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Amount, body, json, said } from './api-shapes.ts'
import { approve, casesIn, type ClearingCase, propose } from './cases.ts'
import { dayState, loadFile } from './close.ts'
import { fetchAndLoad } from './close-fetch.ts'
import { loadStatement } from './close-reserve.ts'
import { repay } from './close-work.ts'
import type { InstitutionWorld } from './world.ts'

const Day = z.string().regex(/^[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$/, 'a day, YYYYMMDD')
const DayView = z
  .object({
    day: Day,
    state: z
      .string()
      .openapi({ description: 'OPEN without its file, LOADED while cases are open, BALANCED' }),
    version: z.number().optional(),
    lines: z.number().optional(),
    verdicts: z.record(z.string(), z.number()).optional(),
    because: z.string().optional().openapi({ description: 'Why it is still open' }),
    attempts: z.number().optional(),
    cases: z.number(),
  })
  .openapi('ClearingDay')
const CaseView = z
  .object({
    id: z.string(),
    kind: z.string(),
    day: Day,
    transaction: z.string(),
    ours: Amount.optional(),
    theirs: Amount.optional(),
    suspense: z.object({ account: z.string(), amount: Amount }).optional(),
    state: z.string().openapi({ description: 'WAITING, OPEN, PROPOSED or DONE' }),
    openedAt: z.number(),
    ageDays: z.number(),
    proposal: z.object({ maker: z.string(), reason: z.string(), action: z.string() }).optional(),
    outcome: z.object({ what: z.string(), by: z.string(), at: z.number() }).optional(),
  })
  .openapi('ClearingCase')
const Id = z.object({ id: z.string().min(1).max(120) })
const DAY_MS = 24 * 3600 * 1000

function viewOf(one: ClearingCase, now: number) {
  const { item: _item, ours, theirs, suspense, proposal, outcome, ...rest } = one
  const amounts = {
    ...(ours !== undefined && { ours: shown(ours) }),
    ...(theirs !== undefined && { theirs: shown(theirs) }),
    ...(suspense !== undefined && { suspense: { ...suspense, amount: String(suspense.amount) } }),
    ...(proposal !== undefined && { proposal }),
    ...(outcome !== undefined && { outcome }),
  }
  return { ...rest, ...amounts, ageDays: Math.floor((now - one.openedAt) / DAY_MS) }
}
const shown = (amount: bigint): string => String(amount)

export function clearingRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  dayRoutes(api, world)
  caseRoutes(api, world)
}

function dayRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/clearing/{day}',
      summary: 'How the own close of a clearing day stands',
      request: { params: z.object({ day: Day }) },
      responses: { 200: json(DayView, 'The day'), ...said },
    }),
    async (c) => c.json(await dayState(world, c.req.valid('param').day), 200),
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/clearing/{day}/fetch',
      summary: 'Fetch the day’s file from the switch now, and load it',
      request: { params: z.object({ day: Day }) },
      responses: { 200: json(DayView, 'The day after it'), ...said },
    }),
    async (c) => {
      const { day } = c.req.valid('param')
      await fetchAndLoad(world, day)
      return c.json(await dayState(world, day), 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/files',
      summary: 'Hand a file in: the switch’s of a clearing day, or the reserve bank’s statement of one',
      request: {
        body: body(
          z.strictObject({
            kind: z.enum(['day', 'reserve']),
            day: Day.optional(),
            text: z.string().min(1).optional(),
            base64: z.string().min(1).optional(),
          }),
        ),
      },
      responses: { 200: json(z.unknown(), 'What was found; the same file again changes nothing'), ...said },
    }),
    async (c) => {
      const { kind, day, text, base64 } = c.req.valid('json')
      const bytes = base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64')
      if (kind === 'reserve') {
        const outcome = await loadStatement(world, bytes.toString())
        return outcome.kind === 'done'
          ? c.json(outcome.value, 200)
          : c.json({ because: outcome.because, field: 'text' }, 409)
      }
      if (day === undefined) return c.json({ because: 'name the day of the file', field: 'day' }, 400)
      const loaded = await loadFile(world, day, new Uint8Array(bytes))
      if (loaded.kind === 'refused') {
        const { file, line, column, said: rule } = loaded
        return c.json({ because: `${file}:${line}:${column}: ${rule.zh} · ${rule.en}`, field: 'text' }, 409)
      }
      return c.json(
        { result: loaded.kind === 'again' ? 'DUP' : 'LOADED', ...(await dayState(world, day)) },
        200,
      )
    },
  )
}

function caseRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/cases',
      summary: 'Cases about clearing days, with their age',
      request: { query: z.object({ state: z.enum(['open', 'done']).optional(), day: Day.optional() }) },
      responses: { 200: json(z.object({ cases: z.array(CaseView) }), 'By day'), ...said },
    }),
    async (c) => {
      const { state, day } = c.req.valid('query')
      const which = state === undefined ? (['open', 'done'] as const) : ([state] as const)
      const found = (await Promise.all(which.map((one) => casesIn(world, one, day ?? '')))).flat()
      return c.json({ cases: found.map((one) => viewOf(one, world.clock.wall())) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/cases/{id}/proposal',
      summary: 'The first of two people says how a case is to end',
      request: {
        params: Id,
        body: body(
          z.strictObject({
            maker: z.string().min(1).max(40),
            reason: z.string().min(1).max(200),
            action: z.enum(['write-off', 'repay', 'accept']),
          }),
        ),
      },
      responses: { 200: json(CaseView, 'The case'), ...said },
    }),
    async (c) => {
      const outcome = await propose(world, c.req.valid('param').id, c.req.valid('json'))
      return outcome.kind === 'done'
        ? c.json(viewOf(outcome.value, world.clock.wall()), 200)
        : c.json({ because: outcome.because }, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/cases/{id}/approval',
      summary: 'The second one agrees: the case ends, once',
      request: { params: Id, body: body(z.strictObject({ checker: z.string().min(1).max(40) })) },
      responses: { 200: json(CaseView, 'The case'), ...said },
    }),
    async (c) => {
      const outcome = await approve(world, c.req.valid('param').id, c.req.valid('json').checker, repay)
      return outcome.kind === 'done'
        ? c.json(viewOf(outcome.value, world.clock.wall()), 200)
        : c.json({ because: outcome.because }, 409)
    },
  )
}
