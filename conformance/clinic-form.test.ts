// The clinic on the form frames, QRC and ACP: mistakes planted by a sender written out here, over members by chance.
import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Bytes,
  concat,
  type PrivateKey,
  Secret,
  sign,
  signRsa,
  SM2_DEFAULT,
  toBase64,
  toHex,
  utf8,
  wrap,
} from '../crypto/crypto.ts'
import { INSTITUTION, seeded, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { fieldsOf } from '../wire/arbitraries.ts'
import { encodeText, type Profile, PROFILES, seal } from '../wire/wire.ts'
import { examine } from './clinic.ts'
import { outcomeOf } from './clinic-examined.ts'
import { type KnownKey, keysOfNetwork } from './clinic-keys.ts'
import { NOON, worldOf } from './clinic-sender.ts'

const FULL = process.env['SIFANG_FULL'] === '1'
type Pairs = readonly (readonly [string, string])[]
type How = 'rsa' | 'sm' | 'acp' | 'keyed'

const PROFILE: Readonly<Record<How, Profile>> = {
  rsa: PROFILES['unionpay-qrc-rsa'] as Profile,
  sm: PROFILES['unionpay-qrc-sm'] as Profile,
  acp: PROFILES['unionpay-acp'] as Profile,
  keyed: { ...(PROFILES['unionpay-acp'] as Profile), suite: 'sm3-shared' },
}
const keys = {} as Record<How, readonly KnownKey[]>
beforeAll(async () => {
  for (const how of ['rsa', 'sm', 'acp'] as const)
    keys[how] = keysOfNetwork(await testNetwork(PROFILE[how], seeded('clinic'), NOON))
  const pairOf = { suite: 'sm3-shared', key: new Secret(SECRET, '[test key]') } as const
  keys.keyed = [{ name: '6800000005', publicKey: pairOf, privateKey: pairOf }]
})
const keyOf = (how: How, name: string): KnownKey => keys[how].find((key) => key.name === name) as KnownKey

/** What every message of a test has: an empty member, capitals before small letters, a blank, a plus, Chinese, a certificate. */
const members = (how: How, more: Pairs): Pairs => [
  ['version', how === 'acp' || how === 'keyed' ? '5.1.0' : '1.0.0'],
  ...(how === 'acp' || how === 'keyed'
    ? ([
        ['encoding', 'UTF-8'],
        ['txnType', '01'],
        ['signMethod', how === 'acp' ? '01' : '12'],
        ['signPubKeyCert', '-----BEGIN CERTIFICATE-----\nMIIB+A==\n-----END CERTIFICATE-----'],
      ] as const)
    : ([
        ['reqType', '0310000903'],
        ['signType', how === 'rsa' ? '02' : '03'],
      ] as const)),
  ['certId', '6800000005'],
  ['acqCode', '48020001'],
  ['merName', '四方 商户+甲'],
  ['MerType', '1'],
  ['aAb', '2'],
  ['aab', '3'],
  ['reqReserved', 'a&b=c'],
  ['backUrl', ''],
  ...more,
]

type Sender = {
  readonly string?: (pairs: Pairs) => Bytes | string
  readonly hashed?: (text: Bytes) => Bytes
  readonly sign?: (text: Bytes, own: PrivateKey) => Promise<Bytes> | Bytes
  readonly write?: (signature: Bytes) => string
  readonly signer?: string
  readonly body?: (pairs: Pairs) => Bytes
  readonly pairs?: (pairs: Pairs) => Pairs
}

const by = (order: (a: string, b: string) => number) => (pairs: Pairs) =>
  pairs.toSorted(([a], [b]) => order(a, b))
const bytewise = by((a, b) => (a < b ? -1 : a > b ? 1 : 0))
const full = (pairs: Pairs): Pairs => pairs.filter(([, value]) => value !== '')
const joined = (pairs: Pairs): string => pairs.map(([name, value]) => `${name}=${value}`).join('&')
const canonical = (pairs: Pairs): string => joined(bytewise(full(pairs)))
const digest = (name: string, text: Bytes): Bytes => new Uint8Array(createHash(name).update(text).digest())
const hex =
  (name: string) =>
  (text: Bytes): Bytes =>
    utf8(toHex(digest(name, text)))
/** As a browser and Java's URLEncoder write. */
const encoded = (pairs: Pairs): Bytes =>
  utf8(new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString())
const url = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1)
const SECRET = utf8('0123456789abcdef0123456789abcdef')

