// Key files from anywhere: every form that OpenSSL writes (vectors/key-files.json, all of one published key), our own, and
// what must be refused in a sentence. Whatever the bytes, nothing but a value comes back.
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Bytes,
  concat,
  fromBase64,
  fromHex,
  generateKeyPair,
  type KeyFile,
  type KeyFileRefusal,
  readKeyFile,
  Secret,
  sm3,
  toBase64,
  toHex,
  utf8,
  writePem,
  writePkcs8,
  writeSpki,
} from './crypto.ts'
import { writeTlv } from './der.ts'
import { publicPoint } from './sm2-curve.ts'
import stored from './vectors/key-files.json' with { type: 'json' }

// GB/T 32918.5, annex A.
const D = '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8'
const PUBLIC =
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'
const pair = { suite: 'sm', key: new Secret(fromHex(D)), publicKey: fromHex(PUBLIC) } as const

type Stored = { readonly password?: string; readonly text?: string; readonly base64?: string }
const files: ReadonlyMap<string, Stored> = new Map(Object.entries(stored))

function bytesOf(name: string): Bytes {
  const file = files.get(name)
  const bytes = file?.text === undefined ? fromBase64(file?.base64 ?? '-') : utf8(file.text)
  return bytes ?? expect.unreachable(`${name} is among the files`)
}

function read(name: string): KeyFile | KeyFileRefusal {
  const password = files.get(name)?.password
  return readKeyFile(bytesOf(name), password === undefined ? undefined : new Secret(password, '[password]'))
}

describe('what OpenSSL writes', () => {
  const CERTIFIED = 'a certificate and a private key in PKCS#8, in a PFX file'
  it.each([
    ['pkcs8.pem', 'a private key in PKCS#8, in PEM'],
    ['sec1.pem', 'a private key in SEC 1 (EC PRIVATE KEY), in PEM'],
    ['sec1.der', 'a private key in SEC 1 (EC PRIVATE KEY), in DER'],
    ['pkcs8.der', 'a private key in PKCS#8, in DER'],
    ['encrypted.pem', 'a private key in PKCS#8, locked with a password, in PEM'],
    ['encrypted.der', 'a private key in PKCS#8, locked with a password, in DER'],
    ['aes.pfx', CERTIFIED],
    ['sm4.pfx', CERTIFIED],
    ['chain.pfx', CERTIFIED],
    ['unlocked.pfx', CERTIFIED],
  ])('%s is found to be %s, and gives the pair', (name, found) => {
    const key = read(name)
    if (key.kind === 'refused') return expect.unreachable(key.because)
    expect(key.found).toBe(found)
    expect(key.privateKey && toHex(key.privateKey.key.reveal())).toBe(D)
    expect(toHex(key.publicKey)).toBe(PUBLIC)
    expect(inspect(key, { depth: null, showHidden: true })).not.toContain(D.slice(0, 16))
  })

  it.each([
    ['spki.pem', 'a public key in SubjectPublicKeyInfo, in PEM'],
    ['spki.der', 'a public key in SubjectPublicKeyInfo, in DER'],
    ['certificate.pem', 'a certificate, in PEM'],
    ['certificate.der', 'a certificate, in DER'],
  ])('%s is found to be %s, and gives the public key', (name, found) => {
    expect(read(name)).toMatchObject({ kind: 'key', found, publicKey: fromHex(PUBLIC) })
    expect(read(name)).not.toHaveProperty('privateKey')
  })

  it('a certificate says who, by whom, when and under which number', () => {
    expect(read('aes.pfx')).toMatchObject({
      certificate: {
        subject: 'C=CN, O=四方, CN=测试',
        issuer: 'C=CN, O=四方, CN=测试',
        notBefore: expect.stringMatching(/^20\d\d-\d\d-\d\dT/) as string,
        serialHex: 'f123456789abcdef0011',
        serialDecimal: BigInt('0xf123456789abcdef0011').toString(),
        sm3: toHex(sm3(bytesOf('certificate.der'))),
      },
    })
  })

  it('the certificates of others in a PFX are counted, a missing MAC is said', () => {
    expect(read('chain.pfx')).toMatchObject({ notes: ['certificates of others beside it: 1'] })
    expect(read('unlocked.pfx')).toMatchObject({ notes: ['it has no MAC: nothing shows that it is whole'] })
  })

  it('and our own forms are byte for byte the same', () => {
    expect(writePem('PRIVATE KEY', writePkcs8(pair))).toBe(files.get('pkcs8.pem')?.text)
    expect(writePem('PUBLIC KEY', writeSpki(pair.publicKey))).toBe(files.get('spki.pem')?.text)
  })
})

