// The till's JSON: amounts typed in yuan are exact, a refusal writes nothing, and every call stands in the description.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fenOf } from './acquirer-api-shapes.ts'
import { acquirerApp } from './acquirer-app.ts'
import { beijingOf } from './acquirer-order.ts'
import { TillRefusal } from './acquirer-records.ts'
import { answerFields } from '../wire/wire.ts'
import { acquirerBed, ORDER_TIME } from './acquirer-testbed.ts'

const CODE = '6223000000000000017'

async function till() {
  const bed = await acquirerBed()
  bed.script.purchase = ({ order, orderTime, amount, currency }) => ({
    ...answerFields('OK'),
    order,
    orderTime,
    amount,
    currency,
  })
  const app = acquirerApp(bed.party, bed.world)
  const post = async (
    path: string,
    body: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const headers = { 'content-type': 'application/json' }
    const response = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { ...bed, app, post }
}

describe('amounts', () => {
  test('in yuan are the fen that were typed, whatever they are', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 9_999_999_999n }), (fen) => {
        const text = fen.toString().padStart(3, '0')
        expect(fenOf({ amountYuan: `${text.slice(0, -2)}.${text.slice(-2)}` })).toBe(fen)
        expect(fenOf({ amount: fen.toString() })).toBe(fen)
      }),
    )
  })
  test.each([{}, { amount: '1', amountYuan: '0.01' }, { amountYuan: '0.00' }])('%o is refused', (given) => {
    expect(() => fenOf(given)).toThrow(TillRefusal)
  })
})

test.each([
  ['2026-06-15T02:15:00Z', '20260615101500'],
  ['2026-06-14T22:15:00-04:00', '20260615101500'],
  ['2026-06-15T10:15:00', undefined],
  ['tomorrow', undefined],
])('the instant %s ends an order at %s', (text, beijing) => {
  expect(beijingOf(text)).toBe(beijing)
})

describe('the till', () => {
  test('sells by a code that a scanner dressed in white space, and shows the sale', async () => {
    const { post, app } = await till()
    const sold = await post('/till/sales', {
      order: 'ORDER-01',
      orderTime: ORDER_TIME,
      code: ` ${CODE}\r\n`,
      amountYuan: '10.00',
    })
    expect([sold.status, sold.body['state'], sold.body['amount']]).toEqual([200, 'SUCCESS', '1000'])
    const seen = await app.request(`/till/sales/ORDER-01/${ORDER_TIME}`)
    expect(await seen.json()).toEqual(sold.body)
  })
  test.each([
    ['a code with full-width digits', { code: `６${CODE.slice(1)}` }],
    ['an amount that is a number', { amount: 1000 }],
    ['a member that nobody knows', { tip: '1' }],
  ])('refuses %s and sends nothing', async (_what, wrong) => {
    const { post, spoken } = await till()
    const whole = { order: 'ORDER-01', orderTime: ORDER_TIME, code: CODE, amount: '1000', ...wrong }
    const { status, body } = await post('/till/sales', whole)
    expect(status).toBe(400)
    expect(body['because']).toBeTypeOf('string')
    expect(spoken).toEqual([])
  })
  test('refuses what is not in its book with a sentence', async () => {
    const { post } = await till()
    const of = { order: 'ORDER-99', orderTime: ORDER_TIME }
    const { status, body } = await post('/till/voids', { order: 'VOID-001', orderTime: ORDER_TIME, of })
    expect([status, body['because']]).toEqual([409, `no sale ${ORDER_TIME}.ORDER-99 is in the book`])
  })
  test('describes every call; control is for an examiner alone', async () => {
    const { app } = await till()
    const { paths } = (await (await app.request('/openapi.json')).json()) as {
      paths: Record<string, unknown>
    }
    expect(Object.keys(paths).length).toBeGreaterThan(20)
    expect(Object.keys(paths).every((path) => path.startsWith('/till/'))).toBe(true)
    expect((await app.request('/control/idle')).status).toBe(404)
  })
})
