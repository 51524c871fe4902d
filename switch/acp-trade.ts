// What a merchant may ask of the gateway, by txnType, and what it is told. The gateway asks the switch as any acquirer does,
// and knows only what the switch answers: a synchronous 00 says that it was accepted, and never that it was paid.
import { traceOf } from '../clearing/clearing.ts'
import { sha256, toHex, utf8 } from '../crypto/crypto.ts'
import {
  type Answered,
  call,
  codeOf,
  type Fields,
  type Pair,
  type RequestType,
  valueIn,
} from '../wire/wire.ts'
import { type Asked, begin, idOf, itemAsked, keep, originalOf } from './acp-book.ts'
import { dayFile } from './acp-file.ts'
import type { AcpMerchant } from './acp-merchants.ts'
import { acpByQueryId, acpByTn, type AcpItem, acpItems, acpKey, published } from './acp-records.ts'
import { checkNew, no, type Say } from './acp-rules.ts'
import { DIRECT, type GatewayWorld } from './acp-world.ts'

export type Told = { readonly respCode: string; readonly respMsg: Say; readonly more?: readonly Pair[] }

type Story = (world: GatewayWorld, asked: Asked) => Promise<Told>

const ACCEPTED: Say = { zh: '成功', en: 'Accepted' }

/** By txnType and txnSubType; `*` for any of them. */
const STORIES: Readonly<Record<string, Story>> = {
  '00.00': query,
  '00.02': query,
  '01.06': purchase,
  '31.00': (world, asked) => undo(world, asked, 'void'),
  '04.00': (world, asked) => undo(world, asked, 'refund'),
  '99.01': reverse,
  '76.01': file,
  '95.00': keyFetch,
}

export async function trade(world: GatewayWorld, asked: Asked): Promise<Told> {
  const type = valueIn(asked.form, 'txnType') ?? ''
  const story = STORIES[`${type}.${valueIn(asked.form, 'txnSubType') ?? ''}`]
  if (story !== undefined) return story(world, asked)
  const known = KNOWN_TYPES.includes(type)
  return known
    ? no('32', '本网关未开通此交易类型或子类', 'this gateway does not offer this txnType or txnSubType')
    : no('10', 'txnType 不是本网络的交易类型', 'txnType names no transaction of this network')
}

const KNOWN_TYPES = '00 01 02 03 04 05 11 12 13 21 22 31 32 33 71 72 73 74 75 76 77 78 79 94 95 99'.split(' ')

/** Any frontend or app purchase: an order that waits for its payer. */
export async function order(world: GatewayWorld, asked: Asked): Promise<Told> {
  const checked = checkNew(world, asked)
  if ('respMsg' in checked) return checked
  const begun = await begin(world, asked, checked, 'order')
  if ('respMsg' in begun) return begun
  const { form } = asked
  const until = valueIn(form, 'payTimeout')
  const subject = valueIn(form, 'orderDesc')
  const reply = await ask(world, 'order.create', {
    ...shopOf(asked.merchant),
    amount: begun.amount,
    currency: begun.currency,
    order: begun.order,
    orderTime: begun.txnTime,
    ...(until !== undefined && { validUntil: until }),
    ...(subject !== undefined && { subject: subject.slice(0, 80) }),
  })
  const tn = reply.kind === 'answered' ? reply.fields.tn : undefined
  if (tn === undefined) return refusedBy(world, begun, reply)
  await keep(world, { ...begun, tn }, [acpByTn.put(tn, { id: idOf(begun) })])
  return { respCode: '00', respMsg: ACCEPTED, more: [['tn', tn]] }
}

async function purchase(world: GatewayWorld, asked: Asked): Promise<Told> {
  const code = valueIn(asked.form, 'qrNo')
  if (code === undefined) return no('13', '缺少 qrNo', 'qrNo is missing')
  if (!/^[0-9]{19}$/.test(code)) return no('61', 'qrNo 应为 19 位数字', 'qrNo must be 19 digits')
  const checked = checkNew(world, asked)
  if ('respMsg' in checked) return checked
  const begun = await begin(world, asked, checked, 'purchase')
  if ('respMsg' in begun) return begun
  const reply = await ask(world, 'purchase', {
    ...shopOf(asked.merchant),
    terminal: valueIn(asked.form, 'termId') ?? '00000001',
    code,
    amount: begun.amount,
    currency: begun.currency,
    order: begun.order,
    orderTime: begun.txnTime,
  })
  return concluded(world, begun, reply)
}

