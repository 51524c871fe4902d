// Random stories for the switch: what a day at a till may bring, as records that a generator can shrink, and how each
// is played. A story ends at rest: the wire is whole again, and every ladder has been climbed. Test-only.
import { TillRefusal } from '../mocks/mocks.ts'
import fc from 'fast-check'
import { type FourParties, fourParties } from './four-parties.ts'

export type Step =
  | { readonly do: 'sell'; readonly amount: number; readonly usedCode: boolean; readonly till: 'T1' | 'T2' }
  | { readonly do: 'refund'; readonly pick: number; readonly percent: number }
  | { readonly do: 'reverse'; readonly pick: number; readonly because: 'unknown' | 'no_slip' }
  | { readonly do: 'void'; readonly pick: number; readonly undone: boolean }
  | {
      readonly do: 'fault'
      readonly what: (typeof FAULTS)[number]
      readonly type: string
      readonly times: number
      readonly delayMs: number
    }
  | { readonly do: 'crash'; readonly steps: number; readonly when: 'before' | 'after' }
  | { readonly do: 'wait'; readonly ms: number }

export const FAULTS = ['lose request', 'lose reply', 'delay', 'twice'] as const
/** Messages between acquirer and switch, and between switch and institution. */
export const MESSAGES = [
  'purchase',
  'reversal',
  'refund',
  'query',
  'notify.payee',
  'notify.payer',
  'debit',
  'debit.query',
  'debit.reverse',
  'credit',
  'void',
  'debit.void',
] as const

const pick = fc.nat({ max: 5 })
const sell = fc.record({
  do: fc.constant('sell' as const),
  amount: fc.integer({ min: 2, max: 1500 }),
  usedCode: fc.constantFrom(false, false, false, true),
  till: fc.constantFrom('T1' as const, 'T2' as const),
})
const refund = fc.record({
  do: fc.constant('refund' as const),
  pick,
  percent: fc.constantFrom(30, 50, 100),
})
const reverse = fc.record({
  do: fc.constant('reverse' as const),
  pick,
  because: fc.constantFrom('unknown' as const, 'no_slip' as const),
})
const voided = fc.record({ do: fc.constant('void' as const), pick, undone: fc.boolean() })
const fault = fc.record({
  do: fc.constant('fault' as const),
  what: fc.constantFrom(...FAULTS),
  type: fc.constantFrom(...MESSAGES),
  times: fc.constantFrom(1, 1, 2, 8),
  delayMs: fc.constantFrom(500, 6_000, 20_000, 90_000),
})
const crash = fc.record({
  do: fc.constant('crash' as const),
  steps: fc.integer({ min: 1, max: 12 }),
  when: fc.constantFrom('before' as const, 'after' as const),
})
const wait = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.constantFrom(0, 1_000, 7_000, 40_000, 120_000),
})

export const story: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: sell },
    { weight: 4, arbitrary: refund },
    { weight: 2, arbitrary: reverse },
    { weight: 2, arbitrary: voided },
    { weight: 5, arbitrary: fault },
    { weight: 2, arbitrary: crash },
    { weight: 4, arbitrary: wait },
  ),
  { minLength: 4, maxLength: 14, size: 'max' },
)

export const OPENING = 2500n
const REST_MS = 40 * 60_000

export type Sold = { readonly order: string; readonly orderTime: string; readonly amount: bigint }
export type Told = {
  readonly world: FourParties
  readonly sales: readonly Sold[]
  readonly refunds: readonly { readonly order: string; readonly orderTime: string }[]
}
type Telling = {
  readonly world: FourParties
  readonly sales: Sold[]
  readonly refunds: Told['refunds'][number][]
  code: string
}

export async function tell(start: number, steps: readonly Step[]): Promise<Told> {
  const world = await fourParties(start, 'stories of the switch')
  const { stage } = world
  await world.wallet('POST', '/control/users', { id: 'alice', balance: String(OPENING) })
  await world.wallet('POST', '/wallet/users/alice/sign-up')
  const telling: Telling = { world, sales: [], refunds: [], code: await world.codeOf('alice') }
  for (const [number, step] of steps.entries()) {
    await play(telling, step, String(number).padStart(4, '0'))
    await stage.settle()
  }
  stage.faults.length = 0
  world.crashIn(Number.POSITIVE_INFINITY, 'before')
  await stage.advance(stage.clock.now() + REST_MS)
  return telling
}

async function play(telling: Telling, step: Step, number: string): Promise<void> {
  const { world, sales, refunds } = telling
  const { stage, desk } = world
  const of = 'pick' in step ? sales[step.pick % Math.max(1, sales.length)] : undefined
  switch (step.do) {
    case 'sell': {
      if (!step.usedCode) telling.code = await freshCode(world, telling.code)
      const amount = BigInt(step.amount)
      const order = `ORDER${number}`
      sales.push({
        order,
        amount,
        orderTime: world.sell(order, telling.code, amount, { terminal: step.till }),
      })
      return
    }
    case 'refund': {
      if (of === undefined) return
      const item = { order: `REFUND${number}`, orderTime: of.orderTime }
      refunds.push(item)
      const amount = (of.amount * BigInt(step.percent) + 99n) / 100n
      world.begin(
        unlessRefused(
          desk.refund({ ...item, of, amount }),
          () => void refunds.splice(refunds.indexOf(item), 1),
        ),
      )
      return
    }
    case 'reverse':
      if (of !== undefined) world.begin(unlessRefused(desk.reverse(of.order, of.orderTime, step.because)))
      return
    case 'void': {
      if (of === undefined) return
      const item = { order: `VOID${number}`, orderTime: of.orderTime }
      world.begin(unlessRefused(desk.voidSale({ ...item, of })))
      if (!step.undone) return
      await stage.settle()
      world.begin(unlessRefused(desk.undoVoid(item.order, item.orderTime)))
      return
    }
    case 'fault': {
      const { what, type, times, delayMs } = step
      stage.faults.push({ what, type, times, delayMs })
      return
    }
    case 'crash':
      return world.crashIn(step.steps, step.when)
    case 'wait':
      return stage.advance(stage.clock.now() + step.ms)
  }
}

/** The switch may be cut off while it makes the code: then the wallet goes on showing the one before. */
async function freshCode(world: FourParties, before: string): Promise<string> {
  let code = before
  world.begin(
    world.codeOf('alice').then(
      (fresh) => {
        code = fresh
      },
      () => undefined,
    ),
  )
  await world.stage.settle()
  return code
}

/** A till that will not do what it was told to has begun nothing. */
async function unlessRefused(work: Promise<unknown>, then = (): void => undefined): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof TillRefusal)) throw error
    then()
  }
}
