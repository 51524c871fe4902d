// A till on top of the acquirer: JSON for people with curl. It scans the payer's code by asking the wallet for one,
// as a phone would show it.
import { Hono } from 'hono'
import { z } from 'zod'
import type { AcquirerDesk } from '../mocks/mocks.ts'
import { beijingTime, type Clock } from '../wire/wire.ts'

const Sale = z.strictObject({
  amount: z
    .string()
    .regex(/^[1-9][0-9]{0,11}$/, 'amount is whole fen as text, such as "1000" for 10.00 yuan'),
  payer: z.string().min(1).optional(),
  code: z
    .string()
    .regex(/^[0-9]{19}$/, 'code is the 19 digits that the wallet shows')
    .optional(),
})

const FINAL_WAIT_MS = 5_000
const LOOK_MS = 20

export type TillParts = {
  readonly desk: AcquirerDesk
  readonly clock: Clock
  readonly walletUrl: string
  readonly random: (length: number) => Uint8Array
}

export function till({ desk, clock, walletUrl, random }: TillParts): Hono {
  const app = new Hono()
  app.post('/till/sales', async (c) => {
    const read = Sale.safeParse(await c.req.json().catch(() => undefined))
    if (!read.success)
      return c.json(
        {
          because: read.error.issues[0]?.message ?? 'malformed',
          field: read.error.issues[0]?.path.join('.') ?? '',
        },
        400,
      )
    const code = read.data.code ?? (await scan(walletUrl, read.data.payer ?? 'alice'))
    if (typeof code !== 'string') return c.json(code, 409)
    const order = `T${Buffer.from(random(8)).toString('hex')}`
    const orderTime = beijingTime(clock.wall())
    await desk.sell({
      order,
      orderTime,
      merchant: '777290058110048',
      merchantName: '四方测试商户甲',
      merchantCategory: '5411',
      terminal: '01080209',
      code,
      amount: BigInt(read.data.amount),
      currency: '156',
    })
    return c.json(await finalSale(desk, clock, order, orderTime), 200)
  })
  app.get('/till/sales/:order/:time', async (c) => {
    const sale = await desk.sale(c.req.param('order'), c.req.param('time'))
    return sale === undefined ? c.json({ because: 'no such sale' }, 404) : c.json(plain(sale), 200)
  })
  return app
}

async function scan(walletUrl: string, payer: string): Promise<string | { because: string }> {
  const response = await fetch(`${walletUrl}/wallet/users/${encodeURIComponent(payer)}/codes`, {
    method: 'POST',
  })
  const body = (await response.json()) as { code?: string; because?: string }
  return body.code ?? { because: body.because ?? `the wallet answered ${response.status}` }
}

/** The sale once it is final, or as it stands after a few seconds: PENDING is an honest answer. */
async function finalSale(
  desk: AcquirerDesk,
  clock: Clock,
  order: string,
  orderTime: string,
): Promise<unknown> {
  const end = clock.wall() + FINAL_WAIT_MS
  for (;;) {
    const sale = await desk.sale(order, orderTime)
    if (sale === undefined) return { because: 'no such sale' }
    if ((sale.state !== 'SENT' && sale.state !== 'PENDING') || clock.wall() > end) return plain(sale)
    await clock.until(clock.wall() + LOOK_MS)
  }
}

const plain = (sale: object): unknown =>
  JSON.parse(JSON.stringify(sale, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
