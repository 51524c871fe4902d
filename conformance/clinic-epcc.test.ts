// The clinic on EPCC: mistakes planted by a sender written out here.
import { constants, createCipheriv, createHash, createPublicKey, publicEncrypt } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Bytes,
  concat,
  type PrivateKey,
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
type How = 'rsa' | 'sm'
const PROFILE: Readonly<Record<How, Profile>> = {
  rsa: PROFILES['netsunion-epcc-rsa'] as Profile,
  sm: PROFILES['netsunion-epcc-sm'] as Profile,
}
const keys = {} as Record<How, readonly KnownKey[]>
beforeAll(async () => {
  for (const how of ['rsa', 'sm'] as const)
    keys[how] = keysOfNetwork(await testNetwork(PROFILE[how], seeded('clinic'), NOON))
})
const keyOf = (how: How, name: string): KnownKey => keys[how].find((key) => key.name === name) as KnownKey

type Sender = {
  /** What is signed, out of the root, the declaration and the break. */
  readonly text?: (root: string, declaration: string, gap: string) => string | Bytes
  readonly sign?: (text: Bytes, own: PrivateKey) => Promise<Bytes> | Bytes
  readonly write?: (signature: Bytes) => string
  readonly signer?: string
  readonly gap?: string
  readonly root?: (root: string) => string
  readonly envelope?: (key: string, peer: KnownKey) => Promise<string> | string
  readonly value?: (key: string, text: string) => string
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
const random = seeded('epcc clinic')
const padded = (bytes: Bytes): Bytes =>
  concat(bytes, new Uint8Array(16 - (bytes.length % 16)).fill(16 - (bytes.length % 16)))
const zeroed = (bytes: Bytes): Bytes => concat(bytes, new Uint8Array((16 - (bytes.length % 16)) % 16))
function cipher(name: string, key: Bytes, bytes: Bytes): Bytes {
  const made = createCipheriv(name, key, name.endsWith('ecb') ? null : new Uint8Array(16)).setAutoPadding(
    false,
  )
  return concat(made.update(bytes), made.final())
}
const right = {
  rsa: (key: string, text: string) => toBase64(cipher('aes-256-ecb', utf8(key), padded(utf8(text)))),
  sm: (key: string, text: string) => toBase64(cipher('sm4-ecb', utf8(key), padded(utf8(text)))),
}
const habits = { rsa: {}, sm: { ...SM2_DEFAULT, hash: 'twice', signature: 'raw' } } as const

async function sent(how: How, sender: Sender, memo = '备注'): Promise<Bytes> {
  const key = how === 'rsa' ? 'ABCDEFGHabcdefgh0123456789ABCDEF' : '0123456789ABCDEF'
  const peer = keyOf(how, '6800000002')
  const prefix = how === 'rsa' ? '01|' : '02|'
  const envelope = await (sender.envelope?.(key, peer) ??
    wrap(peer.publicKey, utf8(prefix + key), random).then(toBase64))
  const value = (text: string) => (sender.value ?? right[how])(key, text)
  const header = `<MsgHeader><SndDt>2026-06-15T12:00:00</SndDt><MsgTp>epcc.101.001.01</MsgTp><IssrId>Z0000062010001</IssrId><Drctn>11</Drctn><SignSN>6800000003</SignSN><NcrptnSN>6800000002</NcrptnSN><DgtlEnvlp>${envelope}</DgtlEnvlp></MsgHeader>`
  const body = `<MsgBody><SgnInf><SgnAcctId>${value('6216261000000000018')}</SgnAcctId><SgnAcctNm>${value('测试甲')}</SgnAcctNm></SgnInf><TrxInf><TrxId>1</TrxId><Memo>${memo}</Memo><Nothing></Nothing></TrxInf></MsgBody>`
  const plain = `<root xmlns="namespace_string">${header}${body}</root>`
  const root = sender.root?.(plain) ?? plain
  const gap = sender.gap ?? '\r\n'
  const made = sender.text?.(root, DECLARATION, gap) ?? root
  const own = keyOf(how, sender.signer ?? '6800000003').privateKey as PrivateKey
  const text = typeof made === 'string' ? utf8(made) : made
  const signature = await (sender.sign?.(text, own) ?? sign(own, text, { ...SM2_DEFAULT, ...habits[how] }))
  return utf8(`${DECLARATION}${root}${gap}{S:${(sender.write ?? toBase64)(signature)}}`)
}

const diagnose = (bytes: Bytes, how: How) =>
  examine(bytes, { profile: PROFILE[how], keysOf: async () => keys[how] })
const ids = ({ steps }: Awaited<ReturnType<typeof diagnose>>): readonly string[] =>
  steps.flatMap(({ by }) => by.map((set) => set.map(({ id }) => id).join('+')))
const between = (text: string, name: string): string =>
  new RegExp(`<${name}>.*</${name}>`, 's').exec(text)?.[0] ?? ''
const sm = (options: Partial<typeof SM2_DEFAULT>): Sender => ({
  sign: (text, own) => sign(own, text, { ...habits.sm, ...options }),
})
const over = (
  make: (peer: KnownKey, key: string) => Promise<Bytes> | Bytes,
  write: (bytes: Bytes) => string = toBase64,
): Sender => ({
  envelope: async (key, peer) => write(await make(peer, key)),
})
const indented = (root: string, by: string): string => {
  let depth = 0
  return root
    .replace(/(<\/?)([^>]*)>([^<]*)/g, (tag: string, open: string, _: string, text: string) => {
      if (open === '</') depth -= 1
      const line = text !== '' || open === '</' ? tag : tag
      const written = `\n${by.repeat(depth)}${line}`
      if (open === '<') depth += 1
      return written
    })
    .replace(/<(\w+)>([^<\n]*)\n *<\/\1>/g, '<$1>$2</$1>')
    .trimStart()
}

const BOTH: Readonly<Record<string, Sender>> = {
  'declaration-signed': { text: (root, declaration) => declaration + root },
  'break-signed': { text: (root, _, gap) => root + gap },
  'declaration-break-signed': { text: (root, declaration, gap) => declaration + root + gap },
  'header-only-signed': { text: (root) => between(root, 'MsgHeader') },
  'body-only-signed': { text: (root) => between(root, 'MsgBody') },
  'root-left-out': { text: (root) => root.replace(/^<root[^>]*>/, '').replace(/<\/root>$/, '') },
  'line-breaks-dropped': {
    root: (root) => root.replace('<Memo>', '<Memo>\n'),
    text: (root) => root.replaceAll('\n', ''),
  },
  'line-breaks-lf': {
    root: (root) => root.replace('><', '>\r\n<'),
    text: (root) => root.replaceAll('\r\n', '\n'),
  },
  'line-breaks-crlf': {
    root: (root) => root.replace('><', '>\n<'),
    text: (root) => root.replaceAll('\n', '\r\n'),
  },
  'xml-compact': {
    root: (root) => root.replaceAll('><', '> <'),
    text: (root) => root.replaceAll('> <', '><'),
  },
  'xml-pretty': { text: (root) => indented(root, '  ') },
  'xml-pretty-four': { text: (root) => indented(root, '    ') },
  'xml-empty-long': {
    root: (root) => root.replace('<Nothing></Nothing>', '<Nothing/>'),
    text: (root) => root.replace('<Nothing/>', '<Nothing></Nothing>'),
  },
  'xml-empty-short': { text: (root) => root.replace('<Nothing></Nothing>', '<Nothing/>') },
  'namespace-dropped': { text: (root) => root.replace(' xmlns="namespace_string"', '') },
  'charset-gbk': { text: (root) => encodeText(root, 'GBK') },
  'key-other': { signer: '6800000005' },
  'key-encryption': { signer: '6800000004' },
  'signature-hex': { write: toHex },
  'signature-hex-upper': { write: (signature) => toHex(signature).toUpperCase() },
  'envelope-hex': over(
    (peer, key) => wrap(peer.publicKey, utf8((peer.publicKey.suite === 'rsa' ? '01|' : '02|') + key), random),
    toHex,
  ),
  'envelope-no-prefix': over((peer, key) => wrap(peer.publicKey, utf8(key), random)),
  'wrapped-for-other': {
    envelope: async (key, peer) =>
      toBase64(
        await wrap(
          keyOf(peer.publicKey.suite as How, '6800000006').publicKey,
          utf8((peer.publicKey.suite === 'rsa' ? '01|' : '02|') + key),
          random,
        ),
      ),
  },
}
const RSA: Readonly<Record<string, Sender>> = {
  'hashed-hex': { sign: (text, own) => sign(own, utf8(createHash('sha256').update(text).digest('hex'))) },
  'digest-sha1': { sign: (text, own) => signRsa(own as never, text, 'sha1') },
  'envelope-prefix-02': over((peer, key) => wrap(peer.publicKey, utf8(`02|${key}`), random)),
  'envelope-oaep': over((peer, key) => {
    const half = createPublicKey({
      key: Buffer.from(peer.publicKey.suite === 'rsa' ? peer.publicKey.publicKey : []),
      format: 'der',
      type: 'spki',
    })
    return new Uint8Array(
      publicEncrypt({ key: half, padding: constants.RSA_PKCS1_OAEP_PADDING }, utf8(`01|${key}`)),
    )
  }),
  'value-key-hex+value-aes-128': {
    envelope: async (_, peer) =>
      toBase64(await wrap(peer.publicKey, utf8(`01|${'0123456789abcdef'.repeat(2)}`), random)),
    value: (_, text) =>
      toBase64(
        cipher(
          'aes-128-ecb',
          new Uint8Array(Buffer.from('0123456789abcdef'.repeat(2), 'hex')),
          padded(utf8(text)),
        ),
      ),
  },
  'value-key-half+value-aes-128': {
    value: (key, text) => toBase64(cipher('aes-128-ecb', utf8(key.slice(0, 16)), padded(utf8(text)))),
  },
  'value-cbc': {
    value: (key, text) => toBase64(cipher('aes-256-cbc', utf8(key), padded(utf8(`${text}${text}`)))),
  },
  'value-padding-zero': {
    value: (key, text) => toBase64(cipher('aes-256-ecb', utf8(key), zeroed(utf8(text)))),
  },
  'value-gbk': {
    value: (key, text) => toBase64(cipher('aes-256-ecb', utf8(key), padded(encodeText(text, 'GBK')))),
  },
  'value-hex': { value: (key, text) => toHex(cipher('aes-256-ecb', utf8(key), padded(utf8(text)))) },
}
const SM: Readonly<Record<string, Sender>> = {
  'hashed-once': sm({ hash: 'once' }),
  'user-id-empty': sm({ userId: '' }),
  'user-id-certificate': sm({ userId: '6800000003' }),
  'signature-der': sm({ signature: 'der' }),
  'wrap-c1c2c3': over((peer, key) =>
    wrap(peer.publicKey, utf8(`02|${key}`), random, { ...SM2_DEFAULT, ciphertext: 'c1c2c3' }),
  ),
  'wrap-asn1': over((peer, key) =>
    wrap(peer.publicKey, utf8(`02|${key}`), random, { ...SM2_DEFAULT, ciphertext: 'asn1' }),
  ),
  'wrap-without-04': over((peer, key) =>
    wrap(peer.publicKey, utf8(`02|${key}`), random, { ...SM2_DEFAULT, point04: false }),
  ),
  'envelope-prefix-01': over((peer, key) => wrap(peer.publicKey, utf8(`01|${key}`), random)),
  'value-padding-zero': { value: (key, text) => toBase64(cipher('sm4-ecb', utf8(key), zeroed(utf8(text)))) },
  'value-cbc+value-padding-zero': {
    value: (key, text) => toBase64(cipher('sm4-cbc', utf8(key), zeroed(utf8(`${text}${text}`)))),
  },
}

const planted = (['rsa', 'sm'] as const).flatMap((how) =>
  Object.entries({ ...BOTH, ...(how === 'rsa' ? RSA : SM) }).map(([id, sender]) => ({ how, id, sender })),
)

test.each(planted)('$how: $id is the diagnosis, and nothing else is', async ({ how, id, sender }) => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom(...Array.from('ab 1四方付款')), minLength: 1, maxLength: 12 }),
      async (memo) => {
        const examined = await diagnose(await sent(how, sender, `${memo}款`), how)
        expect(ids(examined)).toEqual([id])
        expect(outcomeOf(examined)).toBe('explained')
      },
    ),
    { seed: 10, numRuns: FULL ? 20 : 2 },
  )
})

