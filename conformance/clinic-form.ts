// A form of UnionPay's older interfaces examined, QRC or ACP: the string that its signature covers, the signature, and what
// is encrypted in it.
import { type Bytes, fromBase64, sm2SignedDigest, toHex } from '../crypto/crypto.ts'
import { type Charset, charsetNamed, type FormFault, type Profile, readBody, readLine } from '../wire/wire.ts'
import { asked, type Examined, fact, type Fact, namesKey, type StepExamined } from './clinic-examined.ts'
import { type About, decryptSteps, rawOf, textOf } from './clinic-form-field.ts'
import { FORM_MISTAKES, formText, type Piece, piecesOf, unescaped } from './clinic-form-text.ts'
import { type KnownKey, keyNamed } from './clinic-keys.ts'
import { keyMistakes, SIGNATURE_MISTAKES, userIdMistakes } from './clinic-mistakes.ts'
import type { Choices, Found, Mistake } from './clinic-search.ts'
import { sm2Digest, triesOf, type Verified } from './clinic-signature.ts'

export type FormSeen = {
  readonly frame: 'qrc' | 'acp'
  readonly line: boolean
  readonly pieces: readonly Piece[]
}

/** A form, if these bytes are one; a body where its values are escaped, else a line, unless it is known which. */
export function formIn(bytes: Bytes, known?: 'body' | 'line'): FormSeen | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  const line = known === undefined ? !looksEscaped(text) : known === 'line'
  const pieces = piecesOf(bytes, line) ?? piecesOf(bytes, !line)
  if (pieces === undefined) return undefined
  const has = (name: string): boolean => pieces.some((piece) => piece.name === name)
  if (!has('signature') && !has('certId') && !has('respCode')) return undefined
  const acp = has('txnType') || has('signMethod') || (!has('reqType') && !has('signType'))
  return { frame: acp ? 'acp' : 'qrc', line, pieces }
}

const looksEscaped = (text: string): boolean => /%[0-9A-Fa-f]{2}/.test(text) && !/[^\x21-\x7e]/.test(text)

export async function examineForm(
  bytes: Bytes,
  { frame, line, pieces }: FormSeen,
  profileOf: (frame: 'qrc' | 'acp', method: string) => Profile | undefined,
  keysOf: (profile: Profile) => Promise<readonly KnownKey[]>,
): Promise<Examined> {
  const value = (name: string): string => textOf(pieces, name, line)
  const network =
    frame === 'qrc'
      ? { zh: '二维码接口（QRC）', en: 'QR interface (QRC)' }
      : { zh: '全渠道（ACP）', en: 'gateway (ACP)' }
  const what = line
    ? { zh: `${network.zh}的应答行，k=v`, en: `an answer line of the ${network.en}, k=v` }
    : { zh: `${network.zh}的表单请求`, en: `a request form of the ${network.en}` }
  const strict = line ? readLine(bytes) : readBody(bytes)
  const faults: readonly FormFault[] = 'fault' in strict ? [strict.fault] : []
  const head = HEAD_MEMBERS.filter((name) => pieces.some((piece) => piece.name === name)).map((name) =>
    fact(name, name, value(name)),
  )
  const method = value(frame === 'qrc' ? 'signType' : 'signMethod')
  const profile = profileOf(frame, method)
  if (profile === undefined) return { frame, what, head, faults, steps: [] }
  const keys = await keysOf(profile)
  const steps = [
    await signatureStep({ pieces, line, profile, keys, value }),
    ...(await decryptSteps({ pieces, line, profile, keys, value })),
  ]
  return { frame, what, profile: profile.id, head, faults, steps }
}

const HEAD_MEMBERS = [
  'version',
  'encoding',
  'reqType',
  'txnType',
  'txnSubType',
  'signType',
  'signMethod',
  'certId',
  'encryptCertId',
  'acqCode',
  'issCode',
  'acqInsCode',
  'merId',
  'respCode',
]

function rightFor({ pieces, line, profile, value }: About, signer: string): Choices {
  const declared: Charset = charsetNamed(value('encoding') || 'UTF-8') ?? 'UTF-8'
  const text = {
    unescape: line ? 'none' : 'form',
    blanks: 'trimmed',
    empties: 'dropped',
    self: 'out',
    sort: 'bytes',
    values: 'clear',
    charset: declared,
    join: 'pairs',
    tail: '',
    without: '-',
    ...(pieces.some(({ name }) => name === 'certId') && { certId: 'in' }),
    ...(pieces.some(({ name }) => name === 'signPubKeyCert') && { signPubKeyCert: 'in' }),
  }
  const key = { key: signer }
  if (profile.suite === 'sm3-shared')
    return { ...text, ...key, digest: 'sm3', keyed: 'hashed', coding: 'hex-any' }
  const hashing = { first: 'hex', firstDigest: 'same', coding: 'base64' }
  if (profile.suite === 'rsa') return { ...text, ...key, ...hashing, digest: 'sha256', algorithm: 'rsa' }
  return {
    ...text,
    ...key,
    ...hashing,
    digest: 'sm3',
    userId: profile.sm2.userId,
    form: profile.sm2.signature,
    halves: 'r-s',
    algorithm: 'sm2',
  }
}

