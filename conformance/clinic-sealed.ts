// The sealed half of a sifang/1 message under a sender's choices: the wrapped key, the tag, the sealed block. Each is a
// question of its own, and what a later one takes for given is what an earlier one found out.
import {
  type Bytes,
  concat,
  equalBytes,
  fromBase64,
  fromHex,
  hmacSm3,
  sm3,
  sm3Kdf,
  sm4Decrypt,
  toHex,
  unwrap,
  utf8,
} from '../crypto/crypto.ts'
import { KEY_BYTES, lp, type Order, type Parts, type Profile, readInner } from '../wire/wire.ts'
import type { KnownKey } from './clinic-keys.ts'
import { mistakesOf } from './clinic-mistakes.ts'
import type { Choices, Question, Try } from './clinic-search.ts'

// biome-ignore format: one mistake, one row
export const SEALED_MISTAKES = mistakesOf([
  ['wrap-c1c3c2', 'wrapForm', 'c1c3c2', 'SM2 密文按 C1C3C2 排列', 'the SM2 ciphertext is in the order C1C3C2', '按 {right} 排列', 'write it as {right}'],
  ['wrap-c1c2c3', 'wrapForm', 'c1c2c3', 'SM2 密文按旧次序 C1C2C3 排列', 'the SM2 ciphertext is in the old order C1C2C3', '按 {right} 排列', 'write it as {right}'],
  ['wrap-asn1', 'wrapForm', 'asn1', 'SM2 密文写成了 ASN.1（GM/T 0009）', 'the SM2 ciphertext is in ASN.1 (GM/T 0009)', '按 {right} 排列，不加 ASN.1', 'write it as {right}, without ASN.1'],
  ['wrap-without-04', 'wrapPoint', 'without', 'C1 前缺少 04', 'C1 lacks its 04', 'C1 以 04 开头（sm-crypto、gm-crypto 的输出没有它）', 'begin C1 with 04 (sm-crypto and gm-crypto leave it out)'],
  ['wrap-with-04', 'wrapPoint', 'with', 'C1 前多了 04', 'C1 has a 04 too many', '去掉 C1 前的 04', 'leave out the 04 before C1'],
  ['wrap-double-04', 'wrapPoint', 'double', 'C1 前有两个 04', 'C1 begins with 04 twice', '只写一个 04', 'write 04 once'],
  ['wrap-hex', 'wrapCoding', 'hex', '密钥密文写成了十六进制文本', 'the wrapped key is hex text', '放入字节本身', 'put the bytes themselves'],
  ['wrap-base64', 'wrapCoding', 'base64', '密钥密文写成了 base64 文本', 'the wrapped key is base64 text', '放入字节本身', 'put the bytes themselves'],
  ['key-hex-text', 'keyText', 'hex', '被封装的是密钥的十六进制文本', 'what is wrapped is the key’s hex text', '封装密钥的 32 字节本身', 'wrap the 32 bytes of the key themselves'],
  ['key-base64-text', 'keyText', 'base64', '被封装的是密钥的 base64 文本', 'what is wrapped is the key’s base64 text', '封装密钥的 32 字节本身', 'wrap the 32 bytes of the key themselves'],
  ['key-length', 'keyText', 'any', '被封装的密钥不是 32 字节', 'the wrapped key is not 32 bytes long', '每条报文取新的 32 字节随机密钥', 'take 32 fresh random bytes for each message'],
  ['derive-no-head', 'derive', 'no-head', '派生密钥时没有放入报文头', 'the head was left out of the key derivation', 'Ke‖Km = SM3-KDF(K ‖ SM3(H))', 'Ke ‖ Km = SM3-KDF(K ‖ SM3(H))'],
  ['derive-head-itself', 'derive', 'head', '派生密钥时用了报文头本身而不是它的 SM3', 'the head itself went into the key derivation, not its SM3', 'Ke‖Km = SM3-KDF(K ‖ SM3(H))', 'Ke ‖ Km = SM3-KDF(K ‖ SM3(H))'],
  ['derive-mac-first', 'derive', 'mac-first', '派生后先取了校验密钥', 'the tag’s key was taken first', '前 16 字节加密，后 32 字节校验', 'the first 16 bytes encrypt, the next 32 tag'],
  ['derive-none', 'derive', 'none', '没有派生：直接使用被封装的密钥', 'nothing was derived: the wrapped key itself was used', 'Ke‖Km = SM3-KDF(K ‖ SM3(H))', 'Ke ‖ Km = SM3-KDF(K ‖ SM3(H))'],
  ['tag-no-label', 'tagLabel', 'none', '校验值前缺少标签 sifang/1 tag', 'the label “sifang/1 tag” is missing from what is tagged', '在最前面放 "sifang/1 tag\\0"', 'begin with "sifang/1 tag\\0"'],
  ['tag-label-no-zero', 'tagLabel', 'no-zero', '校验标签缺少末尾的零字节', 'the label of the tag lacks its zero byte', '标签是 "sifang/1 tag\\0"，含零字节', 'the label is "sifang/1 tag\\0", with the zero byte'],
  ['tag-no-lengths', 'tagLengths', 'none', '计算校验值时缺少长度前缀', 'the length prefixes are missing from what is tagged', '每部分前放四字节大端长度', 'put four bytes of length, big-endian, before each part'],
  ['tag-little-endian', 'tagLengths', 'little', '计算校验值时长度用了小端', 'the lengths in what is tagged are little-endian', '长度用大端', 'write the lengths big-endian'],
  ['tag-cipher-only', 'tagOver', 'C', '校验值只覆盖了密文', 'the tag covers the sealed block only', '依次覆盖 H、W、iv、C', 'cover H, W, iv and C, in this order'],
  ['tag-iv-cipher', 'tagOver', 'iv C', '校验值只覆盖了 iv 与密文', 'the tag covers iv and sealed block only', '依次覆盖 H、W、iv、C', 'cover H, W, iv and C, in this order'],
  ['tag-without-head', 'tagOver', 'W iv C', '校验值没有覆盖报文头', 'the tag does not cover the head', '依次覆盖 H、W、iv、C', 'cover H, W, iv and C, in this order'],
  ['tag-without-wrap', 'tagOver', 'H iv C', '校验值没有覆盖密钥密文', 'the tag does not cover the wrapped key', '依次覆盖 H、W、iv、C', 'cover H, W, iv and C, in this order'],
  ['tag-without-iv', 'tagOver', 'H W C', '校验值没有覆盖 iv', 'the tag does not cover the iv', '依次覆盖 H、W、iv、C', 'cover H, W, iv and C, in this order'],
  ['tag-over-plain', 'tagOver', 'P', '校验值覆盖的是明文', 'the tag covers the plain text', '先加密，再对 H、W、iv、C 计算校验值', 'encrypt first, then tag H, W, iv and C'],
  ['tag-wrong-key', 'tagKey', 'encrypt', '校验值用了加密密钥 Ke', 'the tag was made with the encryption key Ke', '用 Km', 'use Km'],
  ['tag-raw-key', 'tagKey', 'key', '校验值用了未派生的密钥 K', 'the tag was made with K itself', '用派生出的 Km', 'use Km, which is derived from it'],
  ['tag-plain-sm3', 'tagDigest', 'sm3', '校验值是 SM3(密钥‖数据)，不是 HMAC', 'the tag is SM3(key ‖ data), not HMAC', '用 HMAC-SM3', 'use HMAC-SM3'],
  ['tag-no-key', 'tagDigest', 'bare', '校验值是没有密钥的 SM3', 'the tag is SM3 without a key', '用 HMAC-SM3 与 Km', 'use HMAC-SM3 with Km'],
  ['cipher-ecb', 'mode', 'ecb', '用了 SM4-ECB', 'SM4-ECB was used', '用 SM4-CBC 与报文中的 iv', 'use SM4-CBC with the message’s iv'],
  ['cipher-ctr', 'mode', 'ctr', '用了 SM4-CTR', 'SM4-CTR was used', '用 SM4-CBC 与报文中的 iv', 'use SM4-CBC with the message’s iv'],
  ['iv-zero', 'iv', 'zero', '加密时 iv 为全零，与报文中的 iv 不符', 'the iv was all zero, not the one in the message', '用报文中的 iv 加密', 'encrypt with the iv that is in the message'],
  ['iv-key', 'iv', 'key', '把密钥当作 iv', 'the key was used as iv', '用报文中的 iv 加密', 'encrypt with the iv that is in the message'],
  ['padding-zero', 'padding', 'zero', '用零字节填充', 'the block is filled with zeros', '用 PKCS#7 填充', 'pad after PKCS#7'],
  ['cipher-key-hex', 'cipherKey', 'hex', '把密钥十六进制文本的前 16 个字符当作密钥', 'the first 16 characters of the key’s hex text were used as the key', '用密钥的字节本身', 'use the bytes of the key themselves'],
  ['inner-no-lengths', 'inner', 'none', '加密块内缺少长度前缀', 'the length prefixes are missing inside the sealed block', '块内每部分前放四字节大端长度', 'put four bytes of length before each part in the block'],
  ['inner-little-endian', 'inner', 'little', '加密块内长度用了小端', 'the lengths inside the sealed block are little-endian', '长度用大端', 'write the lengths big-endian'],
  ['order-signed-outside', 'inner', 'domain', '加密块内只有业务数据：签名放在了外面（先加密后签名的次序）', 'only the domain is in the sealed block: the signature was put outside, as in encrypt-then-sign', '本配置档先签名后加密：P = LP(D) ‖ LP(S)', 'this profile signs, then encrypts: P = LP(D) ‖ LP(S)'],
  ['order-signed-inside', 'inner', 'domain+sign', '加密块内还有一个签名（先签名后加密的次序）', 'there is a signature in the sealed block, as in sign-then-encrypt', '本配置档先加密后签名：P = LP(D)', 'this profile encrypts, then signs: P = LP(D)'],
])

