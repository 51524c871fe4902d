// The shapes that the wallet and control APIs share; they print as OpenAPI.
import { z } from '@hono/zod-openapi'
import type { Funding, Source } from './records.ts'

export const Amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,15})$/)
  .openapi({ description: 'Whole minor units (fen), as text', example: '5000' })
const UserId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/)
  .openapi({ description: 'The user’s name inside this wallet', example: 'alice' })
const Refusal = z
  .object({
    because: z.string(),
    field: z.string().optional(),
    class: z.string().optional().openapi({ description: 'The answer class, such as DECL-STATE' }),
    payment: z.string().optional().openapi({ description: 'The user’s own payment that is in the way' }),
  })
  .openapi('Refusal')
export const Idle = z
  .object({ now: z.number(), inFlight: z.number(), nextDue: z.number().optional() })
  .openapi('Idle')
export const UserView = z
  .object({
    id: UserId,
    status: z.enum(['active', 'frozen', 'closed']),
    available: Amount,
    frozen: Amount,
    tier: z.enum(['I', 'II', 'III']),
    token: z.string().optional(),
    tokenState: z.string().optional(),
  })
  .openapi('User')

export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})
export const said = {
  400: json(Refusal, 'The request is malformed; `field` says where'),
  409: json(Refusal, 'Refused; nothing changed'),
}
export const body = <T extends z.ZodType>(schema: T) => ({
  content: { 'application/json': { schema } },
  required: true,
})
export const byId = z.object({ id: UserId })

const UserSource = z.union([
  z.strictObject({ from: z.literal('coupon'), id: z.string() }),
  z.strictObject({ from: z.literal('packet'), id: z.string(), most: Amount.optional() }),
  z.strictObject({ from: z.literal('balance'), most: Amount.optional() }),
  z.strictObject({ from: z.literal('card'), id: z.string(), most: Amount.optional() }),
  z.strictObject({ from: z.literal('network'), id: z.string(), amount: Amount }),
])
export const FundingShape = z.array(UserSource).min(1).max(10).openapi({
  description: 'What to pay with, in order; each source gives what it has, up to `most`, of what is missing',
})

/** The chosen sources as the book keeps them. */
export const fundingOf = (chosen: z.infer<typeof FundingShape>): Funding =>
  chosen.map((source) => {
    if (source.from === 'coupon') return source
    if (source.from === 'network') return { ...source, amount: BigInt(source.amount) }
    const { most, ...rest } = source
    return { ...rest, ...(most !== undefined && { most: BigInt(most) }) } as Source
  })