async function signatureStep(about: About): Promise<StepExamined> {
  const { pieces, line, profile, keys, value } = about
  const certId = value('certId')
  const signer = keyNamed(keys, certId, 'sign')
  const named = signer?.name ?? certId
  const right = rightFor(about, named)
  const declared = right['charset'] as Charset
  const signature = rawOf(pieces, 'signature', line)
  const message = (choices: Choices): Bytes => formText(pieces, declared, choices)
  const sent = pieces.find(({ name }) => name === 'signature')?.wire ?? new Uint8Array()
  const written = (choices: Choices): Bytes => unescaped(sent, choices['unescape'] ?? 'form')
  const facts = (found?: Found<Verified>): readonly Fact[] =>
    signatureFacts(about, signature, right, signer, message(right), found)
  if (signature.length === 0) return { step: 'signature', result: 'missing', by: [], facts: facts() }
  const suite = profile.suite
  const mine = keys.filter(({ publicKey }) => publicKey.suite === suite)
  const algorithms = SIGNATURE_MISTAKES.filter(({ id }) =>
    id === 'signature-ecdsa' ? suite === 'sm' : id === 'signature-no-digest-info' ? suite === 'rsa' : true,
  )
  const { examined, found } = await asked<Verified>(
    'signature',
    {
      right,
      mistakes: [
        ...FORM_MISTAKES.filter((mistake) => canBe(mistake, pieces)),
        ...algorithms,
        ...(suite === 'sm'
          ? userIdMistakes([certId, value('acqCode') || value('issCode') || value('acqInsCode')])
          : []),
        ...keyMistakes(named, mine, signer?.owner),
      ],
      // Most pairs change the text not at all, or to one that was made before.
      tries: triesOf({ signature: written, keys: mine, message: remembered(message) }),
    },
    facts,
  )
  if (signer !== undefined || 'value' in found) return examined
  return {
    ...examined,
    result: 'no key',
    needs: {
      zh: `需要证书 ${certId} 或它的公钥${suite === 'sm3-shared' ? '（共享密钥：--secret）' : ''}`,
      en: `it takes certificate ${certId} or its public key${suite === 'sm3-shared' ? ' (the shared key: --secret)' : ''}`,
    },
  }
}

/** A member that is not there cannot be left out, and a body with %XX in it was URL-encoded. */
const canBe = ({ choice, value }: Mistake, pieces: readonly Piece[]): boolean =>
  choice === 'without'
    ? pieces.some(({ name }) => name === value)
    : choice !== 'unescape' || value !== 'none' || !pieces.some(({ wire }) => wire.includes(0x25))

const TEXT_CHOICES = [
  'unescape',
  'blanks',
  'empties',
  'self',
  'sort',
  'values',
  'charset',
  'join',
  'tail',
  'without',
  'certId',
  'signPubKeyCert',
]

function remembered(message: (choices: Choices) => Bytes): (choices: Choices) => Bytes {
  const made = new Map<string, Bytes>()
  return (choices) => {
    const name = TEXT_CHOICES.map((choice) => choices[choice] ?? '').join('|')
    const known = made.get(name) ?? message(choices)
    made.set(name, known)
    return known
  }
}

function signatureFacts(
  { pieces, profile, value }: About,
  signature: Bytes,
  right: Choices,
  signer: KnownKey | undefined,
  message: Bytes,
  found: Found<Verified> | undefined,
): readonly Fact[] {
  const at = pieces.find(({ name }) => name === 'signature')
  const key = signer?.publicKey
  const sm2 = key?.suite === 'sm' ? sm2Digest(key.publicKey, message, right) : undefined
  const raw = fromBase64(Buffer.from(signature).toString('latin1'))
  const about = key?.suite === 'sm' && raw?.length === 64 ? sm2SignedDigest(key.publicKey, raw) : undefined
  const e = found !== undefined && 'value' in found && found.kind === 'explained' ? found.value.e : undefined
  return [
    fact('签名证书', 'signing certificate', value('certId')),
    ...(signer === undefined ? [] : [namesKey(signer, 'sign')]),
    ...(at === undefined ? [] : [fact('签名位置', 'signature at byte', String(at.valueAt))]),
    fact(
      '待签串',
      'the string that is signed',
      Buffer.from(message).toString(right['charset'] === 'GBK' ? 'latin1' : 'utf8'),
    ),
    fact('签名方法', 'method', METHOD_WORDS[profile.suite] ?? ''),
    ...(sm2 === undefined ? [] : [fact('Z', 'Z', toHex(sm2.z)), fact('e', 'e', toHex(sm2.e))]),
    ...(about === undefined ? [] : [fact('签名对应的 e', 'e that the signature is about', toHex(about))]),
    ...(e === undefined ? [] : [fact('按此错误得到的摘要', 'the digest by this mistake', toHex(e))]),
  ]
}

const METHOD_WORDS: Readonly<Record<string, string>> = {
  rsa: 'SHA256withRSA( hex( SHA-256( string ) ) )',
  sm: 'SM3withSM2( hex( SM3( string ) ) )',
  'sm3-shared': 'SM3( string & hex( SM3( key ) ) )',
}
