// An EPCC message examined: what is signed, the signature, the digital envelope and the values under its key.
import {
  type Bytes,
  fromBase64,
  fromHex,
  type LooseCipher,
  looseDecrypt,
  rsaUnwrapOaep,
  toHex,
  unwrap,
  utf8,
} from '../crypto/crypto.ts'
import { EPCC_ENCIPHERED, type Profile } from '../wire/wire.ts'
import { EPCC_MISTAKES, type EpccSeen, epccText } from './clinic-epcc-text.ts'
import {
  asked,
  type Examined,
  fact,
  namesKey,
  skipped,
  type StepExamined,
  unkeyed,
} from './clinic-examined.ts'
import { type KnownKey, keyNamed } from './clinic-keys.ts'
import { keyMistakes, mistakesOf, SIGNATURE_MISTAKES, userIdMistakes } from './clinic-mistakes.ts'
import { SEALED_MISTAKES } from './clinic-sealed.ts'
import type { Choices, Question, Try } from './clinic-search.ts'
import { sm2Digest, triesOf, type Verified } from './clinic-signature.ts'

// biome-ignore format: one mistake, one row
export const ENVELOPE_MISTAKES = mistakesOf([
  ['envelope-hex', 'envelopeCoding', 'hex', '数字信封写成了十六进制', 'the envelope is written in hex', '写成 base64', 'write it in base64'],
  ['envelope-no-prefix', 'prefix', 'none', '信封内缺少 01| 或 02| 前缀', 'the 01| or 02| before the key is missing', '封装 {right} 加密钥文本', 'wrap {right} and the key’s text'],
  ['envelope-prefix-01', 'prefix', '01|', '信封内的前缀是 01|', 'the prefix in the envelope is 01|', '前缀应为 {right}', 'it must be {right}'],
  ['envelope-prefix-02', 'prefix', '02|', '信封内的前缀是 02|', 'the prefix in the envelope is 02|', '前缀应为 {right}', 'it must be {right}'],
  ['envelope-oaep', 'rsaPadding', 'oaep', '信封用了 OAEP 填充', 'the envelope was made with OAEP padding', '用 PKCS#1 v1.5 填充', 'use PKCS#1 v1.5 padding'],
])

// biome-ignore format: one mistake, one row
export const VALUE_MISTAKES = mistakesOf([
  ['value-key-hex', 'keyBytes', 'hex', '把密钥文本按十六进制解码成了密钥', 'the key’s text was decoded from hex', '密钥文本的 ASCII 字节就是密钥', 'the ASCII bytes of the key’s text are the key'],
  ['value-key-base64', 'keyBytes', 'base64', '把密钥文本按 base64 解码成了密钥', 'the key’s text was decoded from base64', '密钥文本的 ASCII 字节就是密钥', 'the ASCII bytes of the key’s text are the key'],
  ['value-key-half', 'keyBytes', 'half', '只用了密钥文本的前 16 个字符', 'only the first 16 characters of the key’s text were used', '密钥文本的全部 ASCII 字节就是密钥', 'all ASCII bytes of the key’s text are the key'],
  ['value-cbc', 'mode', 'cbc', '用了 CBC，iv 全零', 'CBC was used, with an iv of zeros', '用 {right} 模式', 'use the mode {right}'],
  ['value-ecb', 'mode', 'ecb', '用了 ECB', 'ECB was used', '用 {right} 模式', 'use the mode {right}'],
  ['value-sm4', 'cipher', 'sm4', '用了 SM4', 'SM4 was used', '用 {right}', 'use {right}'],
  ['value-aes-128', 'cipher', 'aes-128', '用了 AES-128', 'AES-128 was used', '用 {right}', 'use {right}'],
  ['value-padding-zero', 'padding', 'zero', '用零字节填充', 'values are filled with zeros', '用 PKCS#7 填充', 'pad after PKCS#7'],
  ['value-hex', 'valueCoding', 'hex', '密文写成了十六进制', 'the ciphertext is written in hex', '写成 base64，不换行', 'write it in base64, without line breaks'],
  ['value-gbk', 'charset', 'gbk', '明文用了 GBK 编码', 'the plain text was in GBK', '明文用 UTF-8', 'encipher UTF-8 text'],
])

export async function examineEpcc(
  bytes: Bytes,
  seen: EpccSeen,
  profile: Profile,
  keys: readonly KnownKey[],
): Promise<Examined> {
  const text = Buffer.from(bytes.subarray(...seen.root)).toString('utf8')
  const header = (name: string): string =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1]?.trim() ?? ''
  const what = { zh: '网联式 XML 报文（EPCC）', en: 'an XML message of EPCC' }
  const head = HEADER.filter((name) => header(name) !== '').map((name) => fact(name, name, header(name)))
  const mine = keys.filter(({ publicKey }) => publicKey.suite === profile.suite)
  return {
    frame: 'epcc',
    what,
    profile: profile.id,
    head,
    faults: [],
    steps: [
      await signatureStep(bytes, seen, profile, mine, header),
      ...(await envelopeSteps(text, profile, mine, header)),
    ],
  }
}

