// What senders get wrong when they sign, as data: one row, one mistake. The order is the order in which they are tried, the
// frequent and cheap ones first. Where they come from: facts about national cryptography in practice, and libraries' habits.
import type { Mistake } from './clinic-search.ts'
import { NO_Z } from './clinic-signature.ts'

type Row = readonly [
  id: string,
  choice: string,
  value: string,
  zh: string,
  en: string,
  fixZh: string,
  fixEn: string,
]

export const mistakesOf = (rows: readonly Row[]): readonly Mistake[] =>
  rows.map(([id, choice, value, zh, en, fixZh, fixEn]) => ({
    id,
    choice,
    value,
    zh,
    en,
    fix: { zh: fixZh, en: fixEn },
  }))

/** SM2 and RSA signatures, in every frame that has them. */
// biome-ignore format: one mistake, one row
export const SIGNATURE_MISTAKES = mistakesOf([
  ['user-id-empty', 'userId', '', '用户标识用了空串', 'the user id was empty', '签名时给出用户标识 {right}（OpenSSL 3 不给 distid 时为空）', 'give the user id {right} when signing (OpenSSL 3 takes none unless distid is given)'],
  ['user-id-default', 'userId', '1234567812345678', '用户标识用了 1234567812345678', 'the user id was 1234567812345678', '签名时给出用户标识 {right}', 'give the user id {right} when signing'],
  ['user-id-none', 'userId', NO_Z, '没有把 Z 放在报文之前：只对报文做了 SM3', 'Z was left out: only the message was hashed', '按 GB/T 32918.2 计算 e = SM3(Z ‖ M)，用户标识为 {right}', 'compute e = SM3(Z ‖ M) after GB/T 32918.2, with the user id {right}'],
  ['user-id-sample', 'userId', 'ALICE123@YAHOO.COM', '用户标识用了标准示例中的 ALICE123@YAHOO.COM', 'the user id was ALICE123@YAHOO.COM, from the standard’s example', '签名时给出用户标识 {right}', 'give the user id {right} when signing'],
  ['user-id-tls', 'userId', 'TLSv1.3+GM+Cipher+Suite', '用户标识用了 TLS 握手的 TLSv1.3+GM+Cipher+Suite', 'the user id was TLSv1.3+GM+Cipher+Suite, which is for TLS handshakes', '签名时给出用户标识 {right}', 'give the user id {right} when signing'],
  ['hashed-once', 'first', 'no', '只摘要了一次', 'the message was hashed once', '先做一次摘要（{right}），再对其签名', 'make a digest first ({right}), then sign that'],
  ['hashed-twice', 'first', 'bytes', '摘要了两次：对摘要的字节签名', 'the message was hashed twice: the bytes of a digest were signed', '签名的内容应为：{right}', 'what is signed must be: {right}'],
  ['hashed-hex', 'first', 'hex', '对摘要的小写十六进制文本签名', 'the lower-case hex of a digest was signed', '签名的内容应为：{right}', 'what is signed must be: {right}'],
  ['hashed-hex-upper', 'first', 'HEX', '对摘要的大写十六进制文本签名', 'the upper-case hex of a digest was signed', '签名的内容应为：{right}', 'what is signed must be: {right}'],
  ['hashed-base64', 'first', 'base64', '对摘要的 base64 文本签名', 'the base64 of a digest was signed', '签名的内容应为：{right}', 'what is signed must be: {right}'],
  ['digest-sha256', 'digest', 'sha256', '摘要算法用了 SHA-256', 'the digest was SHA-256', '摘要算法改为 {right}', 'use {right} as the digest'],
  ['digest-sha1', 'digest', 'sha1', '摘要算法用了 SHA-1', 'the digest was SHA-1', '摘要算法改为 {right}', 'use {right} as the digest'],
  ['digest-sm3', 'digest', 'sm3', '摘要算法用了 SM3', 'the digest was SM3', '摘要算法改为 {right}', 'use {right} as the digest'],
  ['digest-md5', 'digest', 'md5', '摘要算法用了 MD5', 'the digest was MD5', '摘要算法改为 {right}', 'use {right} as the digest'],
  ['first-digest-sha256', 'firstDigest', 'sha256', '先做的摘要用了 SHA-256', 'the digest made first was SHA-256', '两次摘要用同一算法', 'use the same digest both times'],
  ['first-digest-sha1', 'firstDigest', 'sha1', '先做的摘要用了 SHA-1', 'the digest made first was SHA-1', '两次摘要用同一算法', 'use the same digest both times'],
  ['first-digest-md5', 'firstDigest', 'md5', '先做的摘要用了 MD5', 'the digest made first was MD5', '两次摘要用同一算法', 'use the same digest both times'],
  ['first-digest-sm3', 'firstDigest', 'sm3', '先做的摘要用了 SM3', 'the digest made first was SM3', '两次摘要用同一算法', 'use the same digest both times'],
  ['signature-raw', 'form', 'raw', '签名是 r‖s 64 字节', 'the signature is r ‖ s, 64 bytes', '按 DER 写出：SEQUENCE { r INTEGER, s INTEGER }', 'write it in DER: SEQUENCE { r INTEGER, s INTEGER }'],
  ['signature-der', 'form', 'der', '签名是 DER', 'the signature is in DER', '写成 r‖s，各 32 字节', 'write r ‖ s, 32 bytes each'],
  ['signature-unpadded', 'form', 'unpadded', 'r 或 s 前面的零字节被去掉了', 'a zero in front of r or s was dropped', '把 r 和 s 各补足 32 字节（十六进制各 64 位）', 'pad r and s to 32 bytes each (64 hex digits)'],
  ['signature-loose', 'form', 'der-loose', 'DER 的整数不是最短写法，或首位为 1 时缺了 00', 'an INTEGER of the DER has a needless zero, or lacks the 00 before a first bit of one', '按 X.690 8.3 写整数：最短，且为正', 'write the INTEGERs after X.690 8.3: shortest, and positive'],
  ['signature-04', 'form', 'raw04', '签名前多了一个 04 字节', 'a byte 04 stands before the signature', '去掉 04：它只属于曲线上的点', 'leave the 04 out: it belongs to points of the curve'],
  ['signature-swapped', 'halves', 's-r', 'r 与 s 次序颠倒', 'r and s are swapped', '先写 r，再写 s', 'write r first, then s'],
  ['signature-ecdsa', 'algorithm', 'ecdsa', '这是 ECDSA 签名，不是 SM2（Node crypto.sign 对新生成的密钥即如此）', 'this is ECDSA, not SM2 (Node’s crypto.sign makes it with a generated key)', '使用 SM2 签名算法（GB/T 32918.2）', 'sign with SM2 (GB/T 32918.2)'],
  ['signature-no-digest-info', 'algorithm', 'no-digest', '用私钥直接加密了待签内容，没有做摘要和 DigestInfo', 'the private key was applied to the text itself, without digest and DigestInfo', '用 RSASSA-PKCS1-v1_5 签名，而不是“私钥加密”', 'sign with RSASSA-PKCS1-v1_5 instead of “encrypting with the private key”'],
  ['signature-hex', 'coding', 'hex', '签名写成了小写十六进制', 'the signature is written in lower-case hex', '写成{right}', 'write it as {right}'],
  ['signature-hex-upper', 'coding', 'HEX', '签名写成了大写十六进制', 'the signature is written in upper-case hex', '写成{right}', 'write it as {right}'],
  ['signature-hex-odd', 'coding', 'hex-odd', '签名写成了十六进制', 'the signature is written in hex', '写成{right}', 'write it as {right}'],
  ['signature-base64', 'coding', 'base64', '签名写成了 base64', 'the signature is written in base64', '写成{right}', 'write it as {right}'],
  ['signature-base64url', 'coding', 'base64url', '签名写成了 base64url', 'the signature is written in base64url', '写成{right}', 'write it as {right}'],
  ['signature-base64-lines', 'coding', 'base64-lines', '签名的 base64 中有换行', 'there are line breaks in the base64 of the signature', '去掉换行', 'leave the line breaks out'],
  ['signature-base64-blanks', 'coding', 'base64-blanks', '签名中的“+”没有转义，变成了空格', 'a “+” in the signature was not escaped and became a blank', '“+”写成 %2B', 'write “+” as %2B'],
  ['signature-hex-of-base64', 'coding', 'hex-of-base64', '签名做了 base64 又写成十六进制', 'the signature was written in base64, and that in hex', '写成{right}', 'write it as {right}'],
  ['tail-lf', 'tail', '\n', '待签内容末尾多了换行 LF', 'a line feed at the end was signed', '签名前去掉末尾的换行', 'take the line break at the end off before signing'],
  ['tail-crlf', 'tail', '\r\n', '待签内容末尾多了换行 CR LF', 'a CR LF at the end was signed', '签名前去掉末尾的换行', 'take the line break at the end off before signing'],
])

