// The acquirer's till as JSON: what a cashier, a shop's page and a merchant's back office ask of it. An answer says what
// is known now; what is not final goes on by itself.
import type { OpenAPIHono } from '@hono/zod-openapi'
import { z } from '@hono/zod-openapi'
import { beijingTime, call as ask, readBeijingTime } from '../wire/wire.ts'
import type { AcquirerDesk } from './acquirer.ts'
import { Amounts, call, Fen, fenOf, Ids, jsonApi, none, saleView, sideView } from './acquirer-api-shapes.ts'
import { credited, merchantFunded } from './acquirer-book.ts'
import { closeCalls } from './acquirer-close-api.ts'
import { beijingOf, closeOrder, returned, show } from './acquirer-order.ts'
import {
  type AcquirerWorld,
  BY_TRANSACTION,
  itemId,
  putSale,
  type Sale,
  sales,
  SHOP,
  TillRefusal,
} from './acquirer-records.ts'
import { refund, refundOf } from './acquirer-refund.ts'
import { learn, query, reverse, saleOf, sell } from './acquirer-sale.ts'
import { queryTold } from './acquirer-told.ts'
import { isSameDay, undoVoid, voidOf, voidSale } from './acquirer-void.ts'

const TERMINAL = '01080209'
const LIFE_MS = 15 * 60_000

type Till = { readonly api: OpenAPIHono; readonly world: AcquirerWorld; readonly desk: AcquirerDesk }

export function tillApi(world: AcquirerWorld, desk: AcquirerDesk): OpenAPIHono {
  const till = { api: jsonApi(), world, desk }
  saleCalls(till)
  refundCalls(till)
  voidCalls(till)
  orderCalls(till)
  shownCalls(till)
  officeCalls(till)
  closeCalls(till.api, world)
  return till.api
}

const viewOf = async (world: AcquirerWorld, id: string): Promise<object | undefined> => {
  const sale = await saleOf(world, id)
  return sale && saleView(sale)
}

/** A scanner may add white space around a code. Whatever else is not 19 ASCII digits is for the cashier to see. */
const Code = z
  .string()
  .transform((text) => text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, ''))
  .refine((text) => /^[0-9]{19}$/.test(text), 'a payment code is 19 digits')
  .openapi({
    type: 'string',
    description: 'The payment code as it was scanned',
    example: '6223000000000000001',
  })
const Terminal = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,8}$/)
  .optional()

function saleCalls({ api, world, desk }: Till): void {
  call(api, {
    method: 'post',
    path: '/sales',
    summary: 'Sell: the payer’s code was scanned. Answers when the switch has, or when it is late',
    body: z.strictObject({ ...Ids.shape, ...Amounts.shape, code: Code, terminal: Terminal }),
    act: async ({ order, orderTime, code, terminal = TERMINAL, ...amounts }) => {
      const amount = fenOf(amounts)
      await desk.during(() => sell(world, { ...SHOP, order, orderTime, code, terminal, amount }))
      return viewOf(world, itemId({ order, orderTime }))
    },
  })
  call(api, {
    method: 'get',
    path: '/sales/{order}/{time}',
    summary: 'A sale, a code or an order, as the book has it',
    body: none,
    act: (_, ids) => viewOf(world, itemId(ids)),
  })
  call(api, {
    method: 'post',
    path: '/sales/{order}/{time}/query',
    summary: 'Ask the switch now how it ended',
    body: none,
    act: async (_, ids) => {
      const id = itemId(ids)
      if ((await saleOf(world, id)) === undefined) return undefined
      await desk.during(() => query(world, id))
      return viewOf(world, id)
    },
  })
  call(api, {
    method: 'post',
    path: '/reversals',
    summary: 'Take back a sale of unknown outcome, or one whose slip did not print',
    body: z.strictObject({ ...Ids.shape, because: z.enum(['unknown', 'no_slip']) }),
    act: async ({ because, ...ids }) => {
      const id = itemId(ids)
      const before = await saleOf(world, id)
      if (before === undefined) return undefined
      await desk.during(() => reverse(world, id, because))
      const after = await saleOf(world, id)
      if (after !== undefined && after.state !== 'REVERSING' && after.state !== 'REVERSED')
        throw new TillRefusal(`the sale is ${after.state}: void or refund it`)
      return after && saleView(after)
    },
  })
  call(api, {
    method: 'post',
    path: '/queries',
    summary: 'Ask the switch by its own transaction number',
    body: z.strictObject({ transaction: z.string().regex(/^[0-9]{20}$/) }),
    act: async ({ transaction }) => {
      const sale = await byTransaction(world, transaction)
      if (sale === undefined) return undefined
      const fields = { acquirer: world.me, asked: 'purchase', transaction: sale.transaction ?? transaction }
      const wait = world.profile.values.purchaseWaitMs
      const reply = await desk.during(() => ask(world, 'query', world.switchId, fields, wait))
      await learn(world, itemId(sale), (known) => queryTold(known, reply))
      return viewOf(world, itemId(sale))
    },
  })
}