export type Unwrapped = { readonly holder: KnownKey; readonly secret: Bytes }

export function unwrapQuestion(
  wrapped: Bytes,
  named: string,
  keys: readonly KnownKey[],
  { sm2 }: Pick<Profile, 'sm2'>,
): Pick<Question<Unwrapped>, 'right' | 'tries'> {
  const right = {
    wrapForm: sm2.ciphertext,
    wrapPoint: sm2.point04 ? 'with' : 'without',
    wrapCoding: 'bytes',
    keyText: 'bytes',
    key: named,
  }
  const opened = new Map<string, Promise<Bytes | undefined>>()
  return {
    right,
    tries: (choices): readonly Try<Unwrapped>[] => {
      const holder = keys.find(({ name }) => name === choices['key'])
      const privateKey = holder?.privateKey
      const bytes = textAs(wrapped, choices['wrapCoding'] ?? 'bytes')
      const double = choices['wrapPoint'] === 'double'
      if (holder === undefined || privateKey === undefined || bytes === undefined) return []
      if (double && (bytes[0] !== 4 || bytes[1] !== 4)) return []
      const sent = double ? bytes.subarray(1) : bytes
      const ciphertext = choices['wrapForm'] as Profile['sm2']['ciphertext']
      const point04 = choices['wrapPoint'] !== 'without'
      const print = `${holder.name} ${ciphertext} ${ciphertext === 'asn1' ? '' : String(point04)} ${toHex(sent)}`
      const open = (): Promise<Bytes | undefined> => {
        const made = opened.get(print) ?? unwrap(privateKey, sent, { ...sm2, ciphertext, point04 })
        opened.set(print, made)
        return made
      }
      return [
        {
          print: `${print} ${choices['keyText'] ?? ''}`,
          holds: async () => {
            const secret = keyIn(await open(), choices['keyText'] ?? 'bytes')
            return secret === undefined ? undefined : { holder, secret }
          },
        },
      ]
    },
  }
}

