// What is encrypted in a form: whole members, or one text inside customerInfo; and what senders get wrong about it.
import {
  type Bytes,
  fromBase64,
  fromHex,
  keyring,
  publicHalf,
  rsaUnwrapOaep,
  toHex,
  unwrapLong,
} from '../crypto/crypto.ts'
import type { Profile } from '../wire/wire.ts'
import { asked, fact, namesKey, type StepExamined, unkeyed } from './clinic-examined.ts'
import { type Piece, unescaped } from './clinic-form-text.ts'
import { type KnownKey, keyNamed } from './clinic-keys.ts'
import { keyMistakes, mistakesOf } from './clinic-mistakes.ts'
import { SEALED_MISTAKES } from './clinic-sealed.ts'
import type { Question, Try } from './clinic-search.ts'

// biome-ignore format: one mistake, one row
export const FIELD_MISTAKES = mistakesOf([
  ['field-hex', 'fieldCoding', 'hex', '密文写成了十六进制', 'the encrypted text is written in hex', '写成 base64', 'write it in base64'],
  ['field-oaep', 'rsaPadding', 'oaep', 'RSA 加密用了 OAEP 填充', 'RSA was used with OAEP padding', '用 PKCS#1 v1.5 填充', 'use PKCS#1 v1.5 padding'],
  ['field-base64-inside', 'inside', 'base64', '加密的是 base64 文本', 'what was encrypted is base64 text', '加密原文 {k=v&k=v}', 'encrypt the text {k=v&k=v} itself'],
  ['field-hex-inside', 'inside', 'hex', '加密的是十六进制文本', 'what was encrypted is hex text', '加密原文 {k=v&k=v}', 'encrypt the text {k=v&k=v} itself'],
])

export type About = {
  readonly pieces: readonly Piece[]
  readonly line: boolean
  readonly profile: Profile
  readonly keys: readonly KnownKey[]
  value(name: string): string
}

export const rawOf = (pieces: readonly Piece[], name: string, line: boolean): Bytes => {
  const piece = pieces.find((one) => one.name === name)
  return piece === undefined ? new Uint8Array() : unescaped(piece.wire, line ? 'none' : 'form')
}

export const textOf = (pieces: readonly Piece[], name: string, line: boolean): string =>
  Buffer.from(rawOf(pieces, name, line)).toString('utf8')

/** What may be encrypted: members whole, or one inside customerInfo. */
function sealedIn({
  pieces,
  line,
  value,
}: About): readonly { readonly name: string; readonly text: Bytes }[] {
  if (value('encryptCertId') === '') return []
  const whole = ['payerInfo', 'payeeInfo', 'accNo', 'pin'].flatMap((name) => {
    const text = rawOf(pieces, name, line)
    return text.length < 64 ? [] : [{ name, text }]
  })
  const customer = Buffer.from(fromBase64(value('customerInfo')) ?? new Uint8Array()).toString('utf8')
  const inner = /(?:^|[{&])encryptedInfo=([^&}]+)/.exec(customer)?.[1]
  return inner === undefined
    ? whole
    : [...whole, { name: 'customerInfo.encryptedInfo', text: new Uint8Array(Buffer.from(inner)) }]
}

