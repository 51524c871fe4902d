// The gateway's book of merchants' transactions: written down before the switch hears of one, changed by what is known, found
// by the merchant's own numbers or the network's. It books no money.
import { sha256, toHex, utf8 } from '../crypto/crypto.ts'
import type { Put } from '../store/store.ts'
import { type Form, valueIn } from '../wire/wire.ts'
import type { AcpMerchant, Speaks } from './acp-merchants.ts'
import {
  acpByOrder,
  acpByQueryId,
  type AcpItem,
  acpItems,
  acpKey,
  type AcpKind,
  orderKeyOf,
} from './acp-records.ts'
import { type Checked, no, type No } from './acp-rules.ts'
import type { GatewayWorld } from './acp-world.ts'

export type Asked = { readonly merchant: AcpMerchant; readonly form: Form; readonly speaks: Speaks }

export const idOf = ({ merchant, txnTime, orderId }: AcpItem): string => acpKey(merchant, txnTime, orderId)

/** Writes the transaction down before the switch hears of it: the same orderId and txnTime come in once. */
export async function begin(
  world: GatewayWorld,
  { merchant, form, speaks }: Asked,
  checked: Checked,
  kind: AcpKind,
  original?: AcpItem,
): Promise<AcpItem | No> {
  const { orderId, txnTime, amount } = checked
  const id = acpKey(merchant.id, txnTime, orderId)
  const optional = (name: string): string | undefined => valueIn(form, name)
  const [backUrl, frontUrl, reserved, orderDesc] = ['backUrl', 'frontUrl', 'reqReserved', 'orderDesc'].map(
    optional,
  )
  const plain = { order: orderId, txnTime }
  const other = { order: `${orderId.slice(0, 20)}${toHex(sha256(utf8(id))).slice(0, 12)}`, txnTime }
  return world.store.change<AcpItem | No>(
    [acpItems.key(id), acpByOrder.key(orderKeyOf(plain)), acpByOrder.key(orderKeyOf(other))],
    (rows) => {
      if (acpItems.in(rows, id) !== undefined)
        return { result: no('12', '重复交易', 'orderId and txnTime were used before') }
      // Two merchants may choose one number; to the switch they are one acquirer's.
      const { order: own } = acpByOrder.in(rows, orderKeyOf(plain)) === undefined ? plain : other
      const item: AcpItem = {
        merchant: merchant.id,
        orderId,
        txnTime,
        order: own,
        kind,
        txnType: optional('txnType') ?? '',
        txnSubType: optional('txnSubType') ?? '',
        bizType: optional('bizType') ?? '000000',
        channelType: optional('channelType') ?? '07',
        amount,
        currency: checked.currency,
        version: speaks.version,
        method: speaks.method,
        charset: speaks.charset,
        ...(backUrl !== undefined && { backUrl }),
        ...(frontUrl !== undefined && { frontUrl }),
        ...(reserved !== undefined && { reserved }),
        ...(orderDesc !== undefined && { orderDesc }),
        ...(original !== undefined && { of: idOf(original) }),
        ...(original?.queryId !== undefined && { ofQueryId: original.queryId }),
        state: 'OPEN',
        respCode: '05',
      }
      return { put: [acpItems.put(id, item), acpByOrder.put(orderKeyOf(item), { id })], result: item }
    },
  )
}

/** Changes a record by what is known now; a final word that came meanwhile stays. */
export async function keep(world: GatewayWorld, item: AcpItem, more: readonly Put[] = []): Promise<void> {
  const id = idOf(item)
  await world.store.change([acpItems.key(id), ...more.map(({ key }) => key)], (rows) => {
    const now = acpItems.in(rows, id)
    const ended = now !== undefined && now.state !== 'OPEN' && item.state !== 'REVERSED'
    const { queryId, clearingDay } = { ...item, ...now }
    const after = {
      ...item,
      ...(ended && now),
      ...(queryId !== undefined && { queryId }),
      ...(clearingDay !== undefined && { clearingDay }),
    }
    return { put: [acpItems.put(id, after), ...more], result: undefined }
  })
}

async function byId(
  world: GatewayWorld,
  merchant: AcpMerchant,
  id: string | undefined,
): Promise<AcpItem | undefined> {
  if (id === undefined) return undefined
  const found = acpItems.in(await world.store.read([acpItems.key(id)]), id)
  return found?.merchant === merchant.id ? found : undefined
}

async function byQueryId(
  world: GatewayWorld,
  merchant: AcpMerchant,
  queryId: string,
): Promise<AcpItem | undefined> {
  const named = acpByQueryId.in(await world.store.read([acpByQueryId.key(queryId)]), queryId)
  return byId(world, merchant, named?.id)
}

export async function itemAsked(
  world: GatewayWorld,
  { merchant, form }: Asked,
): Promise<AcpItem | undefined> {
  const queryId = valueIn(form, 'queryId')
  if (valueIn(form, 'txnSubType') === '02')
    return queryId === undefined ? undefined : byQueryId(world, merchant, queryId)
  return byId(
    world,
    merchant,
    acpKey(merchant.id, valueIn(form, 'txnTime') ?? '', valueIn(form, 'orderId') ?? ''),
  )
}

/** By the original's queryId, or by its orderId and txnTime. */
export async function originalOf(
  world: GatewayWorld,
  { merchant, form }: Asked,
): Promise<AcpItem | undefined> {
  const queryId = valueIn(form, 'origQryId')
  if (queryId !== undefined) return byQueryId(world, merchant, queryId)
  const [orderId, txnTime] = [valueIn(form, 'origOrderId'), valueIn(form, 'origTxnTime')]
  return orderId === undefined || txnTime === undefined
    ? undefined
    : byId(world, merchant, acpKey(merchant.id, txnTime, orderId))
}