function keyIn(secret: Bytes | undefined, text: string): Bytes | undefined {
  if (secret === undefined || text === 'any') return secret
  if (text === 'bytes') return secret.length === KEY_BYTES ? secret : undefined
  const read = textAs(secret, text)
  return read?.length === KEY_BYTES ? read : undefined
}

function textAs(bytes: Bytes, coding: string): Bytes | undefined {
  if (coding === 'bytes') return bytes
  const text = Buffer.from(bytes).toString('latin1').trim()
  if (coding === 'base64') return fromBase64(text)
  return /^([0-9a-fA-F]{2})+$/.test(text) ? fromHex(text) : undefined
}

type Keys = { readonly encrypt: Bytes; readonly mac: Bytes }

function derived(secret: Bytes, head: Bytes, how: string): Keys {
  if (how === 'none') return { encrypt: secret.subarray(0, 16), mac: secret }
  const about = how === 'no-head' ? new Uint8Array() : how === 'head' ? head : sm3(head)
  const made = sm3Kdf(concat(secret, about), 48)
  return how === 'mac-first'
    ? { encrypt: made.subarray(32), mac: made.subarray(0, 32) }
    : { encrypt: made.subarray(0, 16), mac: made.subarray(16) }
}

/** Lengths before each part, in the way that is supposed. */
export function prefixed(how: string, parts: readonly Bytes[]): Bytes {
  if (how === 'none') return concat(...parts)
  return concat(...parts.flatMap((part) => (how === 'little' ? [reversed(lp(part)), part] : [lp(part)])))
}