const HEADER = ['SndDt', 'MsgTp', 'IssrId', 'Drctn', 'SignSN', 'NcrptnSN']

/** Ten digits there, none in front in the directory. */
const serial = (text: string): string => text.replace(/^0+(?=\d)/, '')

const rightFor = ({ suite, sm2 }: Pick<Profile, 'suite' | 'sm2'>, named: string): Choices => ({
  span: 'root',
  breaks: 'sent',
  xml: 'sent',
  charset: 'utf8',
  coding: 'base64',
  firstDigest: 'same',
  key: named,
  ...(suite === 'rsa'
    ? { first: 'no', digest: 'sha256', algorithm: 'rsa' }
    : {
        first: sm2.hash === 'twice' ? 'bytes' : 'no',
        digest: 'sm3',
        userId: sm2.userId,
        form: sm2.signature,
        halves: 'r-s',
        algorithm: 'sm2',
      }),
})

async function signatureStep(
  bytes: Bytes,
  seen: EpccSeen,
  { suite, sm2 }: Profile,
  keys: readonly KnownKey[],
  header: (name: string) => string,
): Promise<StepExamined> {
  const id = serial(header('SignSN'))
  const signer = keyNamed(keys, id, 'sign')
  const named = signer?.name ?? id
  const right = rightFor({ suite, sm2 }, named)
  const signature = seen.signature === undefined ? new Uint8Array() : bytes.subarray(...seen.signature)
  const made = new Map<string, Bytes | undefined>()
  const message = (choices: Choices): Bytes | undefined => {
    const name = ['span', 'breaks', 'xml', 'charset'].map((choice) => choices[choice]).join(' ')
    if (!made.has(name)) made.set(name, epccText(bytes, seen, choices))
    return made.get(name)
  }
  const [from, to] = seen.root
  const key = signer?.publicKey
  const sm = key?.suite === 'sm' ? sm2Digest(key.publicKey, bytes.subarray(from, to), right) : undefined
  const facts = [
    fact('签名证书 SignSN', 'signing certificate SignSN', header('SignSN')),
    ...(signer === undefined ? [] : [namesKey(signer, 'sign')]),
    fact('签名覆盖字节', 'the signature covers bytes', `${from}–${to}`),
    ...(sm === undefined ? [] : [fact('Z', 'Z', toHex(sm.z)), fact('e', 'e', toHex(sm.e))]),
  ]
  if (signature.length === 0) return { step: 'signature', result: 'missing', by: [], facts }
  const own = SIGNATURE_MISTAKES.filter(({ id: name }) =>
    name === 'signature-ecdsa'
      ? suite === 'sm'
      : name === 'signature-no-digest-info'
        ? suite === 'rsa'
        : true,
  )
  const { examined, found } = await asked<Verified>(
    'signature',
    {
      right,
      mistakes: [
        ...EPCC_MISTAKES,
        ...own,
        ...(suite === 'sm' ? userIdMistakes([header('SignSN'), header('IssrId')]) : []),
        ...keyMistakes(named, keys, signer?.owner),
      ],
      tries: triesOf({ signature: () => signature, keys, message }),
    },
    () => facts,
  )
  if (signer !== undefined || 'value' in found) return examined
  return {
    ...examined,
    result: 'no key',
    needs: { zh: `需要证书 ${id} 或它的公钥`, en: `it takes certificate ${id} or its public key` },
  }
}

type Envelope = { readonly holder: KnownKey; readonly key: string }

async function envelopeSteps(
  text: string,
  profile: Profile,
  keys: readonly KnownKey[],
  header: (name: string) => string,
): Promise<readonly StepExamined[]> {
  const written = header('DgtlEnvlp')
  if (written === '') return []
  const id = serial(header('NcrptnSN'))
  const held = keys.filter(({ privateKey }) => privateKey !== undefined)
  const holder = keyNamed(keys, id, 'encrypt')
  const facts = [fact('加密证书 NcrptnSN', 'encryption certificate NcrptnSN', header('NcrptnSN'))]
  const needs = {
    zh: `需要加密证书 ${id} 的私钥`,
    en: `it takes the private key of encryption certificate ${id}`,
  }
  if (held.length === 0) return [unkeyed('unwrap', needs, facts), skipped('decrypt')]
  const named = holder?.name ?? id
  const { examined, found } = await asked<Envelope>(
    'unwrap',
    {
      ...envelopeQuestion(written, named, held, profile),
      mistakes: [
        ...ENVELOPE_MISTAKES,
        ...SEALED_MISTAKES,
        ...keyMistakes(named, held, holder?.owner).map((one) => ({ ...one, id: 'wrapped-for-other' })),
      ],
    },
    (result) => [...facts, ...('value' in result ? [namesKey(result.value.holder, 'encrypt')] : [])],
  )
  if (!('value' in found))
    return [
      holder?.privateKey === undefined ? { ...examined, result: 'no key' as const, needs } : examined,
      skipped('decrypt'),
    ]
  const values = valuesIn(text)
  if (values.length === 0) return [examined]
  const decrypted = await asked<readonly string[]>(
    'decrypt',
    { ...valueQuestion(values, found.value.key, profile), mistakes: VALUE_MISTAKES },
    (result) =>
      values.map(([name], index) =>
        fact(`字段 ${name}`, `element ${name}`, 'value' in result ? (result.value[index] ?? '') : '?'),
      ),
  )
  return [examined, decrypted.examined]
}