describe('what is written by hand', () => {
  it.each([
    ['64 digits', D, 'a private key in bare hex'],
    ['64 capital digits, spaces and a line end', ` ${D.toUpperCase()}\r\n`, 'a private key in bare hex'],
    ['130 digits', PUBLIC, 'a public key in bare hex'],
    ['130 digits behind 0x', `0x${PUBLIC}`, 'a public key in bare hex'],
    ['128 digits', PUBLIC.slice(2), 'a public key in bare hex, without its 04'],
    ['base64 of DER', toBase64(bytesOf('pkcs8.der')), 'a private key in PKCS#8, in the base64 of DER'],
    ['PEM behind a byte order mark, with remarks', `\ufeff我的钥\n${files.get('spki.pem')?.text}`, 'PEM'],
    ['PEM with DOS line ends', (files.get('spki.pem')?.text ?? '').replaceAll('\n', '\r\n'), 'PEM'],
    ['a key and its certificate', ['pkcs8.pem', 'certificate.pem'].map(text).join(''), 'and a certificate'],
    [
      'a key between its certificate and another',
      ['other-certificate.pem', 'certificate.pem', 'pkcs8.pem'].map(text).join(''),
      'PEM',
    ],
  ])('%s', (_what, written, found) => {
    expect(readKeyFile(utf8(written))).toMatchObject({
      kind: 'key',
      found: expect.stringContaining(found) as string,
      publicKey: fromHex(PUBLIC),
    })
  })

  it('any pair comes back from each of our forms, leading zeros and all', async () => {
    const digits = fc.uint8Array({ minLength: 1, maxLength: 32 })
    const returns = async (bytes: Bytes): Promise<void> => {
      const drawn = concat(new Uint8Array(32 - bytes.length), bytes)
      const key = await generateKeyPair('sm', () => drawn)
      if (key.suite !== 'sm') return expect.unreachable('asked for sm')
      const forms = [
        writePkcs8(key),
        utf8(writePem('PRIVATE KEY', writePkcs8(key))),
        utf8(toHex(drawn)),
        writeSpki(key.publicKey),
        utf8(toHex(key.publicKey)),
      ]
      for (const [index, form] of forms.entries()) {
        const again = readKeyFile(form)
        expect(again).toMatchObject({ kind: 'key', publicKey: key.publicKey })
        if (index < 3 && again.kind === 'key') expect(again.privateKey?.key.reveal()).toEqual(drawn)
      }
    }
    const nonzero = digits.filter((bytes) => bytes.some((byte) => byte !== 0))
    await fc.assert(fc.asyncProperty(nonzero, returns), { numRuns: 40 })
  })

  it.each([
    ['without its leading zeros', fromHex('0102'), 2],
    ['with a zero too many, as an INTEGER would have', concat(Uint8Array.of(0), fromHex(D)), 33],
  ])('a private number %s is read, and that is said', (_what, written, length) => {
    const d = written.length === 2 ? concat(new Uint8Array(30), written) : fromHex(D)
    expect(readKeyFile(sec1(written, publicPoint(d)))).toMatchObject({
      kind: 'key',
      publicKey: publicPoint(d),
      notes: [`its private number was written in ${length} bytes instead of 32`],
    })
  })
})