async function byTransaction(world: AcquirerWorld, transaction: string): Promise<Sale | undefined> {
  const [found] = await world.store.scan(BY_TRANSACTION, transaction, `${transaction}!`, 1)
  return found?.value as Sale | undefined
}

function refundCalls({ api, world, desk }: Till): void {
  const view = async (id: string): Promise<object | undefined> => {
    const found = await refundOf(world, id)
    return found && sideView(found)
  }
  call(api, {
    method: 'post',
    path: '/refunds',
    summary: 'Refund a sale, or a part of it. The same id again is the same refund',
    body: z.strictObject({ ...Ids.shape, ...Amounts.shape, of: Ids }),
    act: async ({ order, orderTime, of, ...amounts }) => {
      const amount = fenOf(amounts)
      await desk.during(() => refund(world, { order, orderTime, of, amount }))
      return view(itemId({ order, orderTime }))
    },
  })
  call(api, {
    method: 'get',
    path: '/refunds/{order}/{time}',
    summary: 'A refund, as the book has it',
    body: none,
    act: (_, ids) => view(itemId(ids)),
  })
  const disputed = (path: string, summary: string, is: boolean): void =>
    call(api, {
      method: 'post',
      path,
      summary,
      body: Ids,
      act: (ids) =>
        world.store.change<object | undefined>([sales.key(itemId(ids))], (rows) => {
          const sale = sales.in(rows, itemId(ids))
          if (sale === undefined) return { result: undefined }
          const changed = { ...sale, disputed: is }
          return { put: [putSale(changed)], result: saleView(changed) }
        }),
    })
  disputed('/disputes', 'A chargeback of a sale was opened', true)
  disputed('/disputes/closed', 'The chargeback of a sale was closed', false)
}

function voidCalls({ api, world, desk }: Till): void {
  const view = async (id: string): Promise<object | undefined> => {
    const found = await voidOf(world, id)
    return found && sideView(found)
  }
  const Of = z.strictObject({ ...Ids.shape, of: Ids })
  call(api, {
    method: 'post',
    path: '/voids',
    summary: 'Void a sale: whole, on its own clearing day',
    body: Of,
    act: async (order) => {
      await desk.during(() => voidSale(world, order))
      return view(itemId(order))
    },
  })
  call(api, {
    method: 'get',
    path: '/voids/{order}/{time}',
    summary: 'A void, as the book has it',
    body: none,
    act: (_, ids) => view(itemId(ids)),
  })
  call(api, {
    method: 'post',
    path: '/voids/{order}/{time}/undo',
    summary: 'Take a void back: the sale stands again when the switch has acknowledged it',
    body: none,
    act: async (_, ids) => {
      await undoVoid(world, itemId(ids))
      return view(itemId(ids))
    },
  })
  call(api, {
    method: 'post',
    path: '/cancellations',
    summary: 'The merchant takes a sale back: by a void on its own clearing day, by a refund later',
    body: Of,
    act: async ({ of, ...own }) => {
      const sale = await saleOf(world, itemId(of))
      if (sale === undefined) return undefined
      if (isSameDay(world, sale)) {
        await desk.during(() => voidSale(world, { ...own, of }))
        return { by: 'void', ...(await view(itemId(own))) }
      }
      await desk.during(() => refund(world, { ...own, of, amount: sale.amount - sale.refunded }))
      const made = await refundOf(world, itemId(own))
      return made && { by: 'refund', ...sideView(made) }
    },
  })
}

const Instant = z
  .string()
  .refine((text) => beijingOf(text) !== undefined, 'an instant with its zone, such as 2026-06-15T02:15:00Z')
  .optional()

