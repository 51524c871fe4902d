// gm.py, the cryptography of the wallet in another language, against the published vectors and against ours, in both
// directions: two readings of the standards that share no line. Skipped, with the reason, where there is no Python.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  fromHex,
  type PrivateKey,
  Secret,
  sign,
  sm4CbcEncrypt,
  toHex,
  unwrap,
  verify,
  wrap,
} from '../../crypto/crypto.ts'
import { seeded } from '../../scenarios/scenarios.ts'
import { python } from '../python.ts'
import { ROOT } from '../sources.ts'

const { program, missing } = python()
if (missing !== '') console.warn(`gm.py is not tried here: ${missing}`)

/** A number for Python, in hexadecimal; every other argument is bytes in hexadecimal. */
type Argument = string | { readonly number: string }
type Call = readonly [name: string, ...arguments: Argument[]]

const DRIVER = `
import gm, json, sys
def read(a): return int(a['number'], 16) if isinstance(a, dict) else bytes.fromhex(a)
def public_of(secret): return b'\\4' + gm.wide(*gm.known_times(secret, gm.G))
for name, *rest in json.load(sys.stdin):
    result = (public_of if name == 'public_of' else getattr(gm, name))(*map(read, rest))
    print(json.dumps(result.hex() if isinstance(result, bytes) else result))
`

