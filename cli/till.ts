// The acquirer's till for people with curl: what they leave out is filled in (an order id, the time, the code that the
// payer's phone would show), an earlier sale is named by its order id alone, and the answer waits for the last word.
import { Hono } from 'hono'
import { beijingTime, type Clock } from '../wire/wire.ts'

const FINAL_WAIT_MS = 5_000
const LOOK_MS = 20
const OPEN = new Set(['SENT', 'PENDING', 'REVERSING', 'R_PENDING', 'V_PENDING'])

export type TillParts = {
  /** The till as the acquirer serves it. */
  readonly acquirer: { fetch(request: Request): Response | Promise<Response> }
  readonly clock: Clock
  readonly walletUrl: string
  readonly random: (length: number) => Uint8Array
}

type Body = Readonly<Record<string, unknown>>
type Filled = { readonly body: Body } | { readonly because: string; readonly field: string }

export function till(parts: TillParts): Hono {
  const { acquirer } = parts
  const app = new Hono()
  /** Order ids of this run and their times, so that an order can be named by its id. */
  const times = new Map<string, string>()
  app.post('/till/:what{sales|refunds|voids|codes|orders|reversals}', async (c) => {
    const what = c.req.param('what')
    const given: unknown = await c.req.json().catch(() => undefined)
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      return c.json({ because: 'the body must be a JSON object', field: '' }, 400)
    const filled = await fill(parts, times, what, given as Body)
    if ('because' in filled) return c.json(filled, 409)
    const answer = await acquirer.fetch(
      new Request(c.req.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(filled.body),
      }),
    )
    if (answer.status >= 300) return answer
    const { order, orderTime } = filled.body as { order: string; orderTime: string }
    times.set(order, orderTime)
    const kind =
      what === 'refunds' || what === 'voids'
        ? what
        : what === 'sales' || what === 'reversals'
          ? 'sales'
          : undefined
    return kind === undefined
      ? answer
      : c.json(
          (await lastWord(
            parts,
            `${new URL(c.req.url).origin}/till/${kind}/${order}/${orderTime}`,
          )) as object,
        )
  })
  app.all('/till/*', (c) => acquirer.fetch(c.req.raw))
  return app
}

async function fill(
  { clock, random, walletUrl }: TillParts,
  times: ReadonlyMap<string, string>,
  what: string,
  given: Body,
): Promise<Filled> {
  const { payer, funding, ...body } = given
  const named = typeof body['of'] === 'string' ? body['of'] : undefined
  if (named !== undefined && !times.has(named))
    return { because: `this till has sold nothing under the order id ${named}`, field: 'of' }
  const own = what === 'reversals' ? String(body['order'] ?? '') : undefined
  if (own !== undefined && !times.has(own) && body['orderTime'] === undefined)
    return { because: `this till has sold nothing under the order id ${own}`, field: 'order' }
  const code =
    what !== 'sales' || body['code'] !== undefined
      ? undefined
      : await scan(walletUrl, payer ?? 'alice', funding)
  if (typeof code === 'object') return code
  return {
    body: {
      order: `T${Buffer.from(random(8)).toString('hex')}`,
      orderTime: (own === undefined ? undefined : times.get(own)) ?? beijingTime(clock.wall()),
      ...body,
      ...(named !== undefined && { of: { order: named, orderTime: times.get(named) } }),
      ...(code !== undefined && { code }),
    },
  }
}

async function scan(
  walletUrl: string,
  payer: unknown,
  funding: unknown,
): Promise<string | { because: string; field: string }> {
  const response = await fetch(`${walletUrl}/wallet/users/${encodeURIComponent(String(payer))}/codes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(funding === undefined ? {} : { funding }),
  })
  const body = (await response.json()) as { code?: string; because?: string }
  return body.code ?? { because: body.because ?? `the wallet answered ${response.status}`, field: 'payer' }
}

/** How it ended, or how it stands after a few seconds: that it is still open is an honest answer. */
async function lastWord({ acquirer, clock }: TillParts, url: string): Promise<unknown> {
  const end = clock.wall() + FINAL_WAIT_MS
  for (;;) {
    const known = (await (await acquirer.fetch(new Request(url))).json()) as { state?: string }
    if (!OPEN.has(known.state ?? '') || clock.wall() > end) return known
    await clock.until(clock.wall() + LOOK_MS)
  }
}
