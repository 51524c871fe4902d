// Certificates and revocation lists: what is written reads back, what is not strict is refused with its place, and a chain is
// believed only where everything in it holds.
import { describe, expect, it } from 'vitest'
import {
  type CertificateRequest,
  certifies,
  concat,
  generateKeyPair,
  type PrivateKey,
  publicHalf,
  readRevocationList,
  readX509,
  rsaTestKey,
  Secret,
  sm3,
  testAuthority,
  toBase64,
  utf8,
  verifyChain,
  writePem,
  type X509,
} from './crypto.ts'
import { type Bytes, fromHex, toHex } from './bytes.ts'
import { writeTlv } from './der.ts'
import { children, readDer } from './der-tree.ts'
import { explicit, sequence } from './der-write.ts'
import { publicPoint } from './sm2-curve.ts'
import { encoded } from './x509-parts.ts'

const NOON = Date.UTC(2026, 5, 15, 4)
const DAY_MS = 24 * 3600 * 1000
const YEAR_MS = 365 * DAY_MS

type SmKey = Extract<PrivateKey, { suite: 'sm' }>
const smKey = (name: string): SmKey => {
  const d = sm3(utf8(name))
  return { suite: 'sm', key: new Secret(d), publicKey: publicPoint(d) }
}
const key = smKey('an end')
const sm = testAuthority('sm')
const request: CertificateRequest = {
  commonName: '30580001:SIGN',
  use: 'sign',
  key: publicHalf(key),
  serial: '6800000001',
  notBefore: NOON - YEAR_MS,
  notAfter: NOON + 30 * YEAR_MS,
}
const issued = (change: Partial<CertificateRequest> = {}, by = sm): X509 => {
  const own = by.root.key.suite === 'rsa' ? publicHalf(rsaTestKey('4')) : publicHalf(key)
  return certificate(by.issue({ ...request, key: own, ...change }))
}

function certificate(bytes: Bytes): X509 {
  const read = readX509(bytes)
  if (read.kind === 'refused') throw new Error(`${read.en} at ${read.at}`)
  return read
}

describe('a certificate', () => {
  it('reads back as it was asked for, from DER and from PEM', () => {
    const read = issued()
    expect(read).toMatchObject({
      serial: '6800000001',
      serialHex: '1954fc401',
      algorithm: 'sm2WithSm3',
      notBefore: request.notBefore,
      // Beyond 2049 the time is written in another form.
      notAfter: request.notAfter,
      key: { suite: 'sm', publicKey: key.publicKey },
      keyUsage: ['digitalSignature', 'nonRepudiation'],
    })
    expect(read.subject.text).toBe('C=CN, O=Sifang TEST network, CN=30580001:SIGN')
    expect(read.subject.commonName).toBe('30580001:SIGN')
    expect(read.issuer.text).toBe('C=CN, O=Sifang TEST network, CN=Sifang TEST network Issuing')
    expect(read.authority).toBeUndefined()
    const again = certificate(utf8(writePem('CERTIFICATE', read.der).replaceAll('\n', '\r\n')))
    expect(again).toEqual(read)
    expect(issued({ use: 'encrypt' }).keyUsage).toEqual(['keyEncipherment', 'dataEncipherment'])
    expect(sm.issuing).toMatchObject({ authority: { pathLength: 0 }, keyUsage: ['keyCertSign', 'cRLSign'] })
  })

  it('has the same bytes every time, and others for another request', () => {
    expect(toHex(issued().der)).toBe(toHex(issued().der))
    expect(toHex(issued({ serial: '6800000002' }).der)).not.toBe(toHex(issued().der))
  })

  it('is about one key of any suite', async () => {
    const shared = await generateKeyPair('sm3-shared', () => new Uint8Array(32).fill(9))
    const another = await generateKeyPair('sm3-shared', () => new Uint8Array(32).fill(8))
    const keys = [publicHalf(key), publicHalf(smKey('another')), publicHalf(rsaTestKey('3')), shared, another]
    for (const one of keys) {
      const read = issued({ key: one })
      expect(keys.map((of) => certifies(read, of))).toEqual(keys.map((of) => of === one))
    }
    if (shared.suite !== 'sm3-shared') return expect.unreachable('it was asked for')
    expect(toHex(issued({ key: shared }).der)).not.toContain(toHex(shared.key.reveal()))
  })

  it('is refused when a single bit outside its signature or key is another, or is no longer believed', () => {
    const { der } = issued()
    const lists = sm.lists(NOON, [])
    let refused = 0
    for (let bit = 0; bit < der.length * 8; bit += 3) {
      const flipped = Uint8Array.from(der)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
      const read = readX509(flipped)
      if (read.kind === 'refused') refused++
      else expect(verifyChain(read, [sm.issuing], [sm.root], lists, NOON)).toBeDefined()
    }
    expect(refused).toBeGreaterThan(100)
  })

  it('is refused when it is cut anywhere, or when something follows it', () => {
    const { der } = issued()
    for (let length = 0; length < der.length; length++)
      expect(readX509(der.subarray(0, length)).kind).toBe('refused')
    expect(readX509(concat(der, Uint8Array.of(0))).kind).toBe('refused')
  })
})

