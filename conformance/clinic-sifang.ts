// A sifang/1 message examined: its parts, its head, and then unwrap, tag, decrypt and signature in the order in which a
// receiver would come to them.
import { type Bytes, concat, sm2SignedDigest, toHex, utf8 } from '../crypto/crypto.ts'
import { decodeHead, type Head, PARTS, type Parts, type Profile, readFrame } from '../wire/wire.ts'
import {
  asked,
  type Examined,
  fact,
  type Fact,
  namesKey,
  skipped,
  type StepExamined,
  unkeyed,
} from './clinic-examined.ts'
import { type KnownKey, keyNamed } from './clinic-keys.ts'
import { keyMistakes, mistakesOf, SIGNATURE_MISTAKES, userIdMistakes } from './clinic-mistakes.ts'
import {
  type Decrypted,
  decryptQuestion,
  prefixed,
  SEALED_MISTAKES,
  tagQuestion,
  unwrapQuestion,
  type Unwrapped,
} from './clinic-sealed.ts'
import type { Choices, Found, Mistake } from './clinic-search.ts'
import { sm2Digest, triesOf, type Verified } from './clinic-signature.ts'

// biome-ignore format: one mistake, one row
export const TEXT_MISTAKES = mistakesOf([
  ['label-missing', 'label', 'none', '待签内容前缺少标签', 'the label before what is signed is missing', '最前面放 {right}', 'begin with {right}'],
  ['label-other-order', 'label', 'other', '用了另一种次序的标签', 'the label of the other order was used', '用 {right}：次序由配置档规定', 'use {right}: the profile fixes the order'],
  ['label-no-zero', 'label', 'no-zero', '标签缺少末尾的零字节', 'the label lacks its zero byte', '标签末尾有一个零字节', 'the label ends with a zero byte'],
  ['lengths-missing', 'lengths', 'none', '待签内容各部分前缺少长度前缀', 'the length prefixes are missing from what is signed', '每部分前放四字节大端长度', 'put four bytes of length, big-endian, before each part'],
  ['lengths-little-endian', 'lengths', 'little', '待签内容中的长度用了小端', 'the lengths in what is signed are little-endian', '长度用大端', 'write the lengths big-endian'],
  ['order-signed-inner', 'what', 'H D', '签的是报文头与业务数据（先签名后加密的内容）', 'head and domain were signed, as in sign-then-encrypt', '本配置档签：H、W、iv、C、T', 'this profile signs H, W, iv, C and T'],
  ['order-signed-outer', 'what', 'H W iv C T', '签的是密文（先加密后签名的内容）', 'the sealed parts were signed, as in encrypt-then-sign', '本配置档签：H、D', 'this profile signs H and D'],
  ['signed-domain-only', 'what', 'D', '只签了业务数据', 'only the domain was signed', '签名须覆盖 {right}', 'the signature must cover {right}'],
  ['signed-head-only', 'what', 'H', '只签了报文头', 'only the head was signed', '签名须覆盖 {right}', 'the signature must cover {right}'],
  ['signed-cipher-only', 'what', 'C', '只签了密文', 'only the sealed block was signed', '签名须覆盖 {right}', 'the signature must cover {right}'],
  ['signed-without-tag', 'what', 'H W iv C', '签名没有覆盖校验值 T', 'the signature does not cover the tag T', '签名须覆盖 {right}', 'the signature must cover {right}'],
  ['domain-sorted', 'body', 'sorted', '签名前业务数据重新序列化过：成员按名称排序', 'the domain was serialised again before signing, its members sorted', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['domain-pretty', 'body', 'pretty', '签名前业务数据重新序列化过：带缩进', 'the domain was serialised again before signing, with indentation', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['domain-spaced', 'body', 'spaced', '签名前业务数据重新序列化过：冒号和逗号后有空格', 'the domain was serialised again before signing, with blanks after colons and commas', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['domain-compact', 'body', 'compact', '签名前业务数据重新序列化过：去掉了空白', 'the domain was serialised again before signing, without white space', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['domain-ascii', 'body', 'ascii', '签名前业务数据重新序列化过：汉字写成 \\u 转义', 'the domain was serialised again before signing, with \\u escapes', '签所发送的字节本身', 'sign the very bytes that are sent'],
  ['head-crlf', 'lines', 'crlf', '签名时报文头的行尾是 CR LF', 'the lines of the signed head end in CR LF', '报文头每行以 LF 结束', 'end each line of the head with LF'],
  ['head-no-last-lf', 'lines', 'cut', '签名时报文头缺少最后一个 LF', 'the signed head lacks its last LF', '报文头每行以 LF 结束，最后一行也是', 'end each line of the head with LF, the last one too'],
])

export async function examineSifang(
  bytes: Bytes,
  profileOf: (claimed: string) => Profile | undefined,
  keysOf: (profile: Profile) => Promise<readonly KnownKey[]>,
): Promise<Examined> {
  const what = { zh: 'sifang/1 报文', en: 'a sifang/1 message' }
  const empty = { frame: 'sifang/1', what, head: [], steps: [] } as const
  const frame = readFrame(bytes)
  if ('fault' in frame) return { ...empty, faults: [frame.fault] }
  const read = decodeHead(frame.parts.head)
  if ('fault' in read) return { ...empty, faults: [{ ...read.fault, offset: read.fault.offset + 4 }] }
  const { head } = read
  const profile = profileOf(head.profile)
  const told = { ...empty, head: [...headFacts(head), ...partFacts(frame.parts)] }
  if (profile === undefined || profile.frame !== 'sifang/1')
    return {
      ...told,
      faults: [
        {
          field: 'profile',
          rule: { zh: `不认识配置档 ${head.profile}`, en: `there is no profile ${head.profile} here` },
        },
      ],
    }
  const keys = await keysOf(profile)
  const faults = (['suite', 'order'] as const)
    .filter((name) => head[name] !== profile[name])
    .map((name) => ({
      field: name,
      rule: { zh: `由配置档规定：${profile[name]}`, en: `is fixed by the profile: ${profile[name]}` },
    }))
  return { ...told, profile: profile.id, faults, steps: await stepsOf(frame.parts, head, profile, keys) }
}

async function stepsOf(
  parts: Parts,
  head: Head,
  profile: Profile,
  keys: readonly KnownKey[],
): Promise<readonly StepExamined[]> {
  const outside = profile.order === 'encrypt-then-sign'
  const sealed = await sealedSteps(parts, head, profile, keys)
  const domain = sealed.inner?.domain
  const inside = sealed.inner?.sign
  const signature = outside
    ? parts.sign.length === 0 && inside !== undefined
      ? inside
      : parts.sign
    : inside !== undefined && inside.length > 0
      ? inside
      : parts.sign
  const signed =
    !outside && sealed.inner === undefined
      ? skipped('signature')
      : await signatureStep({ parts, head, profile, keys, signature, ...(domain && { domain }) })
  return outside ? [signed, ...sealed.steps] : [...sealed.steps, signed]
}

type SealedSteps = { readonly steps: readonly StepExamined[]; readonly inner?: Decrypted }

async function sealedSteps(
  parts: Parts,
  head: Head,
  profile: Profile,
  keys: readonly KnownKey[],
): Promise<SealedSteps> {
  const holder = keyNamed(keys, head.enccert, 'encrypt')
  const held = keys.filter(({ privateKey }) => privateKey !== undefined)
  const rest = [skipped('tag'), skipped('decrypt')]
  if (held.length === 0)
    return {
      steps: [
        unkeyed('unwrap', {
          zh: `需要加密证书 ${head.enccert}（${head.to}）的私钥`,
          en: `it takes the private key of encryption certificate ${head.enccert} (of ${head.to})`,
        }),
        ...rest,
      ],
    }
  const named = holder?.name ?? head.enccert
  const unwrapped = await asked<Unwrapped>(
    'unwrap',
    {
      ...unwrapQuestion(parts.wrap, named, held, profile),
      mistakes: [...SEALED_MISTAKES, ...keyMistakes(named, held, head.to).map(encryptedFor)],
    },
    (found) => [
      fact('加密证书', 'encryption certificate', `${head.enccert} (${head.to})`),
      ...('value' in found
        ? [namesKey(found.value.holder, 'encrypt')]
        : holder === undefined
          ? []
          : [namesKey(holder, 'encrypt')]),
    ],
  )
  if (!('value' in unwrapped.found)) {
    const unknown = holder?.privateKey === undefined || holder.bare === true
    return {
      steps: [
        unknown
          ? {
              ...unwrapped.examined,
              result: 'no key',
              needs: {
                zh: `需要加密证书 ${head.enccert}（${head.to}）的私钥；手头的私钥都不能解开`,
                en: `it takes the private key of encryption certificate ${head.enccert} (of ${head.to}); none of the keys at hand opens it`,
              },
            }
          : unwrapped.examined,
        ...rest,
      ],
    }
  }
  const { secret } = unwrapped.found.value
  const tagged = await asked('tag', { ...tagQuestion(parts, secret), mistakes: SEALED_MISTAKES }, (found) => [
    fact('校验值', 'tag', toHex(parts.tag)),
    ...('value' in found
      ? []
      : [fact('校验值覆盖', 'the tag covers', '"sifang/1 tag\\0" LP(H) LP(W) LP(iv) LP(C)')]),
  ])
  const { tag, decrypted } = await decryptStep(parts, secret, profile, tagged.examined)
  const steps = [unwrapped.examined, tag, decrypted.examined]
  return 'value' in decrypted.found ? { steps, inner: decrypted.found.value } : { steps }
}

/** The sealed block under each key derivation that the tag allows: the one that decrypts says which it was. */
async function decryptStep(parts: Parts, secret: Bytes, profile: Profile, tag: StepExamined) {
  const derivations = tag.by.map((set) => set.find(({ choice }) => choice === 'derive')?.value ?? 'right')
  const ask = (derive: string) =>
    asked<Decrypted>(
      'decrypt',
      { ...decryptQuestion(parts, secret, profile.order, derive), mistakes: SEALED_MISTAKES },
      (found) =>
        'value' in found
          ? [fact('解密得到', 'decrypts to', Buffer.from(found.value.domain).toString('utf8'))]
          : [],
    )
  for (const derive of new Set(derivations)) {
    const decrypted = await ask(derive)
    const by = tag.by.filter((_, index) => derivations[index] === derive)
    if (decrypted.found.kind === 'right') return { tag: { ...tag, by }, decrypted }
  }
  return { tag, decrypted: await ask(derivations[0] ?? 'right') }
}

/** The same mistake on the receiver's side of a key: it was wrapped for somebody, or for something, else. */
const encryptedFor = (mistake: Mistake): Mistake => ({
  ...mistake,
  id: 'wrapped-for-other',
  zh: `密钥是用另一张证书的公钥封装的：${mistake.value}`,
  en: `the key was wrapped for another certificate: ${mistake.value}`,
  fix: {
    zh: '用 enccert 所写证书的公钥封装',
    en: 'wrap it with the public key of the certificate that enccert names',
  },
})

type Signature = {
  readonly parts: Parts
  readonly head: Head
  readonly profile: Profile
  readonly keys: readonly KnownKey[]
  readonly signature: Bytes
  readonly domain?: Bytes
}

async function signatureStep(about: Signature): Promise<StepExamined> {
  const { parts, head, profile, keys, signature, domain } = about
  const signer = keyNamed(keys, head.signcert, 'sign')
  const named = signer?.name ?? head.signcert
  const outside = profile.order === 'encrypt-then-sign'
  const right = {
    ...(profile.suite === 'sm' && {
      userId: profile.sm2.userId,
      first: profile.sm2.hash === 'twice' ? 'bytes' : 'no',
      firstDigest: 'same',
      digest: 'sm3',
      form: profile.sm2.signature,
      halves: 'r-s',
      algorithm: 'sm2',
      coding: 'bytes',
    }),
    key: named,
    label: outside ? 'ets' : 'ste',
    lengths: 'own',
    what: outside ? 'H W iv C T' : 'H D',
    body: 'sent',
    lines: 'lf',
    tail: '',
  }
  const facts = (found?: Found<Verified>): readonly Fact[] => signatureFacts(about, right, signer, found)
  if (signature.length === 0) return { step: 'signature', result: 'missing', by: [], facts: facts() }
  const message = (choices: Choices): Bytes | undefined => signedBytes(choices, parts, outside, domain)
  const { examined, found } = await asked<Verified>(
    'signature',
    {
      right,
      mistakes: [
        ...SIGNATURE_MISTAKES,
        ...userIdMistakes([head.signcert, head.from]),
        ...TEXT_MISTAKES,
        ...keyMistakes(named, keys, head.from),
      ],
      tries: triesOf({ signature: () => signature, keys, message }),
    },
    facts,
  )
  if (signer !== undefined || 'value' in found) return examined
  return { ...examined, result: 'no key', needs: signerNeeded(head) }
}

const signerNeeded = ({ signcert, from }: Head) => ({
  zh: `需要签名证书 ${signcert}（${from}）或它的公钥`,
  en: `it takes the signing certificate ${signcert} (of ${from}), or its public key`,
})

const LABELS: Readonly<Record<string, string>> = { ste: 'sifang/1 ste\0', ets: 'sifang/1 ets\0' }

function labelOf(choice: string, outside: boolean): string {
  if (choice === 'none') return ''
  const own = LABELS[outside ? 'ets' : 'ste'] ?? ''
  if (choice === 'no-zero') return own.slice(0, -1)
  return choice === 'other' ? (LABELS[outside ? 'ste' : 'ets'] ?? '') : own
}

/** What is signed, by these choices; undefined where it takes a domain that nobody could decrypt. */
function signedBytes(
  choices: Choices,
  parts: Parts,
  outside: boolean,
  domain: Bytes | undefined,
): Bytes | undefined {
  const body = domain && bodyAs(domain, choices['body'] ?? 'sent')
  const of: Readonly<Record<string, Bytes | undefined>> = {
    H: linesAs(parts.head, choices['lines'] ?? 'lf'),
    W: parts.wrap,
    iv: parts.iv,
    C: parts.cipher,
    T: parts.tag,
    D: body,
  }
  const what = choices['what'] ?? ''
  const over = what.split(' ').map((name) => of[name])
  if (over.includes(undefined)) return undefined
  // Who signs what the other order signs takes its label as well.
  const swapped = (what === 'H D') === outside && (what === 'H D' || what === 'H W iv C T')
  const label = labelOf(choices['label'] ?? '', swapped ? !outside : outside)
  return concat(
    utf8(label),
    prefixed(choices['lengths'] ?? '', over as readonly Bytes[]),
    utf8(choices['tail'] ?? ''),
  )
}

function linesAs(head: Bytes, how: string): Bytes {
  if (how === 'cut') return head.subarray(0, -1)
  return how === 'crlf' ? utf8(Buffer.from(head).toString('latin1').replaceAll('\n', '\r\n')) : head
}

function bodyAs(domain: Bytes, how: string): Bytes | undefined {
  if (how === 'sent') return domain
  try {
    const read = JSON.parse(Buffer.from(domain).toString('utf8')) as Record<string, unknown>
    const sorted = Object.fromEntries(Object.entries(read).sort(([a], [b]) => (a < b ? -1 : 1)))
    const compact = JSON.stringify(read)
    if (how === 'sorted') return utf8(JSON.stringify(sorted))
    if (how === 'pretty') return utf8(JSON.stringify(read, null, 2))
    if (how === 'spaced') return utf8(spaced(read))
    if (how === 'compact') return utf8(compact)
    return utf8(
      compact.replace(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`),
    )
  } catch {
    return undefined
  }
}

/** As Python writes JSON. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${spaced(inner)}`)
    .join(', ')}}`
}

function signatureFacts(
  { head, profile, parts, domain, signature }: Signature,
  right: Choices,
  signer: KnownKey | undefined,
  found: Found<Verified> | undefined,
): readonly Fact[] {
  const outside = profile.order === 'encrypt-then-sign'
  const covers = outside
    ? '"sifang/1 ets\\0" LP(H) LP(W) LP(iv) LP(C) LP(T)'
    : '"sifang/1 ste\\0" LP(H) LP(D)'
  const message = signedBytes(right, parts, outside, domain)
  const key = signer?.publicKey
  const sm2 =
    key?.suite === 'sm' && message !== undefined ? sm2Digest(key.publicKey, message, right) : undefined
  const value = found !== undefined && 'value' in found ? found.value : undefined
  const raw =
    key?.suite === 'sm' && profile.sm2.signature === 'raw'
      ? sm2SignedDigest(key.publicKey, signature)
      : undefined
  return [
    fact('签名证书', 'signing certificate', `${head.signcert} (${head.from})`),
    ...(signer === undefined ? [] : [namesKey(signer, 'sign')]),
    fact('签名覆盖', 'the signature covers', covers),
    ...(message === undefined ? [] : [fact('所签内容长度', 'bytes signed', String(message.length))]),
    ...(sm2 === undefined ? [] : [fact('Z', 'Z', toHex(sm2.z)), fact('e', 'e', toHex(sm2.e))]),
    ...(raw === undefined ? [] : [fact('签名对应的 e', 'e that the signature is about', toHex(raw))]),
    ...(value?.e !== undefined && found?.kind === 'explained'
      ? [fact('按此错误得到的 e', 'e by this mistake', toHex(value.e))]
      : []),
  ]
}

const headFacts = (head: Head): readonly Fact[] =>
  Object.entries(head).map(([name, value]) => fact(name, name, value))

function partFacts(parts: Parts): readonly Fact[] {
  let at = 0
  return PARTS.map((name) => {
    const { length } = parts[name]
    at += 4 + length
    return fact(`部分 ${name}`, `part ${name}`, `${at - length}–${at} (${length})`)
  })
}
