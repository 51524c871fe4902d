// The generators: what they call right is taken by the codec and comes back unchanged, and what they call wrong is refused
// at the field they name.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldsOf, message, nearlyRight } from './arbitraries.ts'
import { MESSAGE_TYPES } from './testing.ts'
import { decode, encode, MESSAGES } from './wire.ts'

describe.each(MESSAGE_TYPES)('%s', (type) => {
  test('what is right goes through the codec and back', () => {
    fc.assert(
      fc.property(fieldsOf(type), (fields) => {
        expect(decode(type, encode(type, fields))).toEqual({ message: { type, fields } })
      }),
      { numRuns: 40 },
    )
  })

  test('what is wrong in one field is refused there', () => {
    fc.assert(
      fc.property(nearlyRight(type), ({ members, wrong }) => {
        const read = decode(type, Buffer.from(JSON.stringify(members)))
        expect('fault' in read ? read.fault.field : 'taken').toBe(wrong.field)
      }),
      { numRuns: 60 },
    )
  })
})

test('every type comes up', () => {
  const types = new Set(fc.sample(message(), 2000).map(({ type }) => type))
  expect([...types].sort()).toEqual(Object.keys(MESSAGES).sort())
})