/** Values of choices in words, where a fix names what is right. */
// biome-ignore format: one value, one row
const VALUE_WORDS: Readonly<Record<string, { zh: string; en: string }>> = {
  'first no': { zh: '报文本身，只摘要一次', en: 'the message itself, hashed once' },
  'first bytes': { zh: '报文摘要的字节（即摘要两次）', en: 'the bytes of the message’s digest (so it is hashed twice)' },
  'first hex': { zh: '报文摘要的小写十六进制文本', en: 'the lower-case hex of the message’s digest' },
  'digest sm3': { zh: 'SM3', en: 'SM3' },
  'digest sha256': { zh: 'SHA-256', en: 'SHA-256' },
  'digest sha1': { zh: 'SHA-1', en: 'SHA-1' },
  'label ste': { zh: '"sifang/1 ste\\0"', en: '"sifang/1 ste\\0"' },
  'label ets': { zh: '"sifang/1 ets\\0"', en: '"sifang/1 ets\\0"' },
  'what H D': { zh: '报文头 H 与业务数据 D', en: 'the head H and the domain D' },
  'what H W iv C T': { zh: 'H、W、iv、C、T', en: 'H, W, iv, C and T' },
  'coding bytes': { zh: '原始字节', en: 'plain bytes' },
  'coding base64': { zh: '标准 base64，带填充，不换行', en: 'base64 with padding and without line breaks' },
  'coding hex': { zh: '十六进制', en: 'hex' },
}