const reversed = (prefixedPart: Bytes): Bytes => prefixedPart.slice(0, 4).reverse()

const TAG_LABELS: Readonly<Record<string, string>> = {
  own: 'sifang/1 tag\0',
  'no-zero': 'sifang/1 tag',
  none: '',
}

export function tagQuestion(parts: Parts, secret: Bytes): Pick<Question<true>, 'right' | 'tries'> {
  return {
    right: {
      derive: 'right',
      tagLabel: 'own',
      tagLengths: 'own',
      tagOver: 'H W iv C',
      tagKey: 'mac',
      tagDigest: 'hmac',
    },
    tries: async (choices): Promise<readonly Try<true>[]> => {
      const keys = derived(secret, parts.head, choices['derive'] ?? '')
      const plain =
        choices['tagOver'] === 'P' && parts.iv.length === 16
          ? await sm4Decrypt(keys.encrypt, parts.iv, parts.cipher)
          : undefined
      const of: Readonly<Record<string, Bytes | undefined>> = {
        H: parts.head,
        W: parts.wrap,
        iv: parts.iv,
        C: parts.cipher,
        P: plain,
      }
      const over = (choices['tagOver'] ?? '').split(' ').map((name) => of[name])
      if (over.includes(undefined)) return []
      const data = concat(
        utf8(TAG_LABELS[choices['tagLabel'] ?? ''] ?? ''),
        prefixed(choices['tagLengths'] ?? '', over as readonly Bytes[]),
      )
      const key = { mac: keys.mac, encrypt: keys.encrypt, key: secret }[choices['tagKey'] ?? ''] ?? keys.mac
      const tag = tagBy(choices['tagDigest'] ?? '', key, data)
      return [{ print: toHex(tag), holds: () => (equalBytes(tag, parts.tag) ? true : undefined) }]
    },
  }
}

function tagBy(how: string, key: Bytes, data: Bytes): Bytes {
  if (how === 'hmac') return hmacSm3(key, data)
  return how === 'sm3' ? sm3(concat(key, data)) : sm3(data)
}

export type Decrypted = { readonly domain: Bytes; readonly sign: Bytes }

