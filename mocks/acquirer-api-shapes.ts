// The shapes of the till's JSON, and one way to declare a call of it; they print as OpenAPI.
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { parseMajor } from '../money/money.ts'
import { creditOf } from './acquirer-book.ts'
import { type Refund, type Sale, TillRefusal, type Void } from './acquirer-records.ts'

export const Fen = z
  .string()
  .regex(/^[1-9][0-9]{0,11}$/, 'whole fen as text, such as "1990" for 19.90 yuan')
  .openapi({ description: 'Whole minor units (fen), as text', example: '1990' })
const Yuan = z
  .string()
  .regex(/^[0-9]+(\.[0-9]{1,2})?$/, 'yuan as text with at most two decimals, such as "19.90"')
  .openapi({ description: 'Yuan, as a person types it', example: '19.90' })
const Order = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,32}$/, '8 to 32 letters, digits, “-” and “_”')
  .openapi({ description: 'The order id that the till gives', example: '00120260615000001' })
const Time = z
  .string()
  .regex(/^[0-9]{14}$/, 'a Beijing time, YYYYMMDDhhmmss')
  .openapi({ description: 'Beijing time, YYYYMMDDhhmmss', example: '20260615100000' })
export const Ids = z.strictObject({ order: Order, orderTime: Time })
export const Amounts = z.strictObject({ amount: Fen.optional(), amountYuan: Yuan.optional() })
const Refusal = z.object({ because: z.string(), field: z.string().optional() }).openapi('Refusal')
const Answer = z.looseObject({})

/** Fen exactly, whichever way they were typed: no number ever holds them (RFD-025). */
export function fenOf({ amount, amountYuan }: z.infer<typeof Amounts>): bigint {
  if ((amount === undefined) === (amountYuan === undefined))
    throw new TillRefusal('give amount in fen or amountYuan in yuan, one of them')
  if (amount !== undefined) return BigInt(amount)
  const read = parseMajor(amountYuan ?? '', 'CNY')
  if (read === undefined || read.minor === 0n)
    throw new TillRefusal(`${amountYuan ?? ''} is no amount in yuan`)
  return read.minor
}

export const jsonApi = (): OpenAPIHono =>
  new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined
      const issue = result.error.issues[0]
      return c.json({ because: issue?.message ?? 'malformed', field: issue?.path.join('.') ?? '' }, 400)
    },
  })

type Call<B extends z.ZodType> = {
  readonly method: 'get' | 'post' | 'put'
  readonly path: string
  readonly summary: string
  readonly body: B
  /** Undefined: there is no such thing. */
  act(body: z.infer<B>, path: { order: string; orderTime: string; name: string }): Promise<object | undefined>
}

const Nothing = z.undefined()
export const none = Nothing

/** A call: what it takes, and an answer in which every amount is text. A refusal changed nothing. */
export function call<B extends z.ZodType>(
  api: OpenAPIHono,
  { method, path, summary, body, act }: Call<B>,
): void {
  const names = [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name = '']) => name)
  const params = z.object(Object.fromEntries(names.map((name) => [name, z.string()])))
  const json = <T extends z.ZodType>(schema: T, description: string) => ({
    content: { 'application/json': { schema } },
    description,
  })
  const takes =
    (body as unknown) === Nothing
      ? {}
      : { body: { content: { 'application/json': { schema: body } }, required: true } }
  const route = createRoute({
    method,
    path,
    summary,
    request: { ...(names.length > 0 && { params }), ...takes },
    responses: {
      200: json(Answer, 'How it stands now'),
      400: json(Refusal, 'The request is malformed; `field` says where'),
      409: json(Refusal, 'Refused; nothing was written or sent'),
    },
  })
  api.openapi(route, async (c) => {
    const given =
      (body as unknown) === Nothing
        ? undefined
        : ((c.req as unknown as { valid(of: string): unknown }).valid('json') as z.infer<B>)
    const { order = '', time = '', name = '' } = c.req.param() as Record<string, string>
    try {
      const answer = await act(given as z.infer<B>, { order, orderTime: time, name })
      return answer === undefined
        ? c.json({ because: 'nothing is in the book under that name' }, 409)
        : c.json(plain(answer), 200)
    } catch (error) {
      if (error instanceof TillRefusal) return c.json({ because: error.message }, 409)
      throw error
    }
  })
}

const plain = (value: object): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
  )

export function saleView(sale: Sale): object {
  const { order, orderTime, merchant, terminal, channel, state, amount, currency, refunded, deliveries } =
    sale
  const { shown = {}, validUntil, paid, legs, fee, cases } = sale
  return {
    order,
    orderTime,
    merchant,
    terminal,
    channel,
    state,
    amount,
    currency,
    refunded,
    deliveries,
    ...shown,
    validUntil,
    paid,
    legs,
    fee,
    credit: sale.posted ? creditOf(sale) : 0n,
    ...namesOf(sale),
    cases,
  }
}

export function sideView(item: Refund | Void): object {
  const { order, orderTime, of, merchant, state, amount, currency, cases } = item
  return { order, orderTime, of, merchant, state, amount, currency, ...namesOf(item), cases }
}

const namesOf = ({ said, transaction, clearingDay }: Sale | Refund | Void) => ({
  said,
  transaction,
  clearingDay,
})
