// The sorted list against the plain one that is sorted anew each time.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sorted } from './sorted.ts'

const byNumber = (a: number, b: number): number => a - b

test('a sorted list is the plain list, sorted', () => {
  const numbers = fc.array(fc.nat(4_000), { maxLength: 6_000, size: 'max' })
  fc.assert(
    fc.property(numbers, fc.func(fc.boolean()), fc.nat(4_000), (added, isRemoved, bound) => {
      const list = sorted(byNumber)
      const plain = [...new Set(added)]
      for (const number of plain) list.add(number)
      const removed = plain.filter((number) => isRemoved(number))
      for (const number of [...removed, 5_000]) list.remove(number)
      const left = plain.filter((number) => !removed.includes(number)).toSorted(byNumber)
      expect([...list.from(-1)]).toEqual(left)
      expect([...list.from(bound)]).toEqual(left.filter((number) => number >= bound))
      expect(list.first()).toBe(left[0])
    }),
    { numRuns: 30 },
  )
})
