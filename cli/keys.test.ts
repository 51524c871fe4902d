// `sifang keys` as a user meets it: what it prints, what it writes and with which mode, and that no way of asking makes
// it print a private key. Keys come from ourselves and from `openssl` where there is one.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { publicHalf, readKeyFile, rsaTestKey, testAuthority, writePem } from '../crypto/crypto.ts'
import { keysCommand } from './keys.ts'
import { UsageError } from './usage.ts'

const D = '3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8'
const PUBLIC =
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'

let folder = ''
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-keys-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Options = Partial<Parameters<typeof keysCommand>[1]>
type Said = { readonly out: string; readonly err: string; readonly fault?: UsageError }

async function keys(action: 'new' | 'import' | 'show', options: Options = {}): Promise<Said> {
  const said = { out: '', err: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      said[stream === 'stdout' ? 'out' : 'err'] += String(chunk)
      return true
    }),
  )
  try {
    await keysCommand(action, { lang: 'en', ...options })
    return said
  } catch (error) {
    if (error instanceof UsageError) return { ...said, fault: error }
    throw error
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

async function file(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  await writeFile(at(name), content, { mode })
  await chmod(at(name), mode)
  return at(name)
}

describe('new', () => {
  test('writes PKCS#8 with mode 0600, prints the public half, and another one each time', async () => {
    const said = [
      await keys('new', { out: at('a.pem'), json: true }),
      await keys('new', { out: at('b.pem'), json: true }),
    ]
    const [a, b] = said.map(({ out }) => out)
    expect(a).not.toBe(b)
    const written = await readFile(at('a.pem'))
    expect(written.toString()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    if (process.platform !== 'win32') expect((await stat(at('a.pem'))).mode & 0o777).toBe(0o600)
    const key = readKeyFile(written)
    if (key.kind === 'refused') return expect.unreachable(key.because)
    expect(Buffer.from(key.publicKey).toString('hex')).toMatch(/^04[0-9a-f]{128}$/)
    expectHidden(key.privateKey?.key.reveal(), ...said)
  })

  test('without --out it prints a public key and says that the private one is gone', async () => {
    const { out, err } = await keys('new')
    expect(out).toMatch(/public key, 04 ‖ x ‖ y {2}04[0-9a-f]{128}\n/)
    expect(out).toContain('-----BEGIN PUBLIC KEY-----')
    expect(out).not.toContain('PRIVATE')
    expect(err).toContain('sifang keys new --out FILE')
  })

  test('never writes over a file, and says so; nor into a folder that is not there', async () => {
    const there = await file('there.pem', 'mine')
    expect((await keys('new', { out: there })).fault).toMatchObject({
      exit: 2,
      message: `${there}: there is a file of this name, and keys are never written over: choose another --out.`,
    })
    expect(await readFile(there, 'utf8')).toBe('mine')
    expect((await keys('new', { out: at('none/a.pem') })).fault?.message).toContain('no such file or folder')
  })
})

describe('import and show', () => {
  test('bare hex is found, checked and written in our form; the private half stays in the file', async () => {
    const hex = await file('bare.hex', `${D}\n`)
    const said = await keys('import', { file: hex, out: at('bare.pem') })
    expect(said.out).toContain('found                   a private key in bare hex')
    expect(said.out).toContain(PUBLIC)
    expect(said.out).toContain(`written                 ${at('bare.pem')}`)
    const shown = await keys('show', { file: at('bare.pem'), json: true })
    expect(JSON.parse(shown.out)).toMatchObject({
      found: 'a private key in PKCS#8, in PEM',
      notes: [],
      private: true,
      publicKey: PUBLIC,
      publicKeyBare: PUBLIC.slice(2),
      publicKeyPem: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n/) as string,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      certificate: null,
      written: null,
    })
    expectHidden(Buffer.from(D, 'hex'), said, shown)
  })

  test('a public key is written as SubjectPublicKeyInfo, and its PEM shows the same fingerprint', async () => {
    const bare = await file('public.hex', PUBLIC.slice(2))
    const first = await keys('import', { file: bare, out: at('public.pem'), json: true })
    expect(await readFile(at('public.pem'), 'utf8')).toBe(publicPem(first))
    const second = await keys('show', { file: at('public.pem'), json: true })
    expect(JSON.parse(second.out)).toMatchObject({ private: false, publicKey: PUBLIC })
    expect(fingerprint(second)).toBe(fingerprint(first))
  })

  test('in Chinese', async () => {
    const { out } = await keys('show', { file: await file('zh.hex', PUBLIC), lang: 'zh' })
    expect(out).toContain('公钥（04‖x‖y）          04')
  })

  test.runIf(process.platform !== 'win32')('a private key that others may read is remarked on', async () => {
    const open = await file('open.hex', D, 0o644)
    expect((await keys('show', { file: open })).out).toContain(
      `others on this machine may read it: chmod 600 ${open}`,
    )
  })

  test('what is wrong is a sentence with the place and what to do', async () => {
    const cases: readonly (readonly [Options, string])[] = [
      [{}, 'name the key file: sifang keys show FILE'],
      [{ file: at('nothing') }, 'nothing: there is no such file or folder.'],
      [{ file: folder }, 'this is a folder, name a file.'],
      [{ file: await file('big', new Uint8Array(1024 * 1024 + 1)) }, 'larger than 1 MiB, so no key file.'],
      [
        { file: await file('63.hex', D.slice(1)) },
        '63 hex digits are neither a private nor a public key. What to do: ',
      ],
      [
        { file: await file('cut.der', Buffer.from('3081870201', 'hex')) },
        '(at byte 0 of the DER). What to do: ',
      ],
      [{ file: at('63.hex'), passwordFile: at('none') }, 'none: there is no such file or folder.'],
    ]
    for (const [options, sentence] of cases) {
      const { out, fault } = await keys('show', options)
      expect(fault?.message).toContain(sentence)
      expect(fault?.exit).toBe(2)
      expect(out).toBe('')
    }
  })

  test('any bytes whatever end in an answer or a usage sentence', async () => {
    const pem = await readFile(at('bare.pem'), 'utf8')
    const damaged = fc
      .tuple(fc.nat(pem.length - 1), fc.integer({ min: 32, max: 126 }))
      .map(([place, code]) =>
        Buffer.from(pem.slice(0, place) + String.fromCharCode(code) + pem.slice(place + 1)),
      )
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged)
    const ends = async (content: Uint8Array): Promise<void> => {
      const said = await keys('import', { file: await file('any', content) })
      if (said.fault !== undefined) expect(said.fault.message).toMatch(/What to do: .+\.$/)
      expectHidden(Buffer.from(D, 'hex'), said, { out: said.fault?.message ?? '', err: '' })
    }
    const rounds = { numRuns: import.meta.env.MODE === 'full' ? 5_000 : 200 }
    await fc.assert(fc.asyncProperty(bytes, ends), rounds)
  })
})