async function undo(world: GatewayWorld, asked: Asked, kind: 'void' | 'refund'): Promise<Told> {
  const checked = checkNew(world, asked)
  if ('respMsg' in checked) return checked
  const original = await originalOf(world, asked)
  if (original === undefined) return no('34', '查无原交易', 'there is no such original of this merchant')
  if (kind === 'void' && checked.amount !== original.amount)
    return no('36', '撤销金额与原交易不符', 'txnAmt of a void must be the original’s')
  const begun = await begin(world, asked, checked, kind, original)
  if ('respMsg' in begun) return begun
  const reply = await ask(world, kind, {
    acquirer: DIRECT,
    merchant: asked.merchant.id,
    order: begun.order,
    orderTime: begun.txnTime,
    ...(original.queryId !== undefined && { origTransaction: original.queryId }),
    origOrder: original.order,
    origOrderTime: original.txnTime,
    amount: begun.amount,
    currency: begun.currency,
  })
  return concluded(world, begun, reply)
}

/** Repeats the original's own orderId and txnTime. */
async function reverse(world: GatewayWorld, asked: Asked): Promise<Told> {
  const { merchant, form } = asked
  const [orderId, txnTime] = [valueIn(form, 'orderId') ?? '', valueIn(form, 'txnTime') ?? '']
  const id = acpKey(merchant.id, txnTime, orderId)
  const found = acpItems.in(await world.store.read([acpItems.key(id)]), id)
  if (found === undefined || found.kind !== 'purchase')
    return no('34', '查无原交易', 'there is no such purchase of this merchant')
  const reply = await ask(world, 'reversal', {
    acquirer: DIRECT,
    merchant: merchant.id,
    // One purchase is reversed once, however often it is asked for.
    reversal: `X${toHex(sha256(utf8(id))).slice(0, 23)}`,
    order: found.order,
    orderTime: found.txnTime,
    amount: found.amount,
    currency: found.currency,
  })
  if (reply.kind !== 'answered') return UNKNOWN
  const taken = reply.class === 'OK' || reply.class === 'PENDING'
  if (taken && found.state !== 'FAILED') await keep(world, { ...found, state: 'REVERSED' })
  return taken
    ? { respCode: '00', respMsg: ACCEPTED }
    : { respCode: published(codeOf(reply.class)), respMsg: DECLINED }
}

/** What became of a transaction, asked of the switch each time. */
async function query(world: GatewayWorld, asked: Asked): Promise<Told> {
  const found = await itemAsked(world, asked)
  if (found === undefined) return no('34', '查无此交易', 'there is no such transaction of this merchant')
  const reply = await ask(world, 'query', {
    acquirer: DIRECT,
    asked: found.kind === 'order' ? 'purchase' : found.kind,
    order: found.order,
    orderTime: found.txnTime,
  })
  if (reply.kind !== 'answered') return UNKNOWN
  if (reply.class !== 'OK')
    return reply.class === 'NOT_FOUND'
      ? no('34', '查无此交易', 'there is no such transaction of this merchant')
      : { respCode: published(codeOf(reply.class)), respMsg: DECLINED }
  const { origAnswer = codeOf('PENDING'), state, transaction, clearingDay, refundedTotal } = reply.fields
  const ended = endedAs(state ?? '')
  const orig = ended === 'DONE' ? '00' : ended === 'OPEN' ? '05' : notDone(published(origAnswer), ended)
  const after: AcpItem = {
    ...found,
    ...(transaction !== undefined && { queryId: transaction }),
    ...(clearingDay !== undefined && { clearingDay }),
  }
  return {
    respCode: '00',
    respMsg: ACCEPTED,
    more: [
      ...detailsOf(after),
      ['origRespCode', orig],
      [
        'origRespMsg',
        orig === '00' ? '成功[0000000]' : `${ended === 'OPEN' ? '处理中' : '失败'}[${orig.padStart(7, '0')}]`,
      ],
      ...(refundedTotal !== undefined && refundedTotal > 0n
        ? ([['refundedAmt', String(refundedTotal)]] as const)
        : []),
    ],
  }
}

/** A state that is the end of it and no success has a code that says so, whatever the first answer was. */
const notDone = (code: string, ended: 'FAILED' | 'REVERSED'): string =>
  ['00', '03', '04', '05'].includes(code) ? (ended === 'REVERSED' ? '35' : '01') : code

