// The head of a sifang/1 message: ASCII lines `name=value\n` in one fixed order, all present, `-` for none.
import type { Text } from './classes.ts'

export const HEAD_NAMES = [
  'v',
  'profile',
  'suite',
  'order',
  'type',
  'path',
  'from',
  'to',
  'id',
  'ts',
  'nonce',
  'signcert',
  'enccert',
  'ref',
] as const
export type HeadName = (typeof HEAD_NAMES)[number]
export type Head = Readonly<Record<HeadName, string>>

const GRAMMAR: Readonly<Record<HeadName, { pattern: RegExp; rule: Text }>> = {
  v: { pattern: /^sifang\/1$/, rule: { zh: '必须是 sifang/1', en: 'must be sifang/1' } },
  profile: {
    pattern: /^[a-z0-9-]{1,32}$/,
    rule: { zh: '1–32 位小写字母、数字、“-”', en: '1–32 lower-case letters, digits and “-”' },
  },
  suite: {
    pattern: /^[a-z0-9-]{1,16}$/,
    rule: { zh: '1–16 位小写字母、数字、“-”', en: '1–16 lower-case letters, digits and “-”' },
  },
  order: {
    pattern: /^(sign-then-encrypt|encrypt-then-sign)$/,
    rule: { zh: 'sign-then-encrypt 或 encrypt-then-sign', en: 'sign-then-encrypt or encrypt-then-sign' },
  },
  type: { pattern: /^[a-z.]{1,32}$/, rule: { zh: '报文类型名', en: 'a message type' } },
  path: {
    pattern: /^\/[\x21-\x7e]{0,127}$/,
    rule: { zh: '以“/”开头的 ASCII 路径', en: 'an ASCII path that begins with “/”' },
  },
  from: { pattern: /^[0-9]{8}$/, rule: { zh: '8 位机构代码', en: 'an eight-digit institution code' } },
  to: { pattern: /^[0-9]{8}$/, rule: { zh: '8 位机构代码', en: 'an eight-digit institution code' } },
  id: { pattern: /^[0-9A-Za-z]{16,40}$/, rule: { zh: '16–40 位字母数字', en: '16–40 letters and digits' } },
  ts: {
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$/,
    rule: { zh: '形如 2026-11-22T10:00:00.000+08:00', en: 'of the form 2026-11-22T10:00:00.000+08:00' },
  },
  nonce: {
    pattern: /^[0-9a-f]{32}$/,
    rule: { zh: '32 位小写十六进制', en: '32 lower-case hexadecimal digits' },
  },
  signcert: {
    pattern: /^[1-9][0-9]{0,39}$/,
    rule: { zh: '十进制证书序号，无前导零', en: 'a decimal certificate id without leading zero' },
  },
  enccert: {
    pattern: /^[1-9][0-9]{0,39}$/,
    rule: { zh: '十进制证书序号，无前导零', en: 'a decimal certificate id without leading zero' },
  },
  ref: {
    pattern: /^(-|[0-9A-Za-z]{16,40}:[0-9a-f]{64})$/,
    rule: { zh: '“-” 或 “请求号:SM3 十六进制”', en: '“-”, or “request id:SM3 in hexadecimal”' },
  },
}

export type HeadFault = { readonly field: string; readonly offset: number; readonly rule: Text }

export function encodeHead(head: Head): Uint8Array {
  let text = ''
  for (const name of HEAD_NAMES) text += `${name}=${head[name]}\n`
  return encoder.encode(text)
}

const encoder = new TextEncoder()

/** Strict: the fourteen lines, in order, nothing else. Offsets count from the head's first byte. */
export function decodeHead(bytes: Uint8Array): { head: Head } | { fault: HeadFault } {
  const head: Partial<Record<HeadName, string>> = {}
  // One byte is one character, so offsets are the same in both.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  let at = 0
  for (const name of HEAD_NAMES) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end)
    if (end < 0 || !line.startsWith(`${name}=`)) {
      return {
        fault: {
          field: name,
          offset: at,
          rule: { zh: `此处应为一行 ${name}=…`, en: `here must be a line ${name}=…` },
        },
      }
    }
    const value = line.slice(name.length + 1)
    const { pattern, rule } = GRAMMAR[name]
    if (!pattern.test(value)) return { fault: { field: name, offset: at + name.length + 1, rule } }
    head[name] = value
    at = end + 1
  }
  if (at < bytes.length)
    return {
      fault: {
        field: '(head)',
        offset: at,
        rule: { zh: '报文头之后还有多余内容', en: 'there is something after the last line' },
      },
    }
  return { head: head as Head }
}