// A name of its own, so that knip takes it for no package's.
const OPENSSL = 'openssl'
const version = spawnSync(OPENSSL, ['version'], { encoding: 'utf8' }).stdout ?? ''
const missing = version.startsWith('OpenSSL 3') ? '' : 'no openssl 3 on the PATH'
if (missing !== '') console.warn(`keys made by openssl are not tested: ${missing}`)

describe.skipIf(missing !== '')(`keys made by openssl${missing && `, skipped: ${missing}`}`, () => {
  const openssl = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(OPENSSL, args, { cwd: folder, encoding: 'utf8' })
    return status === 0 ? stdout : expect.unreachable(`openssl ${args[0]}: ${stderr}`)
  }
  beforeAll(async () => {
    await writeFile(at('password'), '口令 pass\r\nnot this line\n')
    openssl('genpkey', '-algorithm', 'SM2', '-out', 'ossl.pem')
    openssl(
      'req',
      '-new',
      '-x509',
      '-key',
      'ossl.pem',
      '-subj',
      '/CN=四方/O=a, b',
      '-utf8',
      '-sm3',
      '-days',
      '2',
      '-set_serial',
      '4711',
      '-out',
      'ossl-cert.pem',
    )
    openssl(
      'pkcs12',
      '-export',
      '-inkey',
      'ossl.pem',
      '-in',
      'ossl-cert.pem',
      '-passout',
      'pass:口令 pass',
      '-out',
      'ossl.pfx',
    )
    openssl('pkcs8', '-topk8', '-in', 'ossl.pem', '-passout', 'pass:口令 pass', '-out', 'ossl-locked.pem')
    openssl('pkey', '-in', 'ossl.pem', '-outform', 'DER', '-out', 'ossl.der')
    openssl('pkey', '-in', 'ossl.pem', '-pubout', '-out', 'ossl-public.pem')
  })

  test.each(['ossl.pem', 'ossl.der', 'ossl-public.pem', 'ossl-cert.pem', 'ossl.pfx', 'ossl-locked.pem'])(
    '%s is the key that openssl says it is',
    async (name) => {
      const said = await keys('show', { file: at(name), passwordFile: at('password'), json: true })
      expect(said.fault?.message).toBeUndefined()
      expect(publicPem(said)).toBe(openssl('pkey', '-in', 'ossl.pem', '-pubout'))
    },
  )

  test('a PFX without its password, and with a wrong one, is refused and never asks', async () => {
    expect((await keys('show', { file: at('ossl.pfx') })).fault?.message).toContain(
      'pass --password-file FILE',
    )
    const wrong = await file('wrong', 'wrong')
    const { fault } = await keys('show', { file: at('ossl.pfx'), passwordFile: wrong })
    expect(fault?.message).toContain('the password does not open it')
  })

  test('a certificate is shown with its names and both spellings of its number', async () => {
    const { out } = await keys('show', { file: at('ossl-cert.pem') })
    expect(out).toMatch(/subject +CN=四方, O=a\\, b\n/)
    expect(out).toMatch(/serial, decimal +4711\nserial, hex +1267\n/)
  })

  test('openssl reads what we write: the same pair, fresh and imported', async () => {
    await keys('import', { file: at('ossl.pfx'), passwordFile: at('password'), out: at('imported.pem') })
    expect(openssl('pkey', '-in', 'imported.pem')).toBe(openssl('pkey', '-in', 'ossl.pem'))
    const made = await keys('new', { out: at('fresh.pem'), json: true })
    expect(openssl('pkey', '-in', 'fresh.pem', '-pubout')).toBe(publicPem(made))
  })
})

