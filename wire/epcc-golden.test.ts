// EPCC against another implementation, and against what was sealed once.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { EPCC_NUMBERS } from './epcc-numbers.ts'
import { edge, example, MESSAGE_TYPES, pair } from './testing.ts'
import { open, seal } from './wire.ts'

const PROFILES = ['netsunion-epcc-rsa', 'netsunion-epcc-sm'] as const
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

describe('against OpenSSL', () => {
  const openssl = (args: readonly string[], input?: Uint8Array) =>
    spawnSync('openssl', args, { ...(input && { input }) })

  test('the signature is SHA256withRSA over the bytes from <root to </root>, the envelope PKCS#1 v1.5, the values AES-256-ECB', async () => {
    const { at, network } = await pair('netsunion-epcc-rsa')
    const { sealed, head } = await seal(at(SWITCH), {
      type: 'agreement.apply',
      to: INSTITUTION,
      fields: example('agreement.apply'),
    })
    const text = textOf(sealed.bytes)
    const folder = mkdtempSync(join(tmpdir(), 'epcc-'))
    const file = (name: string, bytes: Uint8Array | string): string => {
      writeFileSync(join(folder, name), bytes)
      return join(folder, name)
    }
    try {
      const signer = network.directory.certificate(head.signcert)?.key
      const pem =
        signer?.suite === 'rsa'
          ? `-----BEGIN PUBLIC KEY-----\n${Buffer.from(signer.publicKey).toString('base64')}\n-----END PUBLIC KEY-----\n`
          : ''
      const root = /<root.*<\/root>/s.exec(text)?.[0] ?? ''
      const signature = Buffer.from(/\{S:(.*)\}$/.exec(text)?.[1] ?? '', 'base64')
      const verified = (over: string) =>
        openssl([
          'dgst',
          '-sha256',
          '-verify',
          file('key.pem', pem),
          '-signature',
          file('sign', signature),
          file('root', over),
        ]).status
      expect(verified(root)).toBe(0)
      expect(verified(`${root}\r\n`)).toBe(1)
      const own = network.privateKeysOf(INSTITUTION).get(head.enccert)
      const key = own?.suite === 'rsa' ? own.key.reveal() : new Uint8Array()
      const envelope = Buffer.from(/<DgtlEnvlp>([^<]*)</.exec(text)?.[1] ?? '', 'base64')
      const opened = openssl(
        [
          'pkeyutl',
          '-decrypt',
          '-inkey',
          file('own.der', key),
          '-keyform',
          'DER',
          '-pkeyopt',
          'rsa_padding_mode:pkcs1',
        ],
        envelope,
      )
      const plain = opened.stdout.toString('latin1')
      expect(plain).toMatch(/^01\|[A-Za-z0-9]{32}$/)
      const name = Buffer.from(/<SgnAcctNm>([^<]*)</.exec(text)?.[1] ?? '', 'base64')
      const hex = Buffer.from(plain.slice(3), 'latin1').toString('hex')
      expect(openssl(['enc', '-d', '-aes-256-ecb', '-K', hex], name).stdout.toString('utf8')).toBe('测试甲')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('golden bytes', () => {
  type Golden = Record<string, Record<string, string>>
  const FILE = new URL('golden/epcc.json', import.meta.url)
  const update = process.env['UPDATE_GOLDEN'] !== undefined
  const golden: Golden = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Golden) : {}

  test.each(PROFILES)(
    '%s: what was sealed once is sealed again, or opens for ever',
    async (profile) => {
      // Signatures of SM2 and their envelopes differ every time; RSA's are the same to the byte.
      const exact = profile.endsWith('rsa')
      const own = (golden[profile] ??= {})
      for (const type of MESSAGE_TYPES) {
        const { request, from, to } = edge(type)
        const made = async () => {
          const { at } = await pair(profile, `golden ${exact ? type : ''}`)
          const asked = await seal(at(from), { type: request, to, fields: example(request) })
          return type === request
            ? asked
            : seal(at(to), { type, to: from, fields: example(type), ref: asked.ref })
        }
        if (update && (exact || own[type] === undefined)) own[type] = textOf((await made()).sealed.bytes)
        const bytes = Buffer.from(
          own[type] ??
            expect.fail(`${type} is not in the golden file: UPDATE_GOLDEN=1 npx vitest run wire/frame-epcc`),
        )
        if (exact) expect(textOf((await made()).sealed.bytes), type).toBe(own[type])
        const { at } = await pair(profile, `golden ${exact ? type : ''}`)
        const sealed = { path: '/preSvr', contentType: 'application/xml;charset=utf-8', bytes }
        const opened =
          type === request
            ? await open(at(to), sealed, { requests: [request] })
            : await open(at(from), sealed, {
                replyTo: { type: request, to, ref: `epcc.${EPCC_NUMBERS[request].number}.001.01` },
              })
        expect(opened.kind === 'opened' ? opened.message.fields : opened, type).toEqual(example(type))
      }
      if (update) writeFileSync(FILE, `${JSON.stringify(golden, null, 1)}\n`)
    },
    120_000,
  )
})