describe('what is refused, and what to do about it', () => {
  const other = publicPoint(sm3(utf8('another')))
  const off = Uint8Array.from(fromHex(PUBLIC))
  off[64] = 0
  const n = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'
  const cases: readonly (readonly [string, Bytes, RegExp, RegExp])[] = [
    ['nothing', new Uint8Array(0), /^the file is empty$/, /PEM, DER or PFX/],
    ['a megabyte and more', new Uint8Array(1024 * 1024 + 1), /larger than 1 MiB/, /PEM/],
    ['prose', utf8('my key'), /neither PEM, nor hex, nor the base64/, /64 digits/],
    ['63 digits', utf8(D.slice(1)), /^63 hex digits are neither/, /128 or 130/],
    ['zero', utf8('0'.repeat(64)), /not from 1 to n - 2/, /keys new/],
    ['n', utf8(n), /not from 1 to n - 2/, /keys new/],
    ['a point off the curve', utf8(toHex(off)), /not on the curve/, /damaged/],
    ['a compressed point', utf8(`03${PUBLIC.slice(2, 66)}`), /compressed/, /uncompressed/],
    ['130 digits without 04', utf8(`05${PUBLIC.slice(2)}`), /must be 04 and two coordinates/, /./],
    ['the public key of another inside', sec1(fromHex(D), other), /does not belong to the private/, /right/],
    [
      'a key and the certificate of another',
      utf8(['pkcs8.pem', 'other-certificate.pem'].map(text).join('')),
      /no certificate in the file belongs/,
      /right certificate/,
    ],
    [
      'a key and the public key of another',
      utf8(text('pkcs8.pem') + writePem('PUBLIC KEY', writeSpki(other))),
      /does not belong/,
      /./,
    ],
    ['two private keys', utf8(text('pkcs8.pem') + pemOf(sm3(utf8('b')))), /two private keys/, /of its own/],
    [
      'only parameters',
      utf8('-----BEGIN EC PARAMETERS-----\nBggqgRzPVQGCLQ==\n-----END EC PARAMETERS-----\n'),
      /holds no key/,
      /./,
    ],
    ['a block without its end', utf8(text('pkcs8.pem').slice(0, -20)), /block 1 has no END line/, /./],
    ['a block that is not base64', utf8(text('pkcs8.pem').replace('MIGH', 'M!GH')), /not strict base64/, /./],
    [
      'another label',
      utf8(text('pkcs8.pem').replaceAll('PRIVATE KEY', 'PGP MESSAGE')),
      /labelled PGP MESSAGE/,
      /./,
    ],
    [
      'the old lock',
      utf8(
        '-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMA==\n-----END EC PRIVATE KEY-----',
      ),
      /Proc-Type/,
      /openssl pkcs8 -topk8/,
    ],
    [
      'an ECPrivateKey without its curve',
      writeTlv(0x30, writeTlv(2, Uint8Array.of(1)), writeTlv(4, fromHex(D))),
      /does not name its curve/,
      /topk8/,
    ],
    ['a request', bytesOf('request.pem'), /certificate request/, /issued/],
    ['a request in DER', bytesOf('request.der'), /certificate request/, /issued/],
    ['a key on P-256', bytesOf('p256.pem'), /curve P-256 \(1\.2\.840\.10045\.3\.1\.7\)/, /keys new/],
    ['an Ed25519 key', bytesOf('ed25519.pem'), /an Ed25519 key/, /keys new/],
    ['an RSA key', bytesOf('rsa.pem'), /an RSA key/, /keys new/],
    ['an RSA key in PKCS#1', bytesOf('rsa-pkcs1.der'), /an RSA key/, /./],
    ['a compressed key from OpenSSL', bytesOf('compressed.pem'), /compressed/, /ec_conv_form/],
    ['a curve in numbers', bytesOf('explicit.pem'), /spelled out in numbers/, /named_curve/],
    [
      'a .sm2 file of CFCA',
      writeTlv(
        0x30,
        writeTlv(0x02, Uint8Array.of(1)),
        writeTlv(0x30, fromHex('060a2a811ccf550601040201')),
        writeTlv(0x30, fromHex('060a2a811ccf550601040201')),
      ),
      /CFCA/,
      /PFX/,
    ],
    [
      'BER',
      concat(fromHex('3080'), bytesOf('pkcs8.der').slice(3), fromHex('0000')),
      /indefinite length/,
      /openssl/,
    ],
    ['bytes after the DER', concat(bytesOf('pkcs8.der'), fromHex('00')), /1 bytes before the end/, /./],
    ['a PFX without a password', bytesOf('aes.pfx'), /PFX file, locked/, /--password-file/],
    [
      'a locked key without a password',
      bytesOf('encrypted.der'),
      /locked with a password/,
      /--password-file/,
    ],
  ]
  it.each(cases)('%s', (_what, bytes, because, advice) => {
    const refused = readKeyFile(bytes)
    if (refused.kind === 'key') return expect.unreachable('it must not be read')
    expect(refused.because).toMatch(because)
    expect(refused.advice).toMatch(advice)
  })

  it.each(['aes.pfx', 'sm4.pfx', 'encrypted.pem', 'encrypted.der'])('%s with other passwords', (name) => {
    for (const wrong of ['', 'Secret', ...Array.from({ length: 20 }, (_, index) => `wrong ${index}`)]) {
      expect(readKeyFile(bytesOf(name), new Secret(wrong, '[password]'))).toMatchObject({
        because: 'the password does not open it, or the file is damaged',
      })
    }
  })

  it.each([
    ['legacy.pfx', /older than PBES2/],
    ['scrypt.pem', /its key derivation is 1\.3\.6\.1\.4\.1\.11591\.4\.11/],
  ])('%s is known and not opened', (name, because) => {
    expect(read(name)).toMatchObject({ because: expect.stringMatching(because) as string })
  })

  it('names the first byte of the DER that is wrong', () => {
    const der = bytesOf('pkcs8.der')
    for (const [at, byte] of [
      [0, 0x31],
      [3, 0x03],
      [6, 0x31],
      [27, 0x05],
    ] as const) {
      const damaged = der.with(at, byte)
      expect(readKeyFile(utf8(toPrivatePem(damaged)))).toMatchObject({ kind: 'refused', at })
    }
  })
})