async function sent(how: How, sender: Sender, more: Pairs = []): Promise<Bytes> {
  const pairs = (sender.pairs ?? ((one: Pairs) => one))(members(how, more))
  const made = (sender.string ?? canonical)(pairs)
  const text = typeof made === 'string' ? utf8(made) : made
  const own = keyOf(how, sender.signer ?? '6800000005').privateKey as PrivateKey
  const hashed = (
    sender.hashed ?? (how === 'keyed' ? (one: Bytes) => one : hex(how === 'sm' ? 'sm3' : 'sha256'))
  )(text)
  const signature = await (sender.sign?.(hashed, own) ?? signed(how, hashed, own))
  const written = (sender.write ?? (how === 'keyed' ? toHex : toBase64))(signature)
  return (sender.body ?? encoded)([...pairs, ['signature', written]])
}

const signed = (how: How, text: Bytes, own: PrivateKey): Promise<Bytes> | Bytes =>
  how === 'keyed' ? digest('sm3', concat(text, utf8(`&${toHex(digest('sm3', SECRET))}`))) : sign(own, text)

const diagnose = (bytes: Bytes, how: How) =>
  examine(bytes, { profile: PROFILE[how], keysOf: async () => keys[how] })
const ids = ({ steps }: Awaited<ReturnType<typeof diagnose>>): readonly string[] =>
  steps.flatMap(({ by: sets }) => sets.map((set) => set.map(({ id }) => id).join('+')))

const without = (name: string): Sender => ({
  string: (pairs) => canonical(pairs.filter(([one]) => one !== name)),
})
const own = (make: (pairs: Pairs) => Bytes | string): Sender => ({ string: make })
const keyed = (make: (text: Bytes, key: Bytes) => Bytes): Sender => ({ sign: (text) => make(text, SECRET) })
/** Of every form. */
const FORM: Readonly<Record<string, Sender>> = {
  'empty-kept': own((pairs) => joined(bytewise(pairs))),
  'sort-unsorted': own((pairs) => joined(full(pairs))),
  'sort-ignore-case': own((pairs) =>
    joined(
      by((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0))(
        full(pairs),
      ),
    ),
  ),
  'sort-locale': own((pairs) => joined(by((a, b) => a.localeCompare(b, 'en'))(full(pairs)))),
  'sort-descending': own((pairs) => joined(bytewise(full(pairs)).toReversed())),
  'signature-included': own((pairs) => joined(bytewise([...full(pairs), ['signature', '']]))),
  'cert-id-left-out': without('certId'),
  'reserved-left-out': without('reqReserved'),
  'url-encoded': own((pairs) => canonical(pairs.map(([name, value]) => [name, url(value)]))),
  'url-encoded-lower': own((pairs) =>
    canonical(
      pairs.map(([name, value]) => [name, url(value).replace(/%../g, (escape) => escape.toLowerCase())]),
    ),
  ),
  'url-encoded-20': own((pairs) =>
    canonical(pairs.map(([name, value]) => [name, url(value).replaceAll('+', '%20')])),
  ),
  'plus-as-itself': {
    body: (pairs) =>
      utf8(
        Buffer.from(encoded(pairs))
          .toString()
          .replaceAll('%2B', '+')
          .replace(
            /(signature=)(.*)$/,
            (_, name: string, value: string) => name + value.replaceAll('+', '%2B'),
          ),
      ),
    pairs: (pairs) => pairs.map(([name, value]) => [name, value.replaceAll(' ', '')]),
  },
  'values-not-trimmed': {
    pairs: (pairs) => pairs.map(([name, value]) => [name, name === 'merName' ? ` ${value} ` : value]),
  },
  'tail-ampersand': own((pairs) => `${canonical(pairs)}&`),
  'tail-lf': own((pairs) => `${canonical(pairs)}\n`),
  'tail-crlf': own((pairs) => `${canonical(pairs)}\r\n`),
  'charset-gbk': own((pairs) => encodeText(canonical(pairs), 'GBK')),
  'values-only': own((pairs) =>
    bytewise(full(pairs))
      .map(([, value]) => value)
      .join('&'),
  ),
  'no-ampersands': own((pairs) =>
    canonical(pairs.map(([name, value]) => [name, value.replaceAll('&', '\0')]))
      .replaceAll('&', '')
      .replaceAll('\0', '&'),
  ),
  'braces-signed': own((pairs) => `{${canonical(pairs)}}`),
  'key-other': { signer: '6800000003' },
  'key-encryption': { signer: '6800000006' },
}
const HASHED: Readonly<Record<string, Sender>> = {
  'hashed-once': { hashed: (text) => text },
  'hashed-hex-upper': { hashed: (text) => utf8(toHex(digest('sha256', text)).toUpperCase()) },
  'hashed-twice': { hashed: (text) => digest('sha256', text) },
  'first-digest-sha1': { hashed: hex('sha1') },
  'first-digest-sm3': { hashed: hex('sm3') },
  'first-digest-md5': { hashed: hex('md5') },
  'digest-sha1': { hashed: hex('sha1'), sign: (text, key) => signRsa(key as never, text, 'sha1') },
  'signature-hex': { write: toHex },
  'signature-hex-upper': { write: (signature) => toHex(signature).toUpperCase() },
  'signature-base64url': { write: (signature) => Buffer.from(signature).toString('base64url') },
  'signature-base64-lines': { write: (signature) => toBase64(signature).replace(/.{60}/g, '$&\n') },
  'signature-hex-of-base64': { write: (signature) => toHex(utf8(toBase64(signature))) },
  'signature-base64-blanks': {
    body: (pairs) =>
      utf8(
        Buffer.from(encoded(pairs))
          .toString()
          .replace(
            /(signature=)(.*)$/,
            (_, name: string, value: string) => name + value.replaceAll('%2B', '+'),
          ),
      ),
  },
}
const SM: Readonly<Record<string, Sender>> = {
  'hashed-once': { hashed: (text) => text },
  'hashed-twice': { hashed: (text) => digest('sm3', text) },
  'hashed-hex-upper': { hashed: (text) => utf8(toHex(digest('sm3', text)).toUpperCase()) },
  'first-digest-sha256': { hashed: hex('sha256') },
  'user-id-empty': { sign: (text, key) => sign(key, text, { ...SM2_DEFAULT, userId: '' }) },
  'user-id-certificate': { sign: (text, key) => sign(key, text, { ...SM2_DEFAULT, userId: '6800000005' }) },
  'user-id-party': { sign: (text, key) => sign(key, text, { ...SM2_DEFAULT, userId: '48020001' }) },
  'signature-raw': { sign: (text, key) => sign(key, text, { ...SM2_DEFAULT, signature: 'raw' }) },
  'signature-hex': { write: toHex },
}
const ACP: Readonly<Record<string, Sender>> = {
  'cert-left-out': without('signPubKeyCert'),
  'sign-method-left-out': without('signMethod'),
  'encoding-left-out': without('encoding'),
}
const KEYED: Readonly<Record<string, Sender>> = {
  'keyed-plain': keyed((text, key) => digest('sm3', concat(text, utf8('&key='), key))),
  'keyed-appended': keyed((text, key) => digest('sm3', concat(text, utf8('&'), key))),
  'keyed-upper': keyed((text, key) =>
    digest('sm3', concat(text, utf8(`&${toHex(digest('sm3', key)).toUpperCase()}`))),
  ),
  'keyed-no-ampersand': keyed((text, key) => digest('sm3', concat(text, utf8(toHex(digest('sm3', key)))))),
  'keyed-prepended': keyed((text, key) => digest('sm3', concat(utf8(`${toHex(digest('sm3', key))}&`), text))),
  'keyed-hmac': keyed((text, key) => new Uint8Array(createHmac('sm3', key).update(text).digest())),
  'digest-sha256': keyed((text, key) =>
    digest('sha256', concat(text, utf8(`&${toHex(digest('sha256', key))}`))),
  ),
  'signature-base64': { write: toBase64 },
}

