// The clinic on sifang/1, beyond single mistakes: right messages, libraries' own signatures, several mistakes at once, no
// key at hand, and messages that were changed, which nothing may explain.
import { createPrivateKey, generateKeyPairSync, sign as nodeSign, webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { sm2 as otherSm2 } from 'sm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Bytes,
  concat,
  fromHex,
  hmacSm3,
  type PrivateKey,
  readKeyFile,
  sign,
  sm2Identity,
  SM2_DEFAULT,
  sm4Encrypt,
  toHex,
  utf8,
  wrap,
  writePkcs8,
} from '../crypto/crypto.ts'
import { INSTITUTION, seeded, SWITCH, type TestNetwork, testNetwork } from '../scenarios/scenarios.ts'
import { fieldsOf } from '../wire/arbitraries.ts'
import { encode, type Profile, PROFILES, type Fields, frameBytes, readFrame, seal } from '../wire/wire.ts'
import { examine } from './clinic.ts'
import { outcomeOf } from './clinic-examined.ts'
import { type KnownKey, keysOfNetwork } from './clinic-keys.ts'
import {
  be,
  DEBIT,
  derOf,
  keyIn,
  NOON,
  type Order,
  type Place,
  right,
  type Sender,
  worldOf,
  sent as sentFrom,
} from './clinic-sender.ts'

const FULL = process.env['SIFANG_FULL'] === '1'

const PROFILE = { ste: 'unionpay', ets: 'unionpay-ets' } as const

const networks = {} as Record<Order, TestNetwork>
const keys = {} as Record<Order, readonly KnownKey[]>
beforeAll(async () => {
  for (const order of ['ste', 'ets'] as const) {
    networks[order] = await networkOf(PROFILE[order], 'clinic')
    keys[order] = keysOfNetwork(networks[order])
  }
})

const networkOf = (id: string, seed: string): Promise<TestNetwork> =>
  testNetwork(PROFILES[id] as Profile, seeded(seed), NOON)
const random = seeded('clinic wraps')
const placeOf = (order: Order): Place => ({
  order,
  world: worldOf(networks[order], SWITCH),
  keys: keys[order],
})
const keyOf = (order: Order, name: string): KnownKey => keyIn(placeOf(order), name)
const sent = (order: Order, sender: Sender, fields: Fields<'debit'> = DEBIT): Promise<Bytes> =>
  sentFrom(placeOf(order), sender, fields)

const diagnose = (bytes: Bytes, order: Order, known = keys[order]) =>
  examine(bytes, { keysOf: async () => known })
type Diagnosed = Awaited<ReturnType<typeof diagnose>>
const ids = ({ steps }: Diagnosed): readonly string[] =>
  steps.flatMap(({ by }) => by.map((set) => set.map(({ id }) => id).join('+')))

/** A signature over a digest as it is given: no Z, no hash. */
const over = (e: Bytes, key: PrivateKey): Bytes => {
  const d = /0201010420([0-9a-f]{64})/.exec(toHex(writePkcs8(key)))?.[1] ?? ''
  return fromHex(otherSm2.doSignature([...e] as unknown as string, d, { hash: false }))
}

