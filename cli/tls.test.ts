// TLS (SEC-035) on loopback: an honest handshake, and each one that must fail: an old version, no certificate, somebody else's,
// one that has ended, was revoked, or is not for TLS. Then `sifang up --tls`, and a subject under https.
import { request, type ServerOptions } from 'node:https'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rsaTestKey, publicHalf, testAuthority, writePem } from '../crypto/crypto.ts'
import { BANK, INSTITUTION, seeded, SWITCH } from '../scenarios/scenarios.ts'
import { directory } from '../wire/wire.ts'
import { fetchOver } from './client-tls.ts'
import { readConfig } from './config.ts'
import { httpSend, listen, type Listening } from './network.ts'
import { startedUp } from './started-up.ts'
import { securedAgent, securedBy, type TlsSide, tlsLists, tlsSide } from './tls.ts'

const now = Date.now()
const DAY_MS = 24 * 3600 * 1000
const own = testAuthority('rsa')
const side = (party: string, at = now): TlsSide => tlsSide(party, seeded(`tls ${party}`), at)
const honest = side(INSTITUTION)

let door: Listening
let heard = 0
beforeAll(async () => {
  const answer = (): Response => {
    heard += 1
    return new Response('heard')
  }
  door = await listen(answer, 0, securedBy(side(SWITCH), [SWITCH, INSTITUTION]))
})
afterAll(() => door.close())

type Greeting = Partial<TlsSide> & {
  readonly maxVersion?: SecureVersion
  readonly minVersion?: SecureVersion
  readonly ciphers?: string
}

