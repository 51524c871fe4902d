// A merchant's file of one clearing day: ZM rows of 41 columns (facts/unionpay 2.4) in a zip, deflated again, in base64.
// Made from the journal of the switch: what is not in it did not happen. The whole set of files is clearing's to make.
import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import { beijingDay, readBeijingTime } from '../wire/wire.ts'
import { START } from '../store/store.ts'
import type { AcpMerchant } from './acp-merchants.ts'
import { acpByOrder, type AcpItem, acpItems, orderKeyOf, traceOf } from './acp-records.ts'
import { DIRECT, type GatewayWorld } from './acp-world.ts'
import type { Final } from './conclude.ts'

const DAY_MS = 24 * 3600 * 1000
/** It is there from nine in the morning after (facts/unionpay 2.1). */
const THERE_AT = '090000'

export async function dayFile(
  world: GatewayWorld,
  merchant: AcpMerchant,
  monthDay: string,
): Promise<{ readonly name: string; readonly content: string } | undefined> {
  const now = world.clock.wall()
  const day = dayBefore(now, monthDay)
  const begins = readBeijingTime(`${day}${THERE_AT}`)
  if (begins === undefined || (!merchant.filesAtOnce && now < begins + DAY_MS)) return undefined
  const rows: string[] = []
  for await (const { body } of world.journal(START, { kinds: ['final'] })) {
    const final = body as Final
    if (final.acquirer !== DIRECT || final.merchant !== merchant.id || final.clearingDay !== day) continue
    if (!['SUCCESS', 'R_SUCCESS', 'VOIDED'].includes(final.state)) continue
    const known = await itemOf(world, final)
    if (known !== undefined) rows.push(zmRow(world, final, known))
  }
  if (rows.length === 0) return undefined
  const file = `INN${day.slice(2)}88ZM_${merchant.id}`
  const zip = zipOf(file, Buffer.from(rows.map((row) => `${row}\r\n`).join(''), 'latin1'), day)
  return { name: `${merchant.id}_${day}.zip`, content: deflateSync(zip).toString('base64') }
}

/** The year in which the day lies that is not after today, or tomorrow's by the clearing day. */
function dayBefore(now: number, monthDay: string): string {
  const tomorrow = beijingDay(now + DAY_MS)
  const year = tomorrow.slice(0, 4)
  return `${year}${monthDay}` <= tomorrow ? `${year}${monthDay}` : `${Number(year) - 1}${monthDay}`
}

async function itemOf({ store }: GatewayWorld, { order, orderTime }: Final): Promise<AcpItem | undefined> {
  const key = orderKeyOf({ order, txnTime: orderTime })
  const id = acpByOrder.in(await store.read([acpByOrder.key(key)]), key)?.id
  return id === undefined ? undefined : acpItems.in(await store.read([acpItems.key(id)]), id)
}

/** The network has published S56 alone; the other two are ours. */
const CODES = { purchase: 'S56', void: 'S31', refund: 'S30', reversal: 'S99' } as const

/** Values of the columns in order, each padded or cut to its width. Fees are none here, so amount and net are one. */
function zmRow({ switchId }: GatewayWorld, final: Final, item: AcpItem): string {
  const { traceNo, traceTime } = traceOf(final.transaction)
  const amount = String(final.amount).padStart(12, '0')
  const net = `${final.about === 'purchase' ? 'C' : 'D'}${amount}`
  const nothing = '0'.repeat(12)
  const orig = item.ofQueryId === undefined ? undefined : traceOf(item.ofQueryId)
  const columns: readonly (readonly [number, string])[] = [
    [3, CODES[final.about]],
    [11, DIRECT],
    [11, switchId],
    [6, traceNo],
    [10, traceTime],
    [19, ''],
    [12, amount],
    [4, ''],
    [2, item.channelType],
    [21, final.transaction],
    [2, '01'],
    [32, item.orderId],
    [2, ''],
    [6, orig?.traceNo ?? ''],
    [10, orig?.traceTime ?? ''],
    [13, `D${nothing}`],
    [13, net],
    [4, ''],
    [15, ''],
    [2, item.txnType],
    [2, item.txnSubType],
    [6, item.bizType],
    [2, ''],
    [4, ''],
    [32, ''],
    [1, ''],
    [21, item.ofQueryId ?? ''],
    [15, item.merchant],
    [1, ''],
    [15, '0'.repeat(15)],
    [32, ''],
    [13, ` ${nothing}`],
    [13, net],
    [8, ''],
    [32, ascii(item.reserved ?? '')],
    [13, ` ${nothing}`],
    [13, ` ${nothing}`],
    [12, ''],
    [2, ''],
    [1, '7'],
    [131, ''],
  ]
  return columns.map(([width, text]) => text.slice(0, width).padEnd(width)).join(' ')
}

/** Columns count bytes; what a merchant reserved in other letters would move all that follow. */
const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const DEFLATED = 8
const VERSION = 20

/** A zip of one member (PKWARE APPNOTE 4.3), dated by the clearing day. */
function zipOf(name: string, bytes: Buffer, day: string): Buffer {
  const packed = deflateRawSync(bytes)
  const title = Buffer.from(name, 'ascii')
  const date = ((Number(day.slice(0, 4)) - 1980) << 9) | (Number(day.slice(4, 6)) << 5) | Number(day.slice(6))
  const common = Buffer.alloc(26)
  common.writeUInt16LE(VERSION, 0)
  common.writeUInt16LE(DEFLATED, 4)
  common.writeUInt16LE(date, 8)
  common.writeUInt32LE(crc32(bytes), 10)
  common.writeUInt32LE(packed.length, 14)
  common.writeUInt32LE(bytes.length, 18)
  common.writeUInt16LE(title.length, 22)
  const local = Buffer.concat([word(LOCAL), common, title, packed])
  const central = Buffer.concat([word(CENTRAL), half(VERSION), common, Buffer.alloc(14), title])
  const end = Buffer.concat([
    word(END),
    Buffer.alloc(4),
    half(1),
    half(1),
    word(central.length),
    word(local.length),
    half(0),
  ])
  return Buffer.concat([local, central, end])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
function half(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
