// RSA key files as Node and OpenSSL write them, each read as the same key; and what is refused, in a sentence.
import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  publicHalf,
  readRsaKeyFile,
  rsaTestKey,
  Secret,
  testAuthority,
  toHex,
  utf8,
  writePem,
} from './crypto.ts'

const key = rsaTestKey('8')
const node: KeyObject = createPrivateKey({ key: Buffer.from(key.key.reveal()), format: 'der', type: 'pkcs8' })
const password = new Secret('open sesame', '[password]')
const lock = { cipher: 'aes-256-cbc', passphrase: password.reveal() }
const bytes = (written: string | Buffer): Uint8Array =>
  typeof written === 'string' ? utf8(written) : new Uint8Array(written)
const certificateOf = (name: string, serial: string): string =>
  writePem(
    'CERTIFICATE',
    testAuthority('rsa').issue({
      commonName: '30580001:SIGN',
      use: 'sign',
      key: publicHalf(rsaTestKey(name)),
      serial,
      notBefore: 0,
      notAfter: 1e12,
    }),
  )

describe('an RSA key file', () => {
  it.each([
    ['PKCS#1, in PEM', node.export({ type: 'pkcs1', format: 'pem' })],
    ['PKCS#1, in DER', node.export({ type: 'pkcs1', format: 'der' })],
    ['PKCS#8, in PEM', node.export({ type: 'pkcs8', format: 'pem' })],
    ['PKCS#8, in DER', node.export({ type: 'pkcs8', format: 'der' })],
    ['PKCS#1, locked with a password, in PEM', node.export({ type: 'pkcs1', format: 'pem', ...lock })],
    ['PKCS#8, locked with a password, in PEM', node.export({ type: 'pkcs8', format: 'pem', ...lock })],
    ['PKCS#8, locked with a password, in DER', node.export({ type: 'pkcs8', format: 'der', ...lock })],
  ])('in %s', (form, written) => {
    const read = readRsaKeyFile(bytes(written), form.includes('locked') ? password : undefined)
    if (read.kind === 'refused') return expect.unreachable(read.because)
    expect(read.found).toBe(`a private key in ${form}`)
    expect(toHex(read.publicKey)).toBe(toHex(key.publicKey))
    expect(toHex(read.privateKey?.key.reveal() ?? new Uint8Array())).toBe(toHex(key.key.reveal()))
    expect(JSON.stringify(read)).toContain('[rsa private key]')
    if (!form.includes('locked')) return
    for (const wrong of [undefined, new Secret('wrong', '[password]')])
      expect(readRsaKeyFile(bytes(written), wrong)).toMatchObject({
        kind: 'refused',
        because: expect.stringContaining('password') as string,
      })
  })

  it('of a public key, and of a certificate, which may stand beside its key', () => {
    const pem = node.export({ type: 'pkcs8', format: 'pem' }) as string
    const half = readRsaKeyFile(utf8(writePem('PUBLIC KEY', key.publicKey)))
    expect(half).toMatchObject({ kind: 'rsa-key', found: 'a public key in SubjectPublicKeyInfo, in PEM' })
    const alone = readRsaKeyFile(utf8(certificateOf('8', '17')))
    expect(alone).toMatchObject({ found: 'a certificate, in PEM', certificates: [{ serial: '17' }] })
    const both = readRsaKeyFile(utf8(certificateOf('9', '18') + pem + certificateOf('8', '17')))
    expect(both).toMatchObject({ certificates: [{ serial: '17' }, { serial: '18' }] })
    expect(readRsaKeyFile(utf8(pem + certificateOf('9', '18')))).toMatchObject({
      kind: 'refused',
      because: 'no certificate in the file belongs to the key',
    })
  })

  it('in a PFX as OpenSSL writes it', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'sifang-pfx-'))
    try {
      writeFileSync(join(folder, 'key.pem'), node.export({ type: 'pkcs8', format: 'pem' }))
      writeFileSync(join(folder, 'certificate.pem'), certificateOf('8', '17'))
      const made = spawnSync(
        'openssl',
        [
          'pkcs12',
          '-export',
          '-inkey',
          'key.pem',
          '-in',
          'certificate.pem',
          '-out',
          'own.pfx',
          '-passout',
          `pass:${password.reveal()}`,
        ],
        { cwd: folder, encoding: 'utf8' },
      )
      if (made.error !== undefined) return context.skip(`openssl cannot be run: ${made.error.message}`)
      const pfx = new Uint8Array(readFileSync(join(folder, 'own.pfx')))
      const read = readRsaKeyFile(pfx, password)
      if (read.kind === 'refused') return expect.unreachable(read.because)
      expect(read).toMatchObject({
        found: 'a certificate and a private key in a PFX file, in DER',
        certificates: [{ serial: '17', subject: { commonName: '30580001:SIGN' } }],
      })
      expect(toHex(read.publicKey)).toBe(toHex(key.publicKey))
      expect(readRsaKeyFile(pfx, new Secret('wrong', '[password]')).kind).toBe('refused')
      expect(readRsaKeyFile(pfx)).toMatchObject({ because: 'this is a PFX file, locked with a password' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it.each([
    ['of another kind', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'not an RSA key'],
    ['that is too small', generateKeyPairSync('rsa', { modulusLength: 1024 }), 'it has 1024'],
  ])('is refused with a key %s', (_, pair, because) => {
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    expect(readRsaKeyFile(utf8(pem))).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining(because) as string,
    })
  })

  it('is refused when it is cut or damaged, and never throws', () => {
    const der = new Uint8Array(node.export({ type: 'pkcs1', format: 'der' }))
    for (let length = 0; length < der.length; length += 97)
      expect(readRsaKeyFile(der.subarray(0, length)).kind).toBe('refused')
    for (let at = 0; at < der.length; at += 41) {
      const read = readRsaKeyFile(der.with(at, (der[at] ?? 0) ^ 0xff))
      if (read.kind === 'rsa-key') expect(toHex(read.publicKey)).not.toBe('')
    }
    expect(readRsaKeyFile(utf8('hello')).kind).toBe('refused')
    expect(readRsaKeyFile(new Uint8Array(0)).kind).toBe('refused')
  })
})