// The members of what is signed, changed; what is read is refused before anybody looks at the signature.
function rebuilt(change: (fields: Bytes[]) => Bytes[]): Bytes {
  const [tbs, algorithm, signature] = children(readDer(issued().der))
  if (tbs === undefined || algorithm === undefined || signature === undefined)
    throw new Error('three members')
  return sequence(sequence(...change(children(tbs).map(encoded))), encoded(algorithm), encoded(signature))
}
const VERSION = 0
const SERIAL = 1
const ALGORITHM = 2
const VALIDITY = 4
const SUBJECT = 5
const SPKI = 6
const EXTENSIONS = 7
const extensionsIn = (field: Bytes): Bytes[] => {
  const [list] = children(readDer(field))
  return list === undefined ? [] : children(list).map(encoded)
}
const validity = (from: string, to: string, tag = 0x17): Bytes =>
  sequence(writeTlv(tag, utf8(from)), writeTlv(tag, utf8(to)))
const number = (...bytes: readonly number[]): Bytes => writeTlv(2, Uint8Array.from(bytes))

describe('a reader that is strict', () => {
  it('takes what rebuilt leaves alone', () => {
    expect(toHex(rebuilt((fields) => fields))).toBe(toHex(issued().der))
  })

  it.each<[string, (fields: Bytes[]) => Bytes[], string]>([
    ['version 1', (f) => f.slice(1), 'version 3'],
    ['version 2', (f) => f.with(VERSION, explicit(0, number(1))), 'version 3'],
    ['a negative serial number', (f) => f.with(SERIAL, number(0x80)), 'is negative'],
    ['the serial number 0', (f) => f.with(SERIAL, number(0)), 'is 0'],
    ['a padded serial number', (f) => f.with(SERIAL, number(0, 1)), 'shortest form'],
    [
      'a serial number of 21 bytes',
      (f) => f.with(SERIAL, number(...new Uint8Array(21).fill(1))),
      'longer than 20 bytes',
    ],
    [
      'SHA-1',
      (f) => f.with(ALGORITHM, fromHex('300d06092a864886f70d0101050500')),
      'another than the one outside',
    ],
    [
      'notAfter before notBefore',
      (f) => f.with(VALIDITY, validity('260101000000Z', '250101000000Z')),
      'notAfter is before notBefore',
    ],
    ['31 February', (f) => f.with(VALIDITY, validity('260231000000Z', '270101000000Z')), 'is no real time'],
    [
      'a time with an offset',
      (f) => f.with(VALIDITY, validity('260101000000+0800', '270101000000Z')),
      'must be YYMMDDHHMMSSZ',
    ],
    [
      'a year before 2050 in four digits',
      (f) => f.with(VALIDITY, validity('20260101000000Z', '20270101000000Z', 0x18)),
      'must be a UTCTime',
    ],
    ['a subject with two common names', (f) => f.with(SUBJECT, doubled(f[SUBJECT])), 'two common names'],
    ['a point off the curve', (f) => f.with(SPKI, spoiledPoint(f[SPKI])), 'no point of sm2p256v1'],
    ['no extensions', (f) => f.slice(0, EXTENSIONS), 'the extensions and nothing else'],
    ['an empty list of extensions', (f) => f.with(EXTENSIONS, explicit(3, sequence())), 'is empty'],
    [
      'an extension twice',
      (f) =>
        f.with(
          EXTENSIONS,
          withExtensions(f, (all) => [...all, all[0] ?? all[1] ?? new Uint8Array()]),
        ),
      'is there twice',
    ],
    [
      'a critical extension that nobody knows',
      (f) =>
        f.with(
          EXTENSIONS,
          withExtensions(f, (all) => [...all, fromHex('300b06022a030101ff04020500')]),
        ),
      'is critical and not known',
    ],
    [
      'critical written FALSE',
      (f) =>
        f.with(
          EXTENSIONS,
          withExtensions(f, (all) => [...all, fromHex('300b06022a0301010004020500')]),
        ),
      'must be TRUE',
    ],
    [
      'keyUsage without a bit',
      (f) =>
        f.with(
          EXTENSIONS,
          withExtensions(f, () => [fromHex('300b0603551d0f040403020700')]),
        ),
      'no list of bits',
    ],
    [
      'an issuerUniqueID',
      (f) => [...f.slice(0, EXTENSIONS), fromHex('81020000'), ...f.slice(EXTENSIONS)],
      'the extensions and nothing else',
    ],
  ])('refuses %s', (_, change, because) => {
    const read = readX509(rebuilt(change))
    if (read.kind !== 'refused') return expect.unreachable('it was read')
    expect(read.en).toContain(because.replace('no list of bits', 'not a list of bits'))
    expect(read.zh).not.toBe('')
    expect(read.at).toBeGreaterThan(0)
  })

  it.each([
    ['another label', writePem('PUBLIC KEY', issued().der), 'one PEM block labelled CERTIFICATE'],
    ['two blocks', writePem('CERTIFICATE', issued().der).repeat(2), 'there are 2 blocks'],
    [
      'base64 that is not strict',
      writePem('CERTIFICATE', issued().der).replace('M', '*'),
      'not strict base64',
    ],
  ])('refuses a PEM with %s', (_, text, because) => {
    expect(readX509(utf8(text))).toMatchObject({
      kind: 'refused',
      en: expect.stringContaining(because) as string,
    })
  })

  it('refuses what is not DER, with its place', () => {
    const long = concat(fromHex('3080'), issued().der.subarray(4), fromHex('0000'))
    expect(readX509(long)).toMatchObject({
      kind: 'refused',
      at: 0,
      zh: expect.stringContaining('DER') as string,
    })
    expect(readX509(utf8(toBase64(issued().der))).kind).toBe('refused')
    expect(readX509(new Uint8Array(70_000)).kind).toBe('refused')
  })
})

