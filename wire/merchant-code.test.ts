// facts/unionpay 4.4, EMVCo merchant codes: whatever a camera reads ends in an answer or in a refusal that names its place;
// what is read is what was written; and one character changed anywhere is never read as the same code.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crcOf, readMerchantCode } from './wire.ts'

const HOSTS = ['qr.95516.com']
const tag = (id: string, value: string): string => id + String(value.length).padStart(2, '0') + value
const sealed = (body: string): string => `${body}6304${crcOf(`${body}6304`)}`
const HEAD = tag('00', '01') + tag('01', '12') + tag('15', '4802000148020001777290058110048')
const GOOD = sealed(
  `${HEAD + tag('52', '5411') + tag('53', '156') + tag('54', '8.8') + tag('58', 'CN')}${tag('59', 'SIFANG SHOP')}${tag('60', 'BEIJING')}${tag('62', tag('01', 'BILL0001'))}`,
)

test('the checksum is the public one', () => {
  // CRC-16/CCITT-FALSE of the digits 1 to 9.
  expect(crcOf('123456789')).toBe('29B1')
})

test('a whole code is read as it was written', () => {
  expect(readMerchantCode(GOOD, HOSTS)).toEqual({
    kind: 'code',
    code: {
      form: 'tlv',
      kind: 'DYNAMIC',
      acquirer: '48020001',
      merchant: '777290058110048',
      currency: '156',
      amount: 880n,
      claimedName: 'SIFANG SHOP',
      bill: 'BILL0001',
    },
  })
  expect(readMerchantCode('https://qr.95516.com/00010001/62071234567890', HOSTS)).toEqual({
    kind: 'code',
    code: { form: 'address', institution: '00010001', number: '62071234567890' },
  })
})

const scanned = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }).map((text) => `00${text}`),
  fc.string({ unit: 'binary-ascii', maxLength: 300 }).map(sealed),
  fc.tuple(fc.nat(GOOD.length), fc.string({ maxLength: 4 })).map(([at, text]) => GOOD.slice(0, at) + text),
  fc.string({ maxLength: 60 }).map((text) => `https://${text}`),
  fc
    .tuple(fc.nat(99), fc.string({ maxLength: 40 }))
    .map(([length, text]) => sealed(`${HEAD}59${String(length).padStart(2, '0')}${text}`)),
)

test('any text ends in an answer or in a refusal that names its place', () => {
  fc.assert(
    fc.property(scanned, (text) => {
      const read = readMerchantCode(text, HOSTS)
      if (read.kind === 'code') return
      expect(read.field.length).toBeGreaterThan(0)
      expect(read.offset).toBeGreaterThanOrEqual(0)
      expect(read.offset).toBeLessThanOrEqual(text.length)
      expect(read.rule.zh.length * read.rule.en.length).toBeGreaterThan(0)
    }),
    { numRuns: 3000 },
  )
})

test('one character changed is never the same code', () => {
  fc.assert(
    fc.property(fc.nat(GOOD.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
      fc.pre(other !== GOOD[at])
      const changed = GOOD.slice(0, at) + other + GOOD.slice(at + 1)
      expect(readMerchantCode(changed, HOSTS)).toMatchObject({ kind: 'refused' })
    }),
    { numRuns: 1000 },
  )
})

test('no address but one on a host of the network is taken', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (address) => {
      const read = readMerchantCode(address, HOSTS)
      expect(read).toMatchObject({ kind: 'refused', class: 'REJ-ROUTE' })
    }),
    { numRuns: 500 },
  )
})
