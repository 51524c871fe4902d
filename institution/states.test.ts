// The states of a payment as a table: every state can be reached, and an end has no way out. That the institution
// never leaves the table is proven by institution.test.ts, which reads its journal after every step.
import { expect, test } from 'vitest'
import { PAYMENT_NEXT, type PaymentState } from './records.ts'

const states = Object.keys(PAYMENT_NEXT) as PaymentState[]
const BEGINNINGS: readonly PaymentState[] = ['PENDING', 'SUCCESS', 'FAILED', 'FENCED']
const ENDS: readonly PaymentState[] = ['FAILED', 'CLOSED', 'REVERSED', 'REFUNDED', 'FENCED']

test('an end has no way out, and only an end has none', () => {
  expect(states.filter((state) => PAYMENT_NEXT[state].length === 0).sort()).toEqual([...ENDS].sort())
})

test('every state is a beginning or is reached from one', () => {
  const reached = new Set<PaymentState>(BEGINNINGS)
  for (const state of reached) for (const next of PAYMENT_NEXT[state]) reached.add(next)
  expect([...reached].sort()).toEqual([...states].sort())
})

test('a payment that was refunded is never reversed, nor the other way round', () => {
  for (const state of states)
    if (state !== 'SUCCESS' && state !== 'PENDING') expect(PAYMENT_NEXT[state]).not.toContain('REVERSED')
  expect(PAYMENT_NEXT.REVERSED).toEqual([])
})
