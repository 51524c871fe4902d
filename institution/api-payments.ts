// The wallet API's half about payments: what waits for the user, the password, and the user's no.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Store } from '../store/store.ts'
import { classRow } from '../wire/wire.ts'
import { Amount, body, byId, json, said } from './api-shapes.ts'
import { type Answer, answerPayment } from './confirm.ts'
import { ownPayments } from './own-payments.ts'
import { sendPayment } from './pay-end.ts'
import { byTransaction, payments } from './records.ts'
import type { InstitutionWorld } from './world.ts'

const PaymentId = z
  .string()
  .regex(/^([0-9]{20}|W[0-9]{24})$/)
  .openapi({ description: 'The network transaction id, or the wallet’s own id of a payment it began' })
const one = z.object({ id: byId.shape.id, payment: PaymentId })
export const PaymentView = z
  .object({
    transaction: z.string().optional(),
    payment: z
      .string()
      .optional()
      .openapi({ description: 'The wallet’s own id, where it began the payment' }),
    tn: z.string().optional(),
    state: z.string(),
    amount: Amount,
    currency: z.string(),
    merchantName: z.string().optional(),
    waitsFor: z.string().optional(),
    because: z.string().optional(),
  })
  .openapi('Payment')

async function itemOf(store: Store, transaction: string): Promise<string | undefined> {
  if (transaction.startsWith('W'))
    return ownPayments.in(await store.read([ownPayments.key(transaction)]), transaction)?.id
  const found = byTransaction.in(await store.read([byTransaction.key(transaction)]), transaction)
  return found?.type === 'debit' ? found.id : undefined
}

export async function paymentView(store: Store, user: string, item: string | undefined) {
  const payment = item === undefined ? undefined : payments.in(await store.read([payments.key(item)]), item)
  if (payment === undefined || payment.user !== user) return undefined
  const { transaction, state, amount, currency, merchantName, waits, said: last, payment: own, tn } = payment
  return {
    ...(transaction !== '' && { transaction }),
    ...(own !== undefined && { payment: own }),
    ...(tn !== undefined && { tn }),
    state,
    amount: String(amount),
    currency,
    ...(merchantName !== undefined && { merchantName }),
    ...(waits !== undefined && { waitsFor: waits.for }),
    ...(last.class !== 'OK' && { because: `${last.class} ${classRow(last.class).text.en}` }),
  }
}

export function paymentRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/payments/{payment}',
      summary: 'A payment as its user sees it',
      request: { params: one },
      responses: { 200: json(PaymentView, 'The payment'), ...said },
    }),
    async (c) => {
      const { id, payment } = c.req.valid('param')
      const view = await paymentView(store, id, await itemOf(store, payment))
      return view === undefined ? c.json(NONE, 409) : c.json(view, 200)
    },
  )
  answerRoutes(api, world)
}

const NONE = { because: 'there is no such payment of this user' }

function answerRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  const answered = async (id: string, transaction: string, answer: Answer) => {
    const item = await itemOf(store, transaction)
    if (item === undefined) return NONE
    const outcome = await answerPayment(world, item, id, answer)
    if (outcome.kind === 'refused') return { because: outcome.because }
    await sendPayment(world, item)
    return (await paymentView(store, id, item)) ?? NONE
  }
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/payments/{payment}/confirm',
      summary: 'The user gives the payment password',
      request: {
        params: one,
        body: body(
          z.strictObject({
            pin: z.string().max(16),
            signature: z
              .string()
              .max(64)
              .optional()
              .openapi({ description: 'The phone’s own word for this payment (class A)' }),
          }),
        ),
      },
      responses: { 200: json(PaymentView, 'How the payment stands now'), ...said },
    }),
    async (c) => {
      const { id, payment } = c.req.valid('param')
      const view = await answered(id, payment, { kind: 'pin', ...c.req.valid('json') })
      return 'state' in view ? c.json(view, 200) : c.json(view, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/payments/{payment}/cancel',
      summary: 'The user says no',
      request: { params: one },
      responses: { 200: json(PaymentView, 'How the payment stands now'), ...said },
    }),
    async (c) => {
      const { id, payment } = c.req.valid('param')
      const view = await answered(id, payment, { kind: 'no' })
      return 'state' in view ? c.json(view, 200) : c.json(view, 409)
    },
  )
}