/** What a request ends in: the answer's text, or the error's code. */
function greet({ crl, ...greeting }: Greeting, url = door.url): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, ...greeting, ...(crl !== undefined && { crl: [...crl] }) })
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} ${error.message}`))
    asked.on('response', (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve(text))
    })
    asked.end()
  })
}

async function refusedBecause(greeting: Greeting): Promise<string> {
  const before = heard
  const said = await greet(greeting)
  expect(heard).toBe(before)
  return said
}

describe('a door with TLS', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('is open to a member with %s', async (version) => {
    expect(await greet({ ...honest, minVersion: version, maxVersion: version })).toBe('heard')
  })

  test.each(['TLSv1', 'TLSv1.1'] as const)(
    'is closed to %s, even where OpenSSL would allow it',
    async (version) => {
      const ciphers = 'DEFAULT@SECLEVEL=0'
      const lax = (options: ServerOptions): Promise<Listening> => {
        const secured = securedBy(side(SWITCH), [INSTITUTION])
        return listen(() => new Response('heard'), 0, {
          ...secured,
          options: { ...secured.options, ciphers, ...options },
        })
      }
      const old = { ...honest, minVersion: version, maxVersion: version, ciphers }
      const closed = await lax({})
      expect(await greet(old, closed.url)).toMatch(/alert protocol version|unsupported protocol/)
      await closed.close()
      // It is the version that is refused, and nothing else.
      const open = await lax({ minVersion: version })
      expect(await greet(old, open.url)).toBe('heard')
      await open.close()
    },
  )

  test('is closed to who has no certificate', async () => {
    const { ca } = honest
    expect(await refusedBecause({ ca })).toMatch(/certificate required|ECONNRESET/)
  })

  const wrong: readonly (readonly [string, () => Partial<TlsSide>])[] = [
    ['a stranger’s', () => ({ cert: tlsCertificate(testAuthority('rsa', 'stranger'), {}) })],
    ['one that has ended', () => ({ cert: tlsCertificate(own, { notAfter: now - DAY_MS }) })],
    ['one that is not valid yet', () => ({ cert: tlsCertificate(own, { notBefore: now + DAY_MS }) })],
    ['one that is no member’s', () => side(BANK)],
    [
      'one for messages',
      () => ({ cert: tlsCertificate(own, { commonName: `${INSTITUTION}:SIGN`, use: 'sign' }) }),
    ],
    ['one that says nothing of a party', () => ({ cert: tlsCertificate(own, { commonName: 'localhost' }) })],
  ]
  test.each(wrong)('is closed to a wrong certificate: %s', async (_, change) => {
    const given = change()
    const key = given.key ?? keyPem()
    expect(await refusedBecause({ ...honest, ...given, key })).toMatch(
      /unknown ca|certificate expired|bad certificate|certificate unknown|ECONNRESET|EPIPE/i,
    )
    // The certificate is all that is wrong with it.
    expect(await greet({ ...honest, key: keyPem(), cert: tlsCertificate(own, {}) })).toBe('heard')
  })

  test('is closed to a certificate that was revoked', async () => {
    const serial = String(6_900_000_000n + BigInt(INSTITUTION))
    const lists = own.lists(now, [{ serial, at: now - 1, reason: 'keyCompromise' }])
    const crl = lists.map(({ der }) => writePem('X509 CRL', der))
    const told = await listen(
      () => new Response('heard'),
      0,
      securedBy({ ...side(SWITCH), crl }, [INSTITUTION]),
    )
    expect(await greet(honest, told.url)).toMatch(/certificate revoked|ECONNRESET/)
    await told.close()
    // Without a list that holds nobody comes in (fail closed).
    const stale = tlsLists(now - 30 * DAY_MS).crl
    const late = await listen(
      () => new Response('heard'),
      0,
      securedBy({ ...side(SWITCH), crl: stale }, [INSTITUTION]),
    )
    expect(await greet(honest, late.url)).not.toBe('heard')
    await late.close()
  })
})

describe('who sends over TLS', () => {
  const parties = [{ id: SWITCH, role: 'switch' as const, name: 'switch' }]
  const message = {
    path: '/sifang/1/query',
    contentType: 'application/octet-stream',
    bytes: new Uint8Array(3),
  }
  const sent = (to: TlsSide, from = honest) =>
    listen(() => new Response('heard'), 0, securedBy(to, [INSTITUTION])).then(async (other) => {
      const book = directory(
        parties.map((one) => ({ ...one, url: other.url })),
        [],
      )
      const answer = await httpSend(
        () => book,
        () => now,
        securedAgent(from),
      )(SWITCH, message, now + 5000)
      await other.close()
      return answer
    })

  test('hears a switch that it believes, and sends nothing to any other', async () => {
    expect(await sent(side(SWITCH))).toMatchObject({ kind: 'reply' })
    const ended = { ...side(SWITCH), key: keyPem(), cert: tlsCertificate(own, { notAfter: now - DAY_MS }) }
    expect(await sent(ended)).toEqual({ kind: 'not_sent' })
    const strange = tlsCertificate(testAuthority('rsa', 'stranger'), {})
    expect(await sent({ ...side(SWITCH), key: keyPem(), cert: strange })).toEqual({ kind: 'not_sent' })
    const elsewhere = tlsCertificate(own, { hosts: { names: ['switch.example'], addresses: [] } })
    expect(await sent({ ...side(SWITCH), key: keyPem(), cert: elsewhere })).toEqual({ kind: 'not_sent' })
    // Whether somebody who turned us away has read it, we do not know.
    expect(await sent(side(SWITCH), side(BANK))).toEqual({ kind: 'no_reply' })
  })
})

describe('sifang up --tls', () => {
  test('plays a payment whose messages all go over TLS, and takes none beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sifang-tls-'))
    const up = await startedUp(folder, ['--tls'])
    try {
      const sale = await fetch(`${up.at(2)}/till/sales`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ payer: 'alice', amount: '1000' }),
      })
      expect(await sale.json()).toMatchObject({ state: 'SUCCESS' })
      const plain = await fetch(`${up.url}/sifang/1/purchase`, { method: 'POST', body: 'x' })
      expect(plain.status).toBe(404)
      const secured = `https://127.0.0.1:${Number(new URL(up.url).port) + 5}/sifang/1/purchase`
      expect(await greet({ ca: honest.ca }, secured)).toMatch(/certificate required|ECONNRESET/)
      expect(await greet(honest, secured)).not.toMatch(/^E|CERT/)
    } finally {
      expect(await up.stop()).toBe(0)
      await rm(folder, { recursive: true })
    }
  }, 30_000)
})

