// The wallet API's half about cards and the user's own money: binding, small deposits, top-up, withdrawal, transfer. Every
// call that moves something carries an id of the caller's own; the same id and content again is the same thing again.
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Amount, body, byId, json, said } from './api-shapes.ts'
import { bindCard, cardsOf, unbindCard } from './cards.ts'
import { type Card, checks, type MoneyOrder, moneyOrders } from './card-records.ts'
import { sayDeposit, sendDeposit } from './deposit.ts'
import { orderMoney } from './money.ts'
import { transfer } from './transfer.ts'
import { isUser, NO_USER, type Outcome } from './users.ts'
import type { InstitutionWorld } from './world.ts'

const Request = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,32}$/, 'an id of the caller’s own, 8 to 32 letters, digits, - or _')
  .openapi({ description: 'The caller’s own id; the same id again is the same request again' })
const CardId = z.string().min(1).max(80)
const CardView = z
  .object({
    card: CardId,
    bank: z.string(),
    kind: z.string().optional(),
    tail: z.string(),
    state: z.string(),
    proof: z.string().optional(),
  })
  .openapi('Card')
const OrderView = z
  .object({
    order: z.string(),
    kind: z.string(),
    state: z.string(),
    amount: Amount.optional(),
    card: z.string(),
    because: z.string().optional(),
  })
  .openapi('MoneyOrder')
const Pin = z.string().max(16)
const MoneyBody = z.strictObject({ request: Request, card: CardId, amount: Amount })

const cardView = ({ id, bank, kind, tail, state }: Card) => ({
  card: id,
  bank,
  ...(kind !== undefined && { kind }),
  tail,
  state,
})
/** What a small deposit was worth is for the card's holder to see at the bank. */
const orderView = ({ id, kind, state, amount, card, because }: MoneyOrder) => ({
  order: id,
  kind,
  state,
  card,
  ...(kind !== 'VERIFY' && { amount: String(amount) }),
  ...(because !== undefined && { because }),
})

type Told<V> = { readonly view: V } | { readonly because: string }
const told = <T, V>(outcome: Outcome<T>, view: (value: T) => V): Told<V> =>
  outcome.kind === 'done' ? { view: view(outcome.value) } : { because: outcome.because }

const ofCard = z.object({ id: byId.shape.id, card: CardId })

export function cardRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const { store } = world
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/cards',
      summary: 'Bind a bank card; the bank checks the four elements through the switch',
      request: {
        params: byId,
        body: body(
          z.strictObject({
            request: Request,
            bank: z.string().regex(/^[0-9]{8}$/, 'the bank’s eight digits'),
            cardNumber: z.string().regex(/^[0-9]{12,19}$/, '12 to 19 digits'),
            holderName: z.string().min(1).max(40),
            idNumber: z.string().regex(/^[A-Za-z0-9_-]{6,20}$/),
            phone: z.string().regex(/^[0-9]{11}$/, 'eleven digits'),
          }),
        ),
      },
      responses: { 200: json(CardView, 'The card as bound'), ...said },
    }),
    async (c) => {
      const outcome = told(await bindCard(world, c.req.valid('param').id, c.req.valid('json')), cardView)
      return 'view' in outcome ? c.json(outcome.view, 200) : c.json(outcome, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/cards',
      summary: 'The user’s cards',
      request: { params: byId },
      responses: { 200: json(z.object({ cards: z.array(CardView) }), 'Cards, bound and unbound'), ...said },
    }),
    async (c) => {
      const { id } = c.req.valid('param')
      if (!(await isUser(store, id))) return c.json(NO_USER, 409)
      const own = await cardsOf(world, id)
      const rows = await store.read(own.map(({ id }) => checks.key(id)))
      const view = (card: Card) => {
        const proof = checks.in(rows, card.id)?.state
        return { ...cardView(card), ...(proof !== undefined && { proof }) }
      }
      return c.json({ cards: own.map(view) }, 200)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/cards/{card}/unbind',
      summary: 'Unbind a card; refunds of what it paid still go back to it',
      request: { params: ofCard },
      responses: { 200: json(CardView, 'The card as unbound'), ...said },
    }),
    async (c) => {
      const { id, card } = c.req.valid('param')
      const outcome = told(await unbindCard(world, id, card), cardView)
      return 'view' in outcome ? c.json(outcome.view, 200) : c.json(outcome, 409)
    },
  )
  depositRoutes(api, world)
  moneyRoutes(api, world)
}

function depositRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/cards/{card}/deposit',
      summary: 'Send a few fen to the card, for its holder to say how many',
      request: { params: ofCard, body: body(z.strictObject({ request: Request })) },
      responses: { 200: json(OrderView, 'The deposit, without its amount'), ...said },
    }),
    async (c) => {
      const { id, card } = c.req.valid('param')
      const outcome = told(await sendDeposit(world, id, card, c.req.valid('json').request), orderView)
      return 'view' in outcome ? c.json(outcome.view, 200) : c.json(outcome, 409)
    },
  )
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/cards/{card}/deposit/confirm',
      summary: 'Say how much the small deposit was',
      request: { params: ofCard, body: body(z.strictObject({ amount: Amount })) },
      responses: { 200: json(z.object({ card: CardId, proof: z.string() }), 'The proof'), ...said },
    }),
    async (c) => {
      const { id, card } = c.req.valid('param')
      const said = await sayDeposit(world, id, card, BigInt(c.req.valid('json').amount))
      const outcome = told(said, ({ state }) => ({ card, proof: state }))
      return 'view' in outcome ? c.json(outcome.view, 200) : c.json(outcome, 409)
    },
  )
}

function moneyRoutes(api: OpenAPIHono, world: InstitutionWorld): void {
  const money = [
    { path: '/users/{id}/top-ups', kind: 'TOPUP', what: MoneyBody, summary: 'Top the wallet up from a card' },
    {
      path: '/users/{id}/withdrawals',
      kind: 'WITHDRAW',
      what: MoneyBody.extend({ pin: Pin }),
      summary: 'Withdraw to a card',
    },
  ] as const
  for (const { path, kind, what, summary } of money)
    api.openapi(
      createRoute({
        method: 'post',
        path,
        summary,
        request: { params: byId, body: body(what) },
        responses: {
          200: json(OrderView, 'The order; PENDING until the bank has said its last word'),
          ...said,
        },
      }),
      async (c) => {
        const asked = c.req.valid('json') as z.infer<typeof MoneyBody> & { pin?: string }
        const outcome = told(
          await orderMoney(world, c.req.valid('param').id, { ...asked, kind, amount: BigInt(asked.amount) }),
          orderView,
        )
        return 'view' in outcome ? c.json(outcome.view, 200) : c.json(outcome, 409)
      },
    )
  lookRoute(api, world)
  transferRoute(api, world)
}

function lookRoute(api: OpenAPIHono, { store }: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/users/{id}/money/{request}',
      summary: 'How a top-up, a withdrawal or a deposit stands',
      request: { params: z.object({ id: byId.shape.id, request: Request }) },
      responses: { 200: json(OrderView, 'The order'), ...said },
    }),
    async (c) => {
      const { id, request } = c.req.valid('param')
      const name = `${id}.${request}`
      const order = moneyOrders.in(await store.read([moneyOrders.key(name)]), name)
      return order === undefined
        ? c.json({ because: 'there is no such order of this user' }, 409)
        : c.json(orderView(order), 200)
    },
  )
}

function transferRoute(api: OpenAPIHono, world: InstitutionWorld): void {
  api.openapi(
    createRoute({
      method: 'post',
      path: '/users/{id}/transfers',
      summary: 'Send money to another user of this wallet',
      request: {
        params: byId,
        body: body(z.strictObject({ request: Request, to: byId.shape.id, amount: Amount, pin: Pin })),
      },
      responses: {
        200: json(z.object({ transfer: z.string(), to: z.string(), amount: Amount }), 'The transfer, done'),
        ...said,
      },
    }),
    async (c) => {
      const asked = c.req.valid('json')
      const outcome = told(
        await transfer(world, c.req.valid('param').id, { ...asked, amount: BigInt(asked.amount) }),
        ({ id, to, amount }) => ({ transfer: id, to, amount: String(amount) }),
      )
      return 'view' in outcome ? c.json(outcome.view, 200) : c.json(outcome, 409)
    },
  )
}
