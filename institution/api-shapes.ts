// The shapes that the wallet and control APIs share; they print as OpenAPI.
import { z } from '@hono/zod-openapi'

export const Amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,15})$/)
  .openapi({ description: 'Whole minor units (fen), as text', example: '5000' })
const UserId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/)
  .openapi({ description: 'The user’s name inside this wallet', example: 'alice' })
const Refusal = z.object({ because: z.string(), field: z.string().optional() }).openapi('Refusal')
export const Idle = z
  .object({ now: z.number(), inFlight: z.number(), nextDue: z.number().optional() })
  .openapi('Idle')
export const UserView = z
  .object({
    id: UserId,
    status: z.enum(['active', 'frozen', 'closed']),
    available: Amount,
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