function envelopeQuestion(
  written: string,
  named: string,
  keys: readonly KnownKey[],
  { suite, sm2 }: Profile,
): Pick<Question<Envelope>, 'right' | 'tries'> {
  const right = {
    envelopeCoding: 'base64',
    prefix: suite === 'rsa' ? '01|' : '02|',
    key: named,
    ...(suite === 'rsa'
      ? { rsaPadding: 'pkcs1' }
      : { wrapForm: sm2.ciphertext, wrapPoint: sm2.point04 ? 'with' : 'without' }),
  }
  return {
    right,
    tries: (choices): readonly Try<Envelope>[] => {
      const holder = keys.find(({ name }) => name === choices['key'])
      const privateKey = holder?.privateKey
      const bytes = choices['envelopeCoding'] === 'hex' ? hexIn(written) : fromBase64(written)
      if (holder === undefined || privateKey === undefined || bytes === undefined) return []
      if (choices['wrapPoint'] === 'double') return []
      const ciphertext = (choices['wrapForm'] ?? sm2.ciphertext) as Profile['sm2']['ciphertext']
      const point04 = choices['wrapPoint'] !== 'without'
      const oaep = choices['rsaPadding'] === 'oaep'
      const prefix = choices['prefix'] ?? ''
      return [
        {
          print: [holder.name, toHex(bytes), ciphertext, point04, oaep, prefix].join(' '),
          holds: async () => {
            const opened =
              oaep && privateKey.suite === 'rsa'
                ? rsaUnwrapOaep(privateKey, bytes)
                : await unwrap(privateKey, bytes, { ...sm2, ciphertext, point04 })
            const key = opened === undefined ? undefined : keyAfter(opened, prefix)
            return key === undefined ? undefined : { holder, key }
          },
        },
      ]
    },
  }
}

/** Text after the prefix: letters and digits, or base64, of a key's length. RSA answers a wrong key with chance. */
function keyAfter(opened: Bytes, prefix: string): string | undefined {
  const text = Buffer.from(opened).toString('latin1')
  const start = prefix === 'none' ? '' : prefix
  const key = text.slice(start.length)
  return text.startsWith(start) && /^[A-Za-z0-9+/=]{16,64}$/.test(key) ? key : undefined
}

const hexIn = (text: string): Bytes | undefined =>
  /^([0-9a-fA-F]{2})+$/.test(text) ? fromHex(text) : undefined

/** Elements that travel enciphered and look it. */
function valuesIn(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/<([A-Za-z]+)>([A-Za-z0-9+/=]{24,})<\/\1>/g)].flatMap(
    ([, name = '', value = '']) => {
      const bytes = fromBase64(value) ?? hexIn(value)
      return EPCC_ENCIPHERED.has(name) && bytes !== undefined ? [[name, value] as const] : []
    },
  )
}

function valueQuestion(
  values: readonly (readonly [string, string])[],
  key: string,
  profile: Profile,
): Pick<Question<readonly string[]>, 'right' | 'tries'> {
  const sm4 = profile.sm4 ?? { mode: 'ecb', padding: 'pkcs7' }
  const right = {
    keyBytes: 'text',
    mode: profile.suite === 'rsa' ? 'ecb' : sm4.mode,
    cipher: profile.suite === 'rsa' ? 'aes-256' : 'sm4',
    padding: profile.suite === 'rsa' || sm4.padding === 'pkcs7' ? 'pkcs7' : 'zero',
    valueCoding: 'base64',
    charset: 'utf8',
  }
  return {
    right,
    tries: (choices): readonly Try<readonly string[]>[] => {
      const own = keyBytes(key, choices['keyBytes'] ?? 'text')
      const how = {
        cipher: choices['cipher'],
        mode: choices['mode'],
        padding: choices['padding'],
      } as LooseCipher
      if (own === undefined) return []
      const plain = values.map(([, value]) => {
        const bytes = choices['valueCoding'] === 'hex' ? hexIn(value) : fromBase64(value)
        const opened = bytes && looseDecrypt(how, own, bytes)
        return opened && textOf(opened, choices['charset'] ?? 'utf8')
      })
      if (plain.includes(undefined)) return []
      return [{ print: JSON.stringify(plain), holds: () => plain as readonly string[] }]
    },
  }
}

function keyBytes(key: string, how: string): Bytes | undefined {
  if (how === 'hex') return hexIn(key)
  if (how === 'base64') return fromBase64(key)
  return utf8(how === 'half' ? key.slice(0, 16) : key)
}

/** Only what reads as text is taken for decrypted. */
function textOf(bytes: Bytes, charset: string): string | undefined {
  try {
    const text = new TextDecoder(charset === 'gbk' ? 'gbk' : 'utf-8', { fatal: true }).decode(bytes)
    return text === '' || /\p{Cc}|\p{Co}|\ufffd/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