describe('a subject under https', () => {
  test('is asked with the client certificate of the configuration', async () => {
    const { cert, key, ca } = honest
    const ask = fetchOver(door.url, { cert, key, ca })
    const said = await ask('/control/idle', { method: 'POST', body: '{}' })
    expect([said.status, await said.text()]).toEqual([200, 'heard'])
    const stranger = tlsCertificate(testAuthority('rsa', 'stranger'), {})
    await expect(fetchOver(door.url, { cert: stranger, key: keyPem(), ca })('/', {})).rejects.toThrow()
    await expect(fetchOver(door.url, { cert, key })('/', {})).rejects.toThrow(/self-signed|unable to/)
    await expect(ask('/', { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late')
  })

  test('is configured by PEM files, each fault with its line and what to write', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sifang-tls-'))
    try {
      for (const [name, text] of [
        ['client.pem', honest.cert],
        ['client.key', honest.key],
        ['other.key', keyPem()],
        ['root.pem', honest.ca],
      ] as const)
        await writeFile(join(folder, name), text)
      const publicKey =
        '0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'
      const config = async (url: string, tls: string) => {
        const path = join(folder, 'sifang.config.yaml')
        const lines = ['subject:', '  name: mine', `  url: ${url}`, `  tls: ${tls}`]
        const keys = ['sign', 'encrypt'].map((use) => `  ${use}: { id: '1', publicKey: '${publicKey}' }`)
        await writeFile(path, [...lines, ...keys, '  features: []'].join('\n'))
        return readConfig(path)
      }
      const files = '{ cert: client.pem, key: client.key, ca: root.pem }'
      const read = await config('https://127.0.0.1:9', files)
      expect(read.tls).toEqual({ cert: honest.cert, key: honest.key, ca: honest.ca })
      const faults: readonly (readonly [string, string, string])[] = [
        ['http://127.0.0.1:9', files, 'is for an address under https'],
        ['https://127.0.0.1:9', '{ cert: none.pem, key: client.key }', 'there is no file'],
        ['https://127.0.0.1:9', '{ cert: client.key, key: client.key }', 'a certificate in PEM'],
        ['https://127.0.0.1:9', '{ cert: client.pem, key: client.pem }', 'a private key in PEM'],
        ['https://127.0.0.1:9', '{ cert: client.pem, key: other.key }', 'is not the key of subject.tls.cert'],
        ['https://127.0.0.1:9', '{ cert: client.pem }', 'subject.tls.key'],
      ]
      for (const [url, tls, because] of faults)
        await expect(config(url, tls)).rejects.toThrow(new RegExp(`yaml:\\d+:\\d+: .*${because}`))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

type Asked = Partial<Parameters<typeof own.issue>[0]>

/** A certificate about an RSA test key, so that only what is named is wrong with it. */
function tlsCertificate(by: typeof own, change: Asked): string {
  const request = {
    commonName: `${INSTITUTION}:TLS`,
    use: 'tls',
    key: publicHalf(rsaTestKey('16')),
    serial: '6999999999',
    notBefore: now - 10 * DAY_MS,
    notAfter: now + 10 * DAY_MS,
    hosts: { names: ['localhost'], addresses: ['7f000001'] },
  } as const
  return (
    writePem('CERTIFICATE', by.issue({ ...request, ...change })) + writePem('CERTIFICATE', by.issuing.der)
  )
}

function keyPem(): string {
  return writePem('PRIVATE KEY', rsaTestKey('16').key.reveal())
}