function publicPem({ out }: Said): string {
  return (JSON.parse(out) as { publicKeyPem: string }).publicKeyPem
}

function fingerprint({ out }: Said): string {
  return (JSON.parse(out) as { fingerprint: string }).fingerprint
}

// In any spelling, and not even a part that would help.
function expectHidden(d: Uint8Array | undefined, ...said: readonly Said[]): void {
  const key = Buffer.from(d ?? expect.unreachable('a private key is expected'))
  for (const spelling of [key.toString('hex').slice(0, 16), key.toString('base64').slice(0, 12)])
    for (const { out, err } of said) expect((out + err).toLowerCase()).not.toContain(spelling.toLowerCase())
}

describe('certificates and revocation lists', () => {
  const now = Date.now()
  const DAY_MS = 24 * 3600 * 1000
  const asked = {
    commonName: '30580001:SIGN',
    use: 'sign' as const,
    serial: '6800000001',
    notBefore: now - DAY_MS,
    notAfter: now + 90 * DAY_MS,
  }
  const half = { suite: 'sm', publicKey: new Uint8Array(Buffer.from(PUBLIC, 'hex')) } as const
  const issued = (
    suite: 'sm' | 'rsa',
    whose: 'network' | 'stranger' = 'network',
    change: object = {},
  ): string => {
    const key = suite === 'sm' ? half : publicHalf(rsaTestKey('2'))
    return writePem('CERTIFICATE', testAuthority(suite, whose).issue({ ...asked, key, ...change }))
  }
  const listed = (
    suite: 'sm' | 'rsa',
    at: number,
    reason: string,
    whose: 'network' | 'stranger' = 'network',
  ): string =>
    testAuthority(suite, whose)
      .lists(at, [{ serial: asked.serial, at: now - 1000, reason }])
      .map(({ der }) => writePem('X509 CRL', der))
      .join('')

  test.each(['sm', 'rsa'] as const)(
    'of the suite %s: use, both numbers, and whether the chain holds',
    async (suite) => {
      const path = await file('own.pem', issued(suite))
      const { out } = await keys('show', { file: path })
      expect(out).toMatch(/subject +C=CN, O=Sifang TEST network, CN=30580001:SIGN\n/)
      expect(out).toMatch(/serial, decimal +6800000001\nserial, hex +1954fc401\n/)
      expect(out).toMatch(/use +digitalSignature, nonRepudiation\n/)
      expect(out).toMatch(
        /chain +holds, under the public test root: good for tests only; revocation not judged/,
      )
      const fresh = await file(
        'fresh.pem',
        testAuthority(suite)
          .lists(now, [])
          .map(({ der }) => writePem('X509 CRL', der))
          .join(''),
      )
      expect((await keys('show', { file: path, crl: fresh })).out).toMatch(
        /chain +holds, under the public test root: good for tests only\n/,
      )
      const told = await file('revoked.pem', listed(suite, now, 'keyCompromise'))
      expect((await keys('show', { file: path, crl: told })).out).toMatch(
        /chain .*was revoked at .*keyCompromise/,
      )
      expect((await keys('show', { file: path, crl: told, lang: 'zh' })).out).toMatch(/证书链 .*吊销/)
      const stranger = await file('stranger.pem', issued(suite, 'stranger'))
      expect((await keys('show', { file: stranger })).out).toMatch(/chain .*its issuer is not known here/)
      const theirs = testAuthority(suite, 'stranger')
      const ca = await file('ca.pem', writePem('CERTIFICATE', theirs.root.der))
      const whole = await file(
        'whole.pem',
        issued(suite, 'stranger') + writePem('CERTIFICATE', theirs.issuing.der),
      )
      expect((await keys('show', { file: whole, ca })).out).toMatch(/chain +holds; revocation not judged/)
      const over = await file('over.pem', issued(suite, 'network', { notAfter: now - 1000 }))
      expect((await keys('show', { file: over })).out).toMatch(/chain .*ran out at/)
    },
  )

  test.each(['sm', 'rsa'] as const)(
    'a revocation list of the suite %s: who is on it, and whose it is',
    async (suite) => {
      const path = await file('list.pem', listed(suite, now, 'superseded'))
      const { out } = await keys('show', { file: path })
      expect(out).toMatch(/revocation list +holds now\n/)
      expect(out).toMatch(/signature +holds\n/)
      expect(out).toMatch(/revoked +6800000001 \(1954fc401\) .* superseded\n/)
      const [, last] = testAuthority(suite).lists(now, [])
      if (last === undefined) return expect.unreachable('there are two lists')
      const flipped = last.der.with(-1, (last.der.at(-1) ?? 0) ^ 1)
      const forged = await file('forged.pem', writePem('X509 CRL', flipped))
      expect((await keys('show', { file: forged })).out).toMatch(/signature +does not hold\n/)
      const strange = await file('strange.pem', listed(suite, now, 'superseded', 'stranger'))
      expect((await keys('show', { file: strange })).out).toMatch(/signature +its issuer is not known/)
      const old = await file('old.pem', listed(suite, now + 30 * DAY_MS, 'superseded'))
      const told = JSON.parse((await keys('show', { file: old, json: true })).out) as {
        lists: { fresh: boolean }[]
      }
      expect(told.lists.map(({ fresh }) => fresh)).toEqual([false, false])
      expect((await keys('show', { file: path, ca: path })).fault?.message).toContain('holds no certificate')
    },
  )

  test('an RSA key is shown, never its private half; one that is refused is refused as RSA', async () => {
    const pkcs8 = rsaTestKey('2').key.reveal()
    const path = await file('rsa.pem', writePem('PRIVATE KEY', pkcs8), 0o644)
    for (const json of [true, false]) {
      const { out } = await keys('show', { file: path, json })
      expect(out).toContain('a private key in PKCS#8, in PEM')
      expect(out).toContain('chmod 600')
      expect(out).not.toContain(Buffer.from(pkcs8).toString('base64').slice(400, 440))
    }
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
    const refused = await file('small.pem', small.export({ type: 'pkcs8', format: 'pem' }) as string)
    expect((await keys('show', { file: refused })).fault?.message).toContain('it has 1024')
  })
})