function said(...calls: readonly Call[]): readonly unknown[] {
  const ran = spawnSync(program, ['-c', DRIVER], {
    cwd: import.meta.dirname,
    input: JSON.stringify(calls),
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  expect(ran.stderr).toBe('')
  return ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

type Vector = {
  readonly id: string
  readonly inputs: Readonly<Record<string, string>>
  readonly expected: string
  readonly valid: boolean
}
const vectors = (name: string): readonly Vector[] =>
  JSON.parse(readFileSync(join(ROOT, 'crypto/vectors', `${name}.json`), 'utf8')) as readonly Vector[]

/** All of a kind in one process: what Python says, beside what was published. */
function agree(chosen: readonly Vector[], call: (inputs: Vector['inputs']) => Call, refused: unknown): void {
  const told = said(...chosen.map(({ inputs }) => call(inputs)))
  const pairs = chosen.map(({ id, valid, expected }, index) => ({
    id,
    told: told[index],
    published: valid ? (typeof told[index] === 'boolean' ? true : expected) : refused,
  }))
  expect(pairs.map(({ id, told: one }) => `${id}: ${String(one)}`)).toEqual(
    pairs.map(({ id, published }) => `${id}: ${String(published)}`),
  )
}

const DEFAULT_ID = '31323334353637383132333435363738'

describe.skipIf(missing !== '')(`gm.py${missing && `, skipped: ${missing}`}`, () => {
  test('SM3 and HMAC-SM3, GB/T 32905 and its published values', () => {
    const short = vectors('sm3').filter(({ inputs, valid }) => valid && inputs['msg'] !== undefined)
    expect(short.length).toBeGreaterThan(5)
    agree(short, ({ msg = '' }) => ['sm3', msg], undefined)
    const tags = vectors('hmac-sm3').filter(({ valid }) => valid)
    agree(tags, ({ key = '', msg = '' }) => ['hmac', key, msg], undefined)
  })

  test('SM4-CBC with PKCS#7, and SM4-CTR', () => {
    const padded = vectors('sm4-cbc-encrypt').filter(({ inputs }) => inputs['padding'] === 'pkcs7')
    expect(padded.length).toBeGreaterThan(2)
    agree(padded, ({ key = '', iv = '', msg = '' }) => ['cbc_encrypt', key, iv, msg], undefined)
    agree(vectors('sm4-cbc-decrypt'), ({ key = '', iv = '', ct = '' }) => ['cbc_decrypt', key, iv, ct], null)
    agree(vectors('sm4-ctr'), ({ key = '', iv = '', msg = '' }) => ['counted', key, iv, msg], undefined)
  })

  test('SM2: Z, every signature of the list accepted or refused as published, decryption', () => {
    agree(vectors('sm2-za'), ({ pub = '' }) => ['identity', pub], undefined)
    const der = vectors('sm2-verify').filter(
      ({ inputs }) => inputs['encoding'] === 'der' && inputs['id'] === DEFAULT_ID,
    )
    expect(der.filter(({ valid }) => !valid).length).toBeGreaterThan(10)
    agree(der, ({ pub = '', msg = '', sig = '' }) => ['verify', pub, msg, sig], false)
    const opened = vectors('sm2-decrypt').filter(({ inputs }) => inputs['encoding'] === 'c1c3c2')
    agree(opened, ({ priv = '', ct = '' }) => ['unwrap', { number: priv }, ct], null)
  })

  test('what Python signs and wraps we verify and open, and the other way round', async () => {
    const random = seeded('gm')
    const secrets = [
      '01'.padStart(64, '0'),
      'ff'.padStart(64, '0'),
      ...[1, 2, 3].map(() => toHex(random(31))),
    ]
    const [message, secret] = [toHex(random(300)), toHex(random(32))]
    const publics = said(...secrets.map((d): Call => ['public_of', { number: d }])) as readonly string[]
    const pairs = secrets.map((d, index): Extract<PrivateKey, { suite: 'sm' }> => {
      const key = new Secret(fromHex(d.padStart(64, '0')))
      return { suite: 'sm', key, publicKey: fromHex(publics[index] ?? '') }
    })
    const theirs = said(
      ...secrets.flatMap((d, index): Call[] => [
        ['sign', { number: d }, publics[index] ?? '', message],
        ['wrap', publics[index] ?? '', secret],
      ]),
    ) as readonly string[]
    const ours: Call[] = []
    for (const [index, pair] of pairs.entries()) {
      const [signature, wrapped] = [theirs[2 * index] ?? '', theirs[2 * index + 1] ?? '']
      expect(await verify(pair, fromHex(message), fromHex(signature))).toBe(true)
      expect(await verify(pair, fromHex(secret), fromHex(signature))).toBe(false)
      expect(toHex((await unwrap(pair, fromHex(wrapped))) ?? new Uint8Array())).toBe(secret)
      const signed = toHex(await sign(pair, fromHex(message)))
      const [own = '', d = ''] = [publics[index], secrets[index]]
      ours.push(['verify', own, message, signed], ['verify', own, secret, signed])
      ours.push(['unwrap', { number: d }, toHex(await wrap(pair, fromHex(secret), random))])
    }
    expect(said(...ours)).toEqual(pairs.flatMap(() => [true, false, secret]))
  })

  test('the suite sm3-shared, both ways, and a ciphertext with one bit changed', async () => {
    const random = seeded('shared')
    const shared = toHex(random(32))
    const key = { suite: 'sm3-shared', key: new Secret(fromHex(shared)) } as const
    const message = toHex(random(200))
    const wrapped = toHex(await wrap(key, fromHex(shared), random))
    const [signature, sealed, opened, spoiled] = said(
      ['sign_shared', shared, message],
      ['wrap_shared', shared, message],
      ['unwrap_shared', shared, wrapped],
      ['unwrap_shared', shared, `${wrapped.slice(0, -1)}${wrapped.endsWith('0') ? '1' : '0'}`],
    )
    expect(signature).toBe(toHex(await sign(key, fromHex(message))))
    expect(toHex((await unwrap(key, fromHex(String(sealed)))) ?? new Uint8Array())).toBe(message)
    expect([opened, spoiled]).toEqual([shared, null])
  })

  test('SM4-CBC of every length to a few blocks', async () => {
    const random = seeded('cbc')
    const [key, iv] = [toHex(random(16)), toHex(random(16))]
    const plain = Array.from({ length: 50 }, (_, length) => toHex(random(length)))
    const wanted = await Promise.all(
      plain.map(async (one) => toHex(await sm4CbcEncrypt(fromHex(key), fromHex(iv), fromHex(one)))),
    )
    expect(said(...plain.map((one): Call => ['cbc_encrypt', key, iv, one]))).toEqual(wanted)
    expect(said(...wanted.map((one): Call => ['cbc_decrypt', key, iv, one]))).toEqual(plain)
  })
})