describe('other messages of EPCC', () => {
  test('what an honest sender seals is right, and what is enciphered in it is read', async () => {
    for (const how of ['rsa', 'sm'] as const) {
      expect(outcomeOf(await diagnose(await sent(how, {}), how))).toBe('right')
      const network = await testNetwork(PROFILE[how], seeded('clinic'), NOON)
      const known = keysOfNetwork(network)
      const [fields] = fc.sample(fieldsOf('agreement.apply'), { seed: 3, numRuns: 1 })
      if (fields === undefined) throw new Error('a sample')
      const { sealed } = await seal(worldOf(network, SWITCH), {
        type: 'agreement.apply',
        to: INSTITUTION,
        fields,
      })
      const examined = await examine(sealed.bytes, { keysOf: async () => known })
      expect(outcomeOf(examined)).toBe('right')
      expect(examined.profile).toBe(PROFILE[how].id)
      expect(examined.steps.map(({ step }) => step)).toEqual(['signature', 'unwrap', 'decrypt'])
      expect(examined.steps[2]?.facts.map(({ value }) => value)).toContain(fields.holderName)
    }
  })

  test('without a key it says which it takes', async () => {
    const examined = await examine(await sent('sm', {}), { profile: PROFILE.sm, keysOf: async () => [] })
    expect(outcomeOf(examined)).toBe('no key')
    expect(examined.steps.map(({ needs }) => needs?.en ?? '').join()).toMatch(/6800000003.*6800000002/)
  })

  test('a message whose content was changed is explained by nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<How>('rsa', 'sm'),
        fc.constantFrom('Memo', 'TrxId', 'IssrId', 'SndDt'),
        fc.nat(9),
        async (how, name, digit) => {
          const text = Buffer.from(await sent(how, {})).toString()
          const bytes = utf8(text.replace(`</${name}>`, `${digit}</${name}>`))
          const examined = await diagnose(bytes, how)
          expect(ids(examined)).toEqual([])
          expect(outcomeOf(examined)).toBe('unexplained')
        },
      ),
      { seed: 11, numRuns: FULL ? 300 : 40 },
    )
  })
})