describe('other senders', () => {
  test('a right message is called right, in both orders and the shared suite', async () => {
    for (const order of ['ste', 'ets'] as const) {
      const examined = await diagnose(await sent(order, {}), order)
      expect(outcomeOf(examined)).toBe('right')
      expect(examined.steps.map(({ result }) => result)).toEqual(['right', 'right', 'right', 'right'])
    }
    const network = await networkOf('sim', 'clinic')
    const { sealed } = await seal(worldOf(network, SWITCH), { type: 'debit', to: INSTITUTION, fields: DEBIT })
    const examined = await examine(sealed.bytes, { keysOf: async () => keysOfNetwork(network) })
    expect(outcomeOf(examined)).toBe('right')
  })

  test('Node’s own signatures: ECDSA with a key just made, SM2 without a user id with one that was imported', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' })
    const file = readKeyFile(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
    if (file.kind !== 'key') throw new Error(file.because)
    const peer: KnownKey = {
      name: '6800000001',
      owner: SWITCH,
      use: 'sign',
      publicKey: { suite: 'sm', publicKey: file.publicKey },
    }
    const known = keys.ste.map((key) => (key.name === peer.name ? peer : key))
    const made = await sent('ste', {
      sign: (message) => new Uint8Array(nodeSign('sm3', message, privateKey)),
    })
    expect(ids(await diagnose(made, 'ste', known))).toEqual(['signature-ecdsa'])
    const again = createPrivateKey({
      key: privateKey.export({ type: 'pkcs8', format: 'der' }),
      format: 'der',
      type: 'pkcs8',
    })
    const imported = await sent('ste', { sign: (message) => new Uint8Array(nodeSign('sm3', message, again)) })
    expect(ids(await diagnose(imported, 'ste', known))).toEqual(['user-id-empty'])
  })

  test('SHA-256 in place of SM3', async () => {
    const hashed = async (message: Bytes): Promise<Bytes> =>
      new Uint8Array(await webcrypto.subtle.digest('SHA-256', Uint8Array.from(message)))
    const key = keyOf('ste', '6800000001').publicKey
    if (key.suite !== 'sm') throw new Error('a pair')
    const z = sm2Identity(key.publicKey, SM2_DEFAULT.userId)
    const bytes = await sent('ste', {
      sign: async (message, own) => derOf(over(await hashed(concat(z, message)), own)),
    })
    expect(ids(await diagnose(bytes, 'ste'))).toEqual(['digest-sha256'])
  })

  test('the order of the envelope: signed outside where the profile signs inside, and the other way round', async () => {
    const outside = await diagnose(
      await sent('ste', { outside: true, message: (parts, lp) => right('ets', parts, lp) }),
      'ste',
    )
    expect(ids(outside)).toEqual(['order-signed-outside', 'order-signed-outer'])
    const inside = await diagnose(
      await sent('ets', { inside: true, message: (parts, lp) => right('ste', parts, lp) }),
      'ets',
    )
    expect(ids(inside)).toEqual(['order-signed-inner', 'order-signed-inside'])
  })

  test('two mistakes at one step are found as two, and one at each of several steps is told at its own', async () => {
    const bytes = await sent('ste', {
      encrypt: (ke, _, plain) => sm4Encrypt(ke, new Uint8Array(16), plain),
      wrap: (key, peer) => wrap(peer.publicKey, key, random, { ...SM2_DEFAULT, ciphertext: 'c1c2c3' }),
      tag: (km, { W, iv, C }) => hmacSm3(km, concat(utf8('sifang/1 tag\0'), be(W), be(iv), be(C))),
      sign: (message, own) => sign(own, message, { ...SM2_DEFAULT, userId: '', signature: 'raw' }),
    })
    expect(ids(await diagnose(bytes, 'ste'))).toEqual([
      'wrap-c1c2c3',
      'tag-without-head',
      'iv-zero',
      'user-id-empty+signature-raw',
    ])
  })

  test('without a key it says which it takes', async () => {
    const bytes = await sent('ste', {})
    const none = await diagnose(bytes, 'ste', [])
    expect(outcomeOf(none)).toBe('no key')
    expect(none.steps[0]?.needs?.en).toContain('6800000004')
    const strangers = keysOfNetwork(await networkOf('unionpay', 'somebody else')).filter(
      ({ name }) => name !== '6800000001',
    )
    const opened = [...strangers.filter(({ name }) => name !== '6800000004'), keyOf('ste', '6800000004')]
    expect((await diagnose(bytes, 'ste', opened)).steps.at(-1)).toMatchObject({
      result: 'no key',
      needs: { en: expect.stringContaining('6800000001') },
    })
  })
})

test('a message whose content was changed is explained by nothing', async () => {
  let none = 0
  await fc.assert(
    fc.asyncProperty(
      fieldsOf('debit'),
      fc.constantFrom<Order>('ste', 'ets'),
      fc.constantFrom('amount', 'seal', 'signature', 'tag'),
      async (fields, order, what) => {
        const bytes = await altered(order, fields, what)
        const examined = await diagnose(bytes, order)
        expect(outcomeOf(examined), what).toBe('unexplained')
        expect(ids(examined)).toEqual([])
        none += 1
      },
    ),
    { seed: 7, numRuns: FULL ? 300 : 60 },
  )
  expect(none).toBe(FULL ? 300 : 60)
})

/** The amount after signing, or one bit of the sealed block, of the signature or of the tag. */
async function altered(order: Order, fields: Fields<'debit'>, what: string): Promise<Bytes> {
  if (what === 'amount' && order === 'ste') {
    const dearer = encode('debit', { ...fields, amount: fields.amount + 1n }, 'unionpay')
    return sent(order, { inner: (_, signature) => concat(be(dearer), be(signature)) }, fields)
  }
  if (what === 'signature')
    return sent(order, { sign: async (message, own) => flipped(await sign(own, message), -1) }, fields)
  const bytes = await sent(order, {}, fields)
  const frame = readFrame(bytes)
  if ('fault' in frame) throw new Error('no frame')
  const part = what === 'tag' ? 'tag' : 'cipher'
  return frameBytes({ ...frame.parts, [part]: flipped(frame.parts[part], 5) })
}

function flipped(bytes: Bytes, at: number): Bytes {
  const copy = Uint8Array.from(bytes)
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}
