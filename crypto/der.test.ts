// The strict DER of a signature and of a ciphertext: one encoding for each, and nothing else reads.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from './bytes.ts'
import { readCiphertextDer, readSignatureDer, writeCiphertextDer, writeSignatureDer } from './der.ts'

// Numbers with up to 31 leading zero bytes, never zero.
const number = (): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: 1, maxLength: 32 }).map((digits) => {
    const padded = new Uint8Array(32)
    padded.set(digits, 32 - digits.length)
    if (padded.every((byte) => byte === 0)) padded[31] = 1
    return padded
  })

const raw = (): fc.Arbitrary<Uint8Array> =>
  fc.tuple(number(), number()).map(([r, s]) => Uint8Array.from([...r, ...s]))

describe('writing and reading', () => {
  it('returns what was written, leading zeros and all', () => {
    const returns = (rs: Uint8Array): void => expect(readSignatureDer(writeSignatureDer(rs))).toEqual(rs)
    fc.assert(fc.property(raw(), (rs) => void returns(rs)))
  })

  it('knows one encoding: whatever reads is written back byte for byte', () => {
    const mutated = fc.tuple(raw(), fc.nat(71), fc.nat(255)).map(([rs, at, byte]) => {
      const der = writeSignatureDer(rs)
      der[at % der.length] = byte
      return der
    })
    fc.assert(
      fc.property(mutated, (der) => {
        const read = readSignatureDer(der)
        if (read !== undefined) expect(toHex(writeSignatureDer(read))).toBe(toHex(der))
      }),
      { numRuns: 2000 },
    )
  })

  it('never reads a part and never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(raw(), fc.nat(71), (rs, length) => {
        const der = writeSignatureDer(rs)
        if (length < der.length) expect(readSignatureDer(der.slice(0, length))).toBeUndefined()
      }),
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (der) => void readSignatureDer(der)))
  })

  it('adds the zero that keeps a number positive, and only then', () => {
    const rs = fromHex('80'.padEnd(64, '0') + '7f'.padEnd(64, '0'))
    expect(toHex(writeSignatureDer(rs))).toBe(`3045022100${'80'.padEnd(64, '0')}0220${'7f'.padEnd(64, '0')}`)
  })
})

describe('what does not read', () => {
  const refused = {
    'no bytes': '',
    'a lone tag': '30',
    'an empty SEQUENCE': '3000',
    'one INTEGER': '3003020101',
    'three INTEGERs': '3009020101020101020101',
    'a SET': '3106020101020101',
    'an OCTET STRING for r': '3006040101020101',
    'an OCTET STRING for s': '3006020101040101',
    'an empty INTEGER': '30050200020101',
    'a negative r': '3006020180020101',
    'a negative s': '30060201010201ff',
    'r = 0': '3006020100020101',
    's = 0': '3006020101020100',
    'a padded r': '300702020001020101',
    'a padded s': '300702010102020001',
    'the long form for the SEQUENCE': '308106020101020101',
    'the long form for r': '300702810101020101',
    'the indefinite form': '30800201010201010000',
    'a byte after the SEQUENCE': '300602010102010100',
    'a byte inside, after s': '300702010102010100',
    'a SEQUENCE longer than the bytes': '3007020101020101',
    'an INTEGER longer than the bytes': '3006020101020201',
    'r of 33 digits': `3026022101${'00'.repeat(32)}020101`,
    'r of 33 bytes, padded without need': `302602210001${'00'.repeat(31)}020101`,
  }
  for (const [what, hex] of Object.entries(refused)) {
    it(what, () => expect(readSignatureDer(fromHex(hex))).toBeUndefined())
  }

  it('reads the smallest signature there is, so that the list above fails for its own reasons', () => {
    expect(readSignatureDer(fromHex('3006020101020101'))).toEqual(fromHex('01'.padStart(64, '0').repeat(2)))
  })

  it('names the argument', () => {
    expect(() => writeSignatureDer(new Uint8Array(63))).toThrow('raw must be 64 bytes, got 63')
    expect(() => writeSignatureDer(new Uint8Array(64))).toThrow(
      'raw must hold two positive numbers, one is 0',
    )
    const text: unknown = '30'
    expect(() => readSignatureDer(text as Uint8Array)).toThrow('der must be bytes, got string')
  })
})

describe('a ciphertext', () => {
  // Coordinates may be zero, and lengths cross 128, 256 and 65,536 on the way.
  const lengths = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(65_535, 65_536))
  const parts = fc.record({
    point: fc.oneof(raw(), fc.constant(new Uint8Array(64)), fc.uint8Array({ minLength: 64, maxLength: 64 })),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    cipher: lengths.map((length) => new Uint8Array(length).fill(7)),
  })

  // Arrays of 65,536 numbers take a second to compare, texts do not.
  const hexOf = (read: {
    readonly point: Uint8Array
    readonly hash: Uint8Array
    readonly cipher: Uint8Array
  }) => [read.point, read.hash, read.cipher].map(toHex)

  it('returns what was written, leading zeros and all', () => {
    fc.assert(
      fc.property(parts, (written) => {
        const read = readCiphertextDer(writeCiphertextDer(written))
        expect(read && hexOf(read)).toEqual(hexOf(written))
      }),
    )
  })

  it('knows one encoding: whatever reads is written back byte for byte', () => {
    fc.assert(
      fc.property(parts, fc.nat(110), fc.nat(255), (written, at, byte) => {
        const der = writeCiphertextDer(written)
        der[at % der.length] = byte
        const read = readCiphertextDer(der)
        if (read !== undefined) expect(toHex(writeCiphertextDer(read))).toBe(toHex(der))
      }),
      { numRuns: 500 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (der) => void readCiphertextDer(der)))
  })

  const hash = `0420${'11'.repeat(32)}`
  const refused = {
    'no bytes': '',
    'a SET': `312b020101020102${hash}040122`,
    'three members': `3028020101020102${hash}`,
    'five members': `302e020101020102${hash}0401220500`,
    'a negative x': `302b020180020102${hash}040122`,
    'a padded y': `302c02010102020001${hash}040122`,
    'a hash of 31 bytes': `302a020101020102041f${'11'.repeat(31)}040122`,
    'a hash of 33 bytes': `302c0201010201020421${'11'.repeat(33)}040122`,
    'the cipher before the hash': `302b020101020102040122${hash}`,
    'an INTEGER for the cipher': `302b020101020102${hash}020122`,
    'the long form without need': `30812b020101020102${hash}040122`,
    'the long form of the cipher': `302c020101020102${hash}04810122`,
    'the indefinite form': `3080020101020102${hash}0401220000`,
    'a byte after the SEQUENCE': `302b020101020102${hash}04012200`,
    'a byte after the cipher, inside': `302c020101020102${hash}04012200`,
    'a length of four bytes': `30840000002b020101020102${hash}040122`,
  }
  for (const [what, hex] of Object.entries(refused)) {
    it(`${what} does not read`, () => expect(readCiphertextDer(fromHex(hex))).toBeUndefined())
  }

  it('reads the smallest one, so that the list above fails for its own reasons', () => {
    expect(readCiphertextDer(fromHex(`302b020101020102${hash}040122`))?.cipher).toEqual(fromHex('22'))
  })
})