describe('whatever the bytes', () => {
  const LOCK = new Secret('口令', '[password]')
  const rounds = import.meta.env.MODE === 'full' ? 20_000 : 400
  const valued = (bytes: Bytes): void => {
    const answer = readKeyFile(bytes, LOCK)
    expect(['key', 'refused']).toContain(answer.kind)
    if (answer.kind === 'refused') expect(answer.advice).not.toBe('')
    // A flipped bit may give another valid file, never a pair of two halves.
    else if (answer.privateKey !== undefined)
      expect(publicPoint(answer.privateKey.key.reveal())).toEqual(answer.publicKey)
  }

  it('noise and text', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), valued), { numRuns: rounds })
    // fast-check's own table of all characters takes a second to build.
    const text = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
    const written = text.map((codes) => Uint8Array.from(Buffer.from(String.fromCharCode(...codes))))
    fc.assert(fc.property(written, valued), { numRuns: rounds })
  })

  it('every file, cut, with bytes changed, and with DER inside PEM changed', () => {
    const names = [...files.keys()].filter((name) => name !== 'aes.pfx')
    const damaged = fc
      .tuple(
        fc.constantFrom(...names),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.boolean(),
      )
      .map(([name, length, changes, cut]) => {
        const bytes = Uint8Array.from(bytesOf(name))
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        return cut ? bytes.slice(0, length % bytes.length) : bytes
      })
    fc.assert(fc.property(damaged, valued), { numRuns: rounds })
    const inPem = damaged.map((der) => utf8(toPrivatePem(der)))
    fc.assert(fc.property(inPem, valued), { numRuns: rounds })
  })

  it('a PFX with bytes changed never opens as if whole', () => {
    const whole = bytesOf('aes.pfx')
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(change, ([at, mask]) => valued(whole.with(at, (whole[at] ?? 0) ^ mask))),
      { numRuns: rounds / 4 },
    )
  })

  it('a thousand blocks, and depth without end, cost no more than their bytes', () => {
    valued(utf8('-----BEGIN PRIVATE KEY-----\n'.repeat(30_000)))
    valued(concat(...Array.from({ length: 300 }, () => fromHex('3082ffff'))))
  })
})

function text(name: string): string {
  return files.get(name)?.text ?? expect.unreachable(`${name} is PEM`)
}

function toPrivatePem(der: Bytes): string {
  return `-----BEGIN PRIVATE KEY-----\n${toBase64(der)}\n-----END PRIVATE KEY-----\n`
}

function pemOf(d: Bytes): string {
  return writePem('PRIVATE KEY', writePkcs8({ suite: 'sm', key: new Secret(d), publicKey: publicPoint(d) }))
}

// An ECPrivateKey on sm2p256v1 with whatever halves.
function sec1(written: Bytes, publicKey: Bytes): Bytes {
  return writeTlv(
    0x30,
    writeTlv(0x02, Uint8Array.of(1)),
    writeTlv(0x04, written),
    writeTlv(0xa0, fromHex('06082a811ccf5501822d')),
    writeTlv(0xa1, writeTlv(0x03, concat(Uint8Array.of(0), publicKey))),
  )
}