/** A mistake as it is told about one question: `{right}` is what the choice should have been. */
export function told(mistake: Mistake, right: string | undefined): Mistake {
  const words = VALUE_WORDS[`${mistake.choice} ${right ?? ''}`] ?? { zh: right ?? '', en: right ?? '' }
  return {
    ...mistake,
    fix: {
      zh: mistake.fix.zh.replaceAll('{right}', words.zh),
      en: mistake.fix.en.replaceAll('{right}', words.en),
    },
  }
}

/** Keys: another certificate's, which is known only with the message. */
export function keyMistakes(
  named: string,
  keys: readonly { readonly name: string; readonly owner?: string; readonly use?: string }[],
  owner: string | undefined,
): readonly Mistake[] {
  return keys.flatMap(({ name, owner: whose, use }): readonly Mistake[] => {
    if (name === named) return []
    const about = whose === undefined ? name : `${name}（${whose}）`
    const aboutEn = whose === undefined ? name : `${name} (${whose})`
    const encryption = use === 'encrypt' && whose === owner && owner !== undefined
    return [
      {
        id: encryption ? 'key-encryption' : 'key-other',
        choice: 'key',
        value: name,
        zh: encryption ? `用加密证书 ${about} 的私钥签了名` : `用的是另一张证书 ${about} 的密钥`,
        en: encryption
          ? `it was signed with the key of the encryption certificate ${aboutEn}`
          : `the key of another certificate was used: ${aboutEn}`,
        fix: {
          zh: `改用报文所写证书 ${named} 的密钥，或在报文中写上实际所用的证书号`,
          en: `use the key of certificate ${named}, which the message names, or name the certificate that was used`,
        },
      },
    ]
  })
}

/** User ids that follow from the message: its certificate's number and its sender's code. */
export function userIdMistakes(values: readonly (string | undefined)[]): readonly Mistake[] {
  return values.flatMap((value, index): readonly Mistake[] =>
    value === undefined || value === '' || value === '-'
      ? []
      : [
          {
            id: index === 0 ? 'user-id-certificate' : 'user-id-party',
            choice: 'userId',
            value,
            zh: index === 0 ? `用户标识用了证书号 ${value}` : `用户标识用了机构代码 ${value}`,
            en:
              index === 0
                ? `the user id was the certificate’s number ${value}`
                : `the user id was the institution’s code ${value}`,
            fix: { zh: '签名时给出用户标识 {right}', en: 'give the user id {right} when signing' },
          },
        ],
  )
}