export async function decryptSteps(about: About): Promise<readonly StepExamined[]> {
  const { profile, keys, value } = about
  const certId = value('encryptCertId')
  const holder = keyNamed(keys, certId, 'encrypt')
  const held = keys.filter(({ privateKey }) => privateKey?.suite === profile.suite)
  const steps: StepExamined[] = []
  for (const { name, text } of sealedIn(about)) {
    const facts = [
      fact('加密字段', 'encrypted member', name),
      fact('加密证书', 'encryption certificate', certId),
    ]
    if (held.length === 0) {
      steps.push(
        unkeyed(
          'decrypt',
          {
            zh: `需要加密证书 ${certId} 的私钥`,
            en: `it takes the private key of encryption certificate ${certId}`,
          },
          facts,
        ),
      )
      continue
    }
    const named = holder?.name ?? certId
    const { examined, found } = await asked<{ plain: string; holder: KnownKey }>(
      'decrypt',
      {
        ...fieldQuestion(text, named, held, profile),
        mistakes: [
          ...FIELD_MISTAKES,
          ...SEALED_MISTAKES,
          ...keyMistakes(named, held, holder?.owner).map((one) => ({ ...one, id: 'wrapped-for-other' })),
        ],
      },
      (result) => [
        ...facts,
        ...('value' in result
          ? [namesKey(result.value.holder, 'encrypt'), fact('解密得到', 'decrypts to', result.value.plain)]
          : []),
      ],
    )
    const unknown = holder?.privateKey === undefined && !('value' in found)
    steps.push(
      unknown
        ? {
            ...examined,
            result: 'no key',
            needs: {
              zh: `需要加密证书 ${certId} 的私钥`,
              en: `it takes the private key of encryption certificate ${certId}`,
            },
          }
        : examined,
    )
  }
  return steps
}

function fieldQuestion(
  text: Bytes,
  named: string,
  keys: readonly KnownKey[],
  { suite, sm2 }: Profile,
): Pick<Question<{ plain: string; holder: KnownKey }>, 'right' | 'tries'> {
  const right = {
    fieldCoding: 'base64',
    inside: 'text',
    key: named,
    ...(suite === 'rsa'
      ? { rsaPadding: 'pkcs1' }
      : { wrapForm: sm2.ciphertext, wrapPoint: sm2.point04 ? 'with' : 'without' }),
  }
  return {
    right,
    tries: (choices): readonly Try<{ plain: string; holder: KnownKey }>[] => {
      const holder = keys.find(({ name }) => name === choices['key'])
      const privateKey = holder?.privateKey
      const written = Buffer.from(text).toString('latin1')
      const hex = choices['fieldCoding'] === 'hex'
      const bytes = hex
        ? /^([0-9a-fA-F]{2})+$/.test(written)
          ? fromHex(written)
          : undefined
        : fromBase64(written)
      if (
        holder === undefined ||
        privateKey === undefined ||
        bytes === undefined ||
        choices['wrapPoint'] === 'double'
      )
        return []
      const options = {
        ...sm2,
        ciphertext: (choices['wrapForm'] ?? sm2.ciphertext) as Profile['sm2']['ciphertext'],
        point04: choices['wrapPoint'] !== 'without',
      }
      const oaep = choices['rsaPadding'] === 'oaep'
      return [
        {
          print: [
            holder.name,
            toHex(bytes),
            options.ciphertext,
            options.point04,
            oaep,
            choices['inside'],
          ].join(' '),
          holds: async () => {
            const opened =
              oaep && privateKey.suite === 'rsa'
                ? rsaUnwrapOaep(privateKey, bytes)
                : await unwrapLong(
                    keyring(new Map([['own', privateKey]]), options),
                    'own',
                    publicHalf(privateKey),
                    bytes,
                  )
            const plain = opened && plainOf(opened, choices['inside'] ?? 'text')
            return plain === undefined ? undefined : { plain, holder }
          },
        },
      ]
    },
  }
}

/** RSA answers a wrong key with chance: only what reads as a block or a card number is taken for decrypted. */
function plainOf(opened: Bytes, how: string): string | undefined {
  const text = Buffer.from(opened).toString('utf8')
  const inner =
    how === 'base64'
      ? Buffer.from(fromBase64(text) ?? new Uint8Array()).toString('utf8')
      : how === 'hex' && /^([0-9a-fA-F]{2})+$/.test(text)
        ? Buffer.from(text, 'hex').toString('utf8')
        : how === 'text'
          ? text
          : ''
  return /^\{?[A-Za-z][A-Za-z0-9_]*=[^\p{Cc}\ufffd]*$/u.test(inner) || /^[0-9]{12,19}$/.test(inner)
    ? inner
    : undefined
}