function doubled(subject: Bytes = new Uint8Array()): Bytes {
  const parts = children(readDer(subject)).map(encoded)
  return sequence(...parts, parts.at(-1) ?? new Uint8Array())
}
function spoiledPoint(spki: Bytes = new Uint8Array()): Bytes {
  return spki.with(spki.length - 1, (spki.at(-1) ?? 0) ^ 1)
}
function withExtensions(fields: readonly Bytes[], change: (all: Bytes[]) => Bytes[]): Bytes {
  return explicit(3, sequence(...change(extensionsIn(fields[EXTENSIONS] ?? new Uint8Array()))))
}

describe('a revocation list', () => {
  const revoked = [
    { serial: '6800000003', at: NOON - 1000, reason: 'superseded' },
    { serial: '6800000004', at: NOON - 2000, reason: 'certificateHold' },
  ]
  const [, list] = sm.lists(NOON, revoked)
  const der = list?.der ?? new Uint8Array()

  it('reads back, from DER and from PEM', () => {
    const read = readRevocationList(utf8(writePem('X509 CRL', der)))
    expect(read).toEqual(list)
    expect(list?.thisUpdate).toBeLessThanOrEqual(NOON)
    expect(list?.nextUpdate).toBeGreaterThan(NOON)
    expect([...(list?.revoked.entries() ?? [])].map(([serial, { reason }]) => `${serial} ${reason}`)).toEqual(
      ['6800000003 superseded', '6800000004 certificateHold'],
    )
    const [, next] = sm.lists(NOON + 7 * DAY_MS, revoked)
    expect(BigInt(next?.number ?? 0)).toBeGreaterThan(BigInt(list?.number ?? 0))
  })

  it('is refused when it is cut, when something follows, and when an entry is there twice', () => {
    for (let length = 0; length < der.length; length += 5)
      expect(readRevocationList(der.subarray(0, length)).kind).toBe('refused')
    expect(readRevocationList(concat(der, Uint8Array.of(5, 0))).kind).toBe('refused')
    expect(readRevocationList(issued().der).kind).toBe('refused')
    const [first] = revoked
    if (first === undefined) return expect.unreachable('there are two')
    expect(() => sm.lists(NOON, [first, first])).toThrow('is there twice')
    expect(() => sm.lists(NOON, [{ ...first, reason: 'a whim' }])).toThrow("got 'a whim'")
  })
})