const each = (how: How, table: Readonly<Record<string, Sender>>) =>
  Object.entries(table).map(([id, sender]) => ({ how, id, sender }))
const planted = [
  ...each('rsa', { ...FORM, ...HASHED }),
  ...each('sm', { ...FORM, ...SM }),
  ...each('acp', { ...FORM, ...HASHED, ...ACP }),
  ...each('keyed', { ...FORM, ...ACP, ...KEYED }).filter(
    ({ id }) => !id.startsWith('key-') && id !== 'cert-left-out',
  ),
]

/** One message in some has no + in its signature: those are no mistake. */
const someone = async (how: How, sender: Sender, more: (turn: number) => Pairs): Promise<Bytes> => {
  for (let turn = 0; ; turn += 1) {
    const bytes = await sent(how, sender, more(turn))
    if (outcomeOf(await diagnose(bytes, how)) !== 'right' || turn > 20) return bytes
  }
}

test.each(planted)('$how: $id is the diagnosis, and nothing else is', async ({ how, id, sender }) => {
  const examined = await diagnose(await someone(how, sender, (turn) => [['orderNo', `ORDER${turn}`]]), how)
  expect(ids(examined)).toEqual([id])
  expect(outcomeOf(examined)).toBe('explained')
})

const some = fc.array(
  fc.tuple(
    fc.constantFrom('orderNo', 'txnAmt', 'termId', 'Zone', 'areaInfo', 'payerComments'),
    fc
      .string({
        unit: fc.constantFrom(...Array.from('abcXYZ019 +&=%/元付款{}')),
        minLength: 1,
        maxLength: 20,
      })
      .map((text) => text.trim()),
  ),
  { maxLength: 4 },
)
const distinct = (pairs: Pairs): Pairs => [...new Map(pairs)].map(([name, value]) => [name, value] as const)

