// A merchant's files of one clearing day, as ACP hands them out: clearing's ZM set in a zip, deflated again, in base64.
// Made from the journal of the switch: what is not in it did not happen. A day without traffic has files too (STL-014).
import { downloadText, nextDay, writeZmSet, zip, type ZmEntry, zmNames } from '../clearing/clearing.ts'
import { START } from '../store/store.ts'
import { beijingDay, readBeijingTime } from '../wire/wire.ts'
import type { AcpMerchant } from './acp-merchants.ts'
import { acpByOrder, type AcpItem, acpItems, orderKeyOf } from './acp-records.ts'
import { DIRECT, type GatewayWorld } from './acp-world.ts'
import type { Final } from './conclude.ts'
import { itemOf } from './feed-book.ts'

const DAY_MS = 24 * 3600 * 1000
/** It is there from nine in the morning after (facts/unionpay 2.1). */
const THERE_AT = '090000'
/** What the network's files of direct merchants are in. */
const CURRENCY = '156'

export async function dayFile(
  world: GatewayWorld,
  merchant: AcpMerchant,
  monthDay: string,
): Promise<{ readonly name: string; readonly content: string } | undefined> {
  const now = world.clock.wall()
  const day = dayBefore(now, monthDay)
  const begins = readBeijingTime(`${day}${THERE_AT}`)
  if (begins === undefined || (!merchant.filesAtOnce && now < begins + DAY_MS)) return undefined
  const entries: ZmEntry[] = []
  for await (const { body } of world.journal(START, { kinds: ['final'] })) {
    const final = body as Final
    if (final.acquirer !== DIRECT || final.merchant !== merchant.id || final.clearingDay !== day) continue
    const entry = await entryOf(world, merchant, final)
    if (entry !== undefined) entries.push(entry)
  }
  const head = {
    merchant: merchant.id,
    acquirer: DIRECT,
    forwarder: world.switchId,
    currency: CURRENCY,
    day,
    printed: nextDay(day),
    // Each is made anew when it is asked for, and comes out the same.
    sequence: 1,
    version: 1,
  }
  return { name: zmNames(merchant.id, day).zip, content: downloadText(zip(writeZmSet(head, entries), day)) }
}

/** The year in which the day lies that is not after today, or tomorrow's by the clearing day. */
function dayBefore(now: number, monthDay: string): string {
  const tomorrow = beijingDay(now + DAY_MS)
  const year = tomorrow.slice(0, 4)
  return `${year}${monthDay}` <= tomorrow ? `${year}${monthDay}` : `${Number(year) - 1}${monthDay}`
}

/** The switch knows an order by the gateway's number; the merchant finds its own in the file. */
async function entryOf(
  world: GatewayWorld,
  { name, category }: AcpMerchant,
  final: Final,
): Promise<ZmEntry | undefined> {
  const item = itemOf(final)
  const known = await acpItemOf(world, final)
  if (item === undefined || known === undefined) return undefined
  const { orderId, txnTime, channelType, txnSubType, bizType, reserved } = known
  return {
    item: { ...item, order: orderId, orderTime: txnTime, category },
    detail: {
      terminalType: channelType,
      merchantName: name,
      txnSubType,
      bizType,
      ...(reserved !== undefined && { memo: reserved }),
    },
  }
}

async function acpItemOf({ store }: GatewayWorld, { order, orderTime }: Final): Promise<AcpItem | undefined> {
  const key = orderKeyOf({ order, txnTime: orderTime })
  const id = acpByOrder.in(await store.read([acpByOrder.key(key)]), key)?.id
  return id === undefined ? undefined : acpItems.in(await store.read([acpItems.key(id)]), id)
}
