// What the tests of files stand on: a sale and its refund, the switch's key, a merchant's set and ways to spoil it. Test-only.
import { generateKeyPair, publicHalf, sign, sm3Hex, verify } from '../crypto/crypto.ts'
import { encodeText } from '../wire/wire.ts'
import { isFault } from './file-fault.ts'
import type { Signing, Verifying } from './file-text.ts'
import type { ZmHead } from './file-totals.ts'
import { writeZmSet, type ZipFile, type ZmEntry, zmNames } from './file-zm-set.ts'
import type { ClearingItem } from './item.ts'

/** Bytes that are the same in every run. */
export function counted(seed: number): (length: number) => Uint8Array {
  let at = seed
  return (length) => Uint8Array.from({ length }, () => (at = (at * 73 + 41) % 251))
}

export const CERTIFICATE = 'switch-2026'
const SWITCH_KEY = await generateKeyPair('sm', counted(1))
export const OTHER_KEY = await generateKeyPair('sm', counted(7))
export const signing: Signing = async (bytes) => ({
  certificate: CERTIFICATE,
  signature: await sign(SWITCH_KEY, bytes, undefined, counted(3)),
})
export const verifying: Verifying = async (bytes, certificate, signature) =>
  certificate === CERTIFICATE && verify(publicHalf(SWITCH_KEY), bytes, signature)

export const DAY = '20260615'
export const TO = '62250000'
export const MERCHANT = '777290058110048'

export const SALE: ClearingItem = {
  transaction: '20260615409230000001',
  kind: 'purchase',
  day: DAY,
  acquirer: '48270000',
  institution: TO,
  merchant: MERCHANT,
  order: 'ORDER00000001',
  orderTime: '20260615112200',
  amount: 476800n,
  currency: '156',
  fee: 2861n,
  shares: [],
}
export const REFUND: ClearingItem = {
  ...SALE,
  transaction: '20260615500000000002',
  kind: 'refund',
  order: 'REFUND00000001',
  original: '20260301409230000009',
  amount: 10000n,
  fee: 60n,
}

/** `rule line:column: what it says`, or that there is no fault. */
export async function faultOf(reading: object | Promise<object>): Promise<string> {
  const read = await reading
  return isFault(read) ? `${read.rule} ${read.line}:${read.column}: ${read.said.en}` : 'no fault'
}

export async function goodOf<T extends object>(
  reading: T | Promise<T>,
): Promise<Exclude<T, { kind: 'refused' }>> {
  const read = await reading
  if (isFault(read)) throw new Error(`${read.file} ${await faultOf(read)}`)
  return read as Exclude<T, { kind: 'refused' }>
}

export const ZM_HEAD: ZmHead = {
  merchant: MERCHANT,
  acquirer: '48270000',
  forwarder: '00010000',
  currency: '156',
  day: DAY,
  printed: '20260616',
  sequence: 1,
  version: 1,
}
export const NAMES = zmNames(MERCHANT, DAY)
export const WANTED = { merchant: MERCHANT, day: DAY }

export const zmSet = (...entries: readonly ZmEntry[]): readonly ZipFile[] => writeZmSet(ZM_HEAD, entries)
export const bytesOf = (files: readonly ZipFile[], name: string): Uint8Array =>
  files.find((file) => file.name === name)?.bytes ?? new Uint8Array(0)
export const gbk = (text: string): Uint8Array => encodeText(text, 'GBK')
export const gbkText = (bytes: Uint8Array): string => new TextDecoder('gbk', { fatal: true }).decode(bytes)

export const replaced = (files: readonly ZipFile[], name: string, bytes: Uint8Array): readonly ZipFile[] =>
  files.map((file) => (file.name === name ? { name, bytes } : file))

/** The totals say what the details have become, so that only their sense can be wrong. */
export function resealedZm(
  files: readonly ZipFile[],
  zm: Uint8Array,
  edit = (text: string) => text,
): readonly ZipFile[] {
  const body = edit(
    gbkText(bytesOf(files, NAMES.RD))
      .replace(/摘要\|.*\r\n$/, '')
      .replace(sm3Hex(bytesOf(files, NAMES.ZM)), sm3Hex(zm)),
  )
  const rd = gbk(`${body}摘要|${sm3Hex(gbk(body))}\r\n`)
  return replaced(replaced(files, NAMES.ZM, zm), NAMES.RD, rd)
}