/** States of the switch's items as a merchant may know them. */
export function endedAs(state: string): 'OPEN' | 'DONE' | 'FAILED' | 'REVERSED' {
  if (['SUCCESS', 'PART_REFUNDED', 'REFUNDED', 'R_SUCCESS', 'VOIDED'].includes(state)) return 'DONE'
  if (['FAILED', 'R_FAILED', 'V_FAILED', 'CLOSED'].includes(state)) return 'FAILED'
  return ['REVERSED', 'UNDONE', 'FENCED'].includes(state) ? 'REVERSED' : 'OPEN'
}

/** What notices and queries tell of a transaction. */
export function detailsOf(item: AcpItem): readonly Pair[] {
  const { queryId, clearingDay } = item
  const trace = queryId === undefined ? undefined : traceOf(queryId)
  return [
    ['txnAmt', String(item.amount)],
    ['currencyCode', item.currency],
    ...(queryId === undefined ? [] : ([['queryId', queryId]] as const)),
    ...(trace === undefined
      ? []
      : ([
          ['traceNo', trace.traceNo],
          ['traceTime', trace.time?.slice(4) ?? ''],
        ] as const)),
    ...(clearingDay === undefined
      ? []
      : ([
          ['settleDate', clearingDay.slice(4)],
          ['settleAmt', String(item.amount)],
          ['settleCurrencyCode', item.currency],
        ] as const)),
    ...(item.ofQueryId === undefined ? [] : ([['origQryId', item.ofQueryId]] as const)),
  ]
}

async function file(world: GatewayWorld, { merchant, form }: Asked): Promise<Told> {
  const day = valueIn(form, 'settleDate') ?? ''
  if (!/^(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$/.test(day))
    return no('10', 'settleDate 应为 MMDD', 'settleDate must be MMDD')
  if ((valueIn(form, 'fileType') ?? '') !== '00') return no('10', 'fileType 应为 00', 'fileType must be 00')
  const made = await dayFile(world, merchant, day)
  if (made === undefined) return no('98', '文件不存在', 'there is no such file, or not yet')
  return {
    respCode: '00',
    respMsg: ACCEPTED,
    more: [
      ['fileName', made.name],
      ['fileContent', made.content],
    ],
  }
}

async function keyFetch(world: GatewayWorld, { form }: Asked): Promise<Told> {
  if ((valueIn(form, 'certType') ?? '') !== '01') return no('10', 'certType 应为 01', 'certType must be 01')
  return {
    respCode: '00',
    respMsg: ACCEPTED,
    more: [
      ['certType', '01'],
      ['encryptPubKeyCert', world.identity().encryptCertificate],
    ],
  }
}

const shopOf = ({ id, name, category }: AcpMerchant) => ({
  acquirer: DIRECT,
  merchant: id,
  merchantName: name,
  merchantCategory: category,
})

const UNKNOWN: Told = {
  respCode: '03',
  respMsg: { zh: '交易通讯超时，请发起查询交易', en: 'No answer in time: query it' },
}
const DECLINED: Say = { zh: '交易失败', en: 'Declined' }

const ask = <T extends RequestType>(world: GatewayWorld, type: T, fields: Fields<T>): Promise<Answered<T>> =>
  call(world, type, world.switchId, fields, world.profile.values.purchaseWaitMs)

/** The synchronous answer: accepted, declined, or nothing known. */
async function concluded(
  world: GatewayWorld,
  item: AcpItem,
  reply: Answered<'purchase' | 'void' | 'refund'>,
): Promise<Told> {
  if (reply.kind !== 'answered') return refusedBy(world, item, reply)
  const { transaction, clearingDay } = reply.fields
  if (reply.class !== 'OK' && reply.class !== 'PENDING') return refusedBy(world, item, reply)
  const after: AcpItem = {
    ...item,
    respCode: '00',
    ...(transaction !== undefined && { queryId: transaction }),
    ...(clearingDay !== undefined && { clearingDay }),
  }
  await keep(
    world,
    after,
    transaction === undefined ? [] : [acpByQueryId.put(transaction, { id: idOf(item) })],
  )
  return {
    respCode: '00',
    respMsg: ACCEPTED,
    more: transaction === undefined ? [] : [['queryId', transaction]],
  }
}

async function refusedBy(world: GatewayWorld, item: AcpItem, reply: Answered<RequestType>): Promise<Told> {
  if (reply.kind === 'unknown') return UNKNOWN
  const respCode = reply.kind === 'not_sent' ? '02' : published(codeOf(reply.class))
  await keep(world, { ...item, state: 'FAILED', respCode })
  return { respCode, respMsg: DECLINED }
}