test.each(planted)('$how: $id is found in any message', async ({ how, id, sender }) => {
  await fc.assert(
    fc.asyncProperty(some, async (more) => {
      const examined = await diagnose(await sent(how, sender, distinct(more)), how)
      if (outcomeOf(examined) === 'right') expect(id).toMatch(/^signature-base64/)
      else expect(ids(examined)).toContain(id)
    }),
    { seed: 8, numRuns: FULL ? 20 : 2 },
  )
})

describe('other forms', () => {
  test('what an honest sender of each frame seals is right, request and reply, and what is encrypted in it is read', async () => {
    for (const id of ['unionpay-qrc-rsa', 'unionpay-qrc-sm', 'unionpay-acp']) {
      const network = await testNetwork(PROFILES[id] as Profile, seeded('clinic'), NOON)
      const known = keysOfNetwork(network)
      for (const [from, to, type] of [
        [INSTITUTION, SWITCH, 'token.apply'],
        [SWITCH, INSTITUTION, 'token.apply.reply'],
      ] as const) {
        const { sealed } = await seal(worldOf(network, from), {
          type,
          to,
          fields: fc.sample(fieldsOf(type), { seed: 3, numRuns: 1 })[0],
          ref: 'signNo=SIGN00000001',
        } as never)
        const examined = await examine(sealed.bytes, { keysOf: async () => known })
        expect(examined.profile).toBe(id)
        expect(
          examined.steps.map(({ step, result }) => `${step} ${result}`),
          `${id} ${type}`,
        ).not.toContain('signature unexplained')
        expect(outcomeOf(examined), `${id} ${type}`).toBe('right')
      }
    }
  })

  test('a body that was not URL-encoded at all', async () => {
    const bytes = await sent('sm', {
      pairs: (pairs) => pairs.map(([name, value]) => [name, value.replaceAll('&', '')]),
      body: (pairs) => utf8(pairs.map(([name, value]) => `${name}=${value}`).join('&')),
    })
    const examined = await examine(bytes, { profile: PROFILE.sm, form: 'body', keysOf: async () => keys.sm })
    expect(ids(examined)).toContain('not-url-encoded')
  })

  test('payerInfo: what was encrypted wrongly is told by its member', async () => {
    const peer = keyOf('sm', '6800000002').publicKey
    const random = seeded('payer')
    const make = async (
      options: Partial<typeof SM2_DEFAULT>,
      write: (bytes: Bytes) => string = toBase64,
    ): Promise<Pairs> => [
      ['encryptCertId', '6800000002'],
      [
        'payerInfo',
        write(
          await wrap(peer, utf8('{accNo=6216261000000000018&name=甲}'), random, {
            ...SM2_DEFAULT,
            ...options,
          }),
        ),
      ],
    ]
    for (const [id, pairs] of [
      ['wrap-c1c2c3', await make({ ciphertext: 'c1c2c3' })],
      ['wrap-asn1', await make({ ciphertext: 'asn1' })],
      ['wrap-without-04', await make({ point04: false })],
      ['field-hex', await make({}, toHex)],
    ] as const) {
      const examined = await diagnose(await sent('sm', {}, pairs), 'sm')
      expect(ids(examined)).toEqual([id])
      expect(examined.steps.map(({ step, result }) => [step, result])).toEqual([
        ['signature', 'right'],
        ['decrypt', 'explained'],
      ])
    }
    const fine = await diagnose(await sent('sm', {}, await make({})), 'sm')
    expect(fine.steps[1]?.facts.map(({ value }) => value)).toContain('{accNo=6216261000000000018&name=甲}')
  })

  test('a message whose content was changed is explained by nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<How>('rsa', 'sm', 'acp', 'keyed'),
        some,
        fc.nat(),
        async (how, more, place) => {
          const bytes = await sent(how, { body: (pairs) => encoded(changed(pairs, place)) }, distinct(more))
          const examined = await diagnose(bytes, how)
          expect(ids(examined)).toEqual([])
          expect(outcomeOf(examined)).toBe('unexplained')
        },
      ),
      { seed: 9, numRuns: FULL ? 400 : 60 },
    )
  })
})

/** One value is another, the certificate's number apart: who changes that names another key. */
function changed(pairs: Pairs, place: number): Pairs {
  const may = pairs.flatMap(([name, value], index) =>
    ['certId', 'signature', 'signMethod', 'signType', 'encoding'].includes(name) || value === ''
      ? []
      : [index],
  )
  const at = may[place % may.length] ?? 0
  return pairs.map(([name, value], index) => [name, index === at ? `${value}7` : value])
}