/** `derive`: as the tag found it, where it holds. */
export function decryptQuestion(
  parts: Parts,
  secret: Bytes,
  order: Order,
  derive: string,
): Pick<Question<Decrypted>, 'right' | 'tries'> {
  const inner = order === 'sign-then-encrypt' ? 'domain+sign' : 'domain'
  return {
    right: { derive, mode: 'cbc', iv: 'sent', padding: 'pkcs7', cipherKey: 'bytes', inner },
    tries: async (choices): Promise<readonly Try<Decrypted>[]> => {
      const { encrypt } = derived(secret, parts.head, choices['derive'] ?? '')
      const key = choices['cipherKey'] === 'hex' ? utf8(toHex(encrypt).slice(0, 16)) : encrypt
      const plain = await plainUnder(choices, key, parts)
      if (plain === undefined) return []
      const found = innerOf(plain, choices['inner'] ?? '')
      return found === undefined
        ? []
        : [{ print: `${choices['inner'] ?? ''} ${toHex(plain)}`, holds: () => found }]
    },
  }
}

async function plainUnder(choices: Choices, key: Bytes, parts: Parts): Promise<Bytes | undefined> {
  const { mode, padding } = choices
  const iv = choices['iv'] === 'zero' ? new Uint8Array(16) : choices['iv'] === 'key' ? key : parts.iv
  if (mode !== 'ecb' && iv.length !== 16) return undefined
  if (mode === 'ctr') return sm4Decrypt(key, iv, parts.cipher, { mode: 'ctr', padding: 'none' })
  if (mode !== 'cbc' && mode !== 'ecb') return undefined
  const plain = await sm4Decrypt(key, mode === 'ecb' ? new Uint8Array() : iv, parts.cipher, {
    mode,
    padding: padding === 'zero' ? 'none' : 'pkcs7',
  })
  return plain === undefined || padding !== 'zero' ? plain : withoutZeros(plain)
}

function withoutZeros(plain: Bytes): Bytes {
  let end = plain.length
  while (end > 0 && end > plain.length - 16 && plain[end - 1] === 0) end -= 1
  return plain.subarray(0, end)
}

/** Only what reads to its last byte, and whose domain is a JSON object, is taken for decrypted. */
function innerOf(plain: Bytes, how: string): Decrypted | undefined {
  const read = innerAs(plain, how)
  return read !== undefined && isObject(read.domain) ? read : undefined
}

function innerAs(plain: Bytes, how: string): Decrypted | undefined {
  if (how === 'domain') return readInner(plain, 'encrypt-then-sign')
  if (how === 'domain+sign') return readInner(plain, 'sign-then-encrypt')
  if (how === 'little') return littleInner(plain)
  // Behind the object may stand a signature, in which a brace is chance.
  for (let end = plain.lastIndexOf(BRACE), looks = 0; end > 0 && looks < BRACES_MAX; looks += 1) {
    if (isObject(plain.subarray(0, end + 1)))
      return { domain: plain.subarray(0, end + 1), sign: plain.subarray(end + 1) }
    end = plain.lastIndexOf(BRACE, end - 1)
  }
  return undefined
}

const BRACE = 0x7d
const BRACES_MAX = 32

function littleInner(plain: Bytes): Decrypted | undefined {
  const parts: Bytes[] = []
  for (let at = 0; at < plain.length; ) {
    if (at + 4 > plain.length) return undefined
    const length = new DataView(plain.buffer, plain.byteOffset, plain.length).getUint32(at, true)
    if (at + 4 + length > plain.length) return undefined
    parts.push(plain.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  const [domain, sign = new Uint8Array()] = parts
  return domain === undefined || parts.length > 2 ? undefined : { domain, sign }
}

function isObject(bytes: Bytes): boolean {
  if (bytes[0] !== 0x7b) return false
  try {
    const read: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return typeof read === 'object' && read !== null
  } catch {
    return false
  }
}
