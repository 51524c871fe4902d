// Batches of the NetsUnion-like network and the key of their day: enciphered, signed, and closed to anybody else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generateKeyPair, publicHalf, sm3, unwrap, utf8, wrap } from '../crypto/crypto.ts'
import { clearingItems } from './file-arbitraries.ts'
import type { FileFault } from './file-fault.ts'
import type { FileRead } from './file-lines.ts'
import {
  BATCH_CIPHERS,
  batchPath,
  DAY_KEY_BYTES,
  type DayKey,
  keyPath,
  keyThereAt,
  readBatch,
  readDayKey,
  writeBatch,
  writeDayKey,
} from './file-netsunion.ts'
import {
  counted,
  DAY,
  faultOf as fault,
  goodOf as good,
  OTHER_KEY,
  REFUND,
  SALE,
  signing,
  TO,
  verifying,
} from './file-testing.ts'
import type { ClearingItem } from './item.ts'

const RECEIVER_KEY = await generateKeyPair('sm', counted(19))
const HEAD = { from: '00010000', to: TO, day: DAY, sequence: 7, version: 1 }
const WANTED = { to: TO, day: DAY }
const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
const itemsOf = ({ items }: FileRead): readonly ClearingItem[] => items.map(({ item }) => item)

describe.each(BATCH_CIPHERS)('a batch under %s', (cipher) => {
  const key: DayKey = { cipher, key: counted(5)(DAY_KEY_BYTES[cipher]) }
  const head = { ...HEAD, session: '0002' }
  const wanted = { ...WANTED, session: '0002' }
  const name = batchPath(TO, DAY, '0002')
  const open = (bytes: Uint8Array, by = key): Promise<FileRead | FileFault> =>
    readBatch(name, bytes, wanted, by, verifying)

  test('is read as it was written, but for what it does not carry', async () => {
    await fc.assert(
      fc.asyncProperty(clearingItems, async ({ items, day: of }) => {
        const bytes = await writeBatch({ ...head, day: of }, items, key, signing)
        const got = await good(readBatch(name, bytes, { ...wanted, day: of }, key, verifying))
        expect(itemsOf(got)).toEqual(items.map(({ legs: _legs, ...item }) => ({ ...item, shares: [] })))
        expect(got.head).toEqual({ ...head, day: of })
      }),
      { numRuns: 40 },
    )
  })

  test('opens with its own key alone, and not when it was cut or altered', async () => {
    const bytes = await writeBatch(head, [SALE, REFUND], key, signing)
    expect(Buffer.from(bytes).includes('CNY')).toBe(false)
    // One wrong key in 256 leaves right padding, so that some of these open into what nobody wrote.
    for (let other = 0; other < 1500; other += 1) {
      const wrong = { cipher, key: sm3(utf8(`key ${other}`)).slice(0, DAY_KEY_BYTES[cipher]) }
      expect(await fault(open(bytes, wrong))).toMatch(/^key 0:0: it does not open/)
    }
    const swapped = cipher === 'SM4-ECB' ? 'AES-256-ECB' : 'SM4-ECB'
    const others = { cipher: swapped, key: counted(5)(DAY_KEY_BYTES[swapped]) } as const
    expect(await fault(open(bytes, others))).toMatch(/^key 0:0/)
    expect(await fault(open(bytes.subarray(0, bytes.length - 16)))).toMatch(/^(key|trailer|signature) /)
    expect(await fault(open(bytes.subarray(0, bytes.length - 1)))).toMatch(/^key 0:0/)
    // ECB lets whole blocks change places: the digest does not.
    const moved = Buffer.concat([
      bytes.subarray(0, 32),
      bytes.subarray(48, 64),
      bytes.subarray(32, 48),
      bytes.subarray(64),
    ])
    expect(await fault(open(moved))).toMatch(/^digest /)
  })

  test('of another session or day is refused', async () => {
    expect(await fault(open(await writeBatch({ ...head, session: '0001' }, [], key, signing)))).toMatch(
      /^day 1:47: the file is of B202606150001, asked for was B202606150002/,
    )
    expect(await good(open(await writeBatch(head, [], key, signing)))).toMatchObject({ items: [] })
  })
})

describe('the key of a day', () => {
  const key: DayKey = { cipher: 'AES-256-ECB', key: counted(5)(32) }
  const seal = (bytes: Uint8Array): Promise<Uint8Array> => wrap(publicHalf(RECEIVER_KEY), bytes, counted(11))
  const unseal = (bytes: Uint8Array): Promise<Uint8Array | undefined> => unwrap(RECEIVER_KEY, bytes)
  const file = keyPath(TO, DAY)
  const open = (bytes: Uint8Array, wanted = WANTED): Promise<object> =>
    readDayKey(file, bytes, wanted, unseal)

  test('lies where and when it is known to lie', () => {
    expect(file).toBe('Z1000062250000/20260615/trans/Z1000062250000-20260615.key')
    expect(batchPath(TO, DAY, '0001')).toBe('Z1000062250000/20260615/trans/Z1000062250000-B202606150001.dat')
    expect(keyThereAt('20260301')).toBe(Date.parse('2026-02-28T12:00:00+08:00'))
    expect(() => keyThereAt('20260231')).toThrow('is not a day')
  })

  test('is sealed for its receiver', async () => {
    const bytes = await writeDayKey(TO, DAY, key, seal)
    expect(text(bytes)).toMatch(/^EPCC-KEY\|1\|Z1000062250000\|20260615\|AES-256-ECB\|[^|]+\|[0-9a-f]{64}\n$/)
    expect(await open(bytes)).toEqual(key)
    expect(await fault(readDayKey(file, bytes, WANTED, (sealed) => unwrap(OTHER_KEY, sealed)))).toMatch(
      /^key 1:48: the key does not open/,
    )
    await expect(writeDayKey(TO, DAY, { ...key, cipher: 'SM4-ECB' }, seal)).rejects.toThrow(
      'must have 16 bytes, got 32',
    )
  })

  test('is refused when it is cut, altered, of another day or for another', async () => {
    const bytes = await writeDayKey(TO, DAY, key, seal)
    for (let index = 0; index < bytes.length - 1; index += 1) {
      const altered = bytes.slice()
      altered[index] = (altered[index] ?? 0) ^ 0x01
      expect(await fault(open(altered))).toMatch(/^(trailer|digest|encoding) /)
      expect(await fault(open(bytes.subarray(0, index)))).toMatch(/^(trailer|digest) /)
    }
    expect(await fault(open(bytes, { to: TO, day: '20260616' }))).toBe(
      'day 1:27: the key is of 20260615, expected 20260616: fetch that one',
    )
    expect(await fault(open(bytes, { to: '62250001', day: DAY }))).toMatch(/^addressee 1:12/)
  })
})
