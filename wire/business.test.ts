// sources/004, 四码一号: twenty digits in five parts, whatever the parts; a wrong one is refused with its part named.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { businessFor, PROFILES, readBusiness, writeBusiness } from './wire.ts'

const SIM = PROFILES['sim'] ?? expect.fail('sim')
const CODE = '01020304010607080910'

test('the parts of the code, and the same business for another action', () => {
  expect(readBusiness(SIM, CODE)).toEqual({
    kind: 'business',
    business: { product: '01020', mode: '304', action: '01', channel: '0607', outlet: '080910' },
  })
  expect(businessFor(SIM, CODE, 'refund')).toBe('01020304020607080910')
})

const part = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length - 1}}[1-9]$`))

test('what is written is read back part by part', () => {
  const parts = fc.record({
    product: part(5),
    mode: part(3),
    action: fc.constantFrom('01', '02', '03', '04', '05', '06'),
    channel: part(4),
    outlet: part(6),
  })
  fc.assert(
    fc.property(parts, (business) => {
      expect(readBusiness(SIM, writeBusiness(SIM, business))).toEqual({ kind: 'business', business })
    }),
  )
})

test.each([
  ['0102030401060708091', 'business'],
  ['0102030401060708091x', 'business'],
  ['00000304010607080910', 'product'],
  ['01020000010607080910', 'mode'],
  ['01020304990607080910', 'action'],
  ['01020304010000080910', 'channel'],
])('%s is refused for its %s', (code, field) => {
  expect(readBusiness(SIM, code)).toMatchObject({ kind: 'refused', field })
})

test('a part of another length is nobody’s code', () => {
  const business = { product: '0102', mode: '3040', action: '01', channel: '0607', outlet: '080910' }
  expect(() => writeBusiness(SIM, business)).toThrow('a part')
})