function orderCalls({ api, world, desk }: Till): void {
  const shown = (path: string, summary: string, channel: 'code' | 'online'): void =>
    call(api, {
      method: 'post',
      path,
      summary,
      body: z.strictObject({ ...Ids.shape, ...Amounts.shape, validUntil: Instant, instead: Ids.optional() }),
      act: async ({ order, orderTime, validUntil, instead, ...amounts }) => {
        const amount = fenOf(amounts)
        const made = readBeijingTime(orderTime) ?? world.clock.wall()
        const until = (validUntil && beijingOf(validUntil)) ?? beijingTime(made + LIFE_MS)
        const other = instead && { instead }
        const own = {
          ...SHOP,
          order,
          orderTime,
          terminal: TERMINAL,
          amount,
          channel,
          validUntil: until,
          ...other,
        }
        await desk.during(() => show(world, own))
        return viewOf(world, itemId({ order, orderTime }))
      },
    })
  shown('/codes', 'Show a merchant code for one amount; `instead` names the one it replaces', 'code')
  shown('/orders', 'Make an online order, to be paid in a wallet', 'online')
}

function shownCalls({ api, world, desk }: Till): void {
  call(api, {
    method: 'post',
    path: '/orders/{order}/{time}/close',
    summary: 'Close a code or an order at the switch',
    body: none,
    act: async (_, ids) => {
      await desk.during(() => closeOrder(world, itemId(ids)))
      return viewOf(world, itemId(ids))
    },
  })
  call(api, {
    method: 'post',
    path: '/orders/{order}/{time}/amount',
    summary: 'Change the amount. Refused once it is shown: close the order and show another',
    body: z.strictObject({ amount: Fen }),
    act: async ({ amount }, ids) => {
      const sale = await saleOf(world, itemId(ids))
      if (sale !== undefined && BigInt(amount) !== sale.amount)
        throw new TillRefusal(`${sale.amount} fen are shown to payers: close the order and show another`)
      return sale && saleView(sale)
    },
  })
  call(api, {
    method: 'post',
    path: '/orders/{order}/{time}/return',
    summary: 'A browser came back from the wallet with this data',
    body: z.strictObject({ result: z.string(), order: z.string(), amount: Fen, merchant: z.string() }),
    act: async (data, ids) => {
      const said = { ...data, amount: BigInt(data.amount) }
      await desk.during(() => returned(world, itemId(ids), said))
      return viewOf(world, itemId(ids))
    },
  })
  call(api, {
    method: 'post',
    path: '/orders/{order}/{time}/visits',
    summary: 'An app opened the code: which page it is given. Only a known wallet is sent on',
    body: z.strictObject({ userAgent: z.string() }),
    act: async ({ userAgent }, ids) => {
      const sale = await saleOf(world, itemId(ids))
      const wallet = WALLETS.find(({ mark }) => userAgent.includes(mark))
      return sale && (wallet === undefined ? { page: 'CHOOSER' } : { page: 'WALLET', wallet: wallet.name })
    },
  })
}

/** Marks by which wallets' own browsers are told. */
const WALLETS = [
  { mark: 'UnionPay/', name: 'unionpay' },
  { mark: 'HeBao/', name: 'hebao' },
] as const

function officeCalls({ api, world, desk }: Till): void {
  call(api, {
    method: 'get',
    path: '/cases',
    summary: 'What waits for a person, oldest first',
    body: none,
    act: async () => {
      const cases: object[] = []
      for await (const one of desk.cases()) cases.push(one)
      return { cases }
    },
  })
  call(api, {
    method: 'get',
    path: '/merchants/{name}',
    summary: 'What a merchant is credited with',
    body: none,
    act: async (_, { name }) => ({ merchant: name, credited: await credited(world, name) }),
  })
  call(api, {
    method: 'get',
    path: '/statements/{order}/{time}',
    summary: 'The line of a sale in the merchant’s statement: who pays for what',
    body: none,
    act: async (_, ids) => {
      const sale = await saleOf(world, itemId(ids))
      if (sale === undefined) return undefined
      const own = merchantFunded(sale)
      const all = (sale.legs ?? []).reduce((sum, { sponsor, amount }) => (sponsor ? sum + amount : sum), 0n)
      const { amount, paid, fee } = sale
      return { amount, paid, merchantFunded: own, platformFunded: all - own, fee, credit: amount - own - fee }
    },
  })
}
