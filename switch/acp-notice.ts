// What the switch tells the gateway becomes what the gateway tells the merchant: at its backUrl, of successes only, five
// times in all until it answers 200 or 302 (facts/unionpay 1.7). Everything else a merchant learns by asking.
import type { Job } from '../store/store.ts'
import {
  answer,
  answerFields,
  type Fields,
  type Pair,
  type Sealed,
  type Turned,
  writeBody,
} from '../wire/wire.ts'
import { acpMerchants, signedFor } from './acp-merchants.ts'
import { acpByOrder, acpByQueryId, type AcpItem, acpItems, orderKeyOf, published } from './acp-records.ts'
import { mayPostTo } from './acp-rules.ts'
import { detailsOf, endedAs } from './acp-trade.ts'
import type { GatewayWorld } from './acp-world.ts'

type Body = { readonly id: string; readonly attempt: number }

/** notify.payee: written down, and owed to the merchant, in one change. */
export async function heardNotice(world: GatewayWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'notify.payee', async (opened) => {
    const { fields } = opened.message
    const said = { ...answerFields('OK'), notice: fields.notice }
    if (fields.acquirer !== world.me) return answerFields('DECL-ORIG')
    const key = orderKeyOf({ order: fields.order, txnTime: fields.orderTime })
    const id = acpByOrder.in(await world.store.read([acpByOrder.key(key)]), key)?.id
    if (id === undefined) return answerFields('DECL-ORIG')
    const keys = [acpItems.key(id), acpByQueryId.key(fields.transaction)]
    await world.store.change(keys, (rows) => {
      const item = acpItems.in(rows, id)
      if (item === undefined) return { result: undefined }
      const after = concludedBy(item, fields)
      // A notice that comes again owes nothing again.
      const owed = after.state === 'DONE' && item.state === 'OPEN' && item.backUrl !== undefined
      return {
        put: [acpItems.put(id, after), acpByQueryId.put(fields.transaction, { id })],
        ...(owed && {
          enqueue: [
            { id: `notice:${id}`, kind: 'acp-notice', dueAt: world.clock.wall(), body: { id, attempt: 0 } },
          ],
        }),
        result: undefined,
      }
    })
    return said
  })
}

function concludedBy(item: AcpItem, fields: Fields<'notify.payee'>): AcpItem {
  const { state, transaction, clearingDay, answer: code, about } = fields
  const ended = about === 'reversal' ? 'REVERSED' : endedAs(state)
  // Whatever came first stays, but for the taking back of what was done.
  const moves = item.state === 'OPEN' || ended === 'REVERSED'
  return moves
    ? {
        ...item,
        state: ended,
        respCode: ended === 'DONE' ? '00' : published(code),
        queryId: transaction,
        clearingDay,
      }
    : item
}

export async function tellMerchant(world: GatewayWorld, job: Job): Promise<void> {
  const { id, attempt } = job.body as Body
  const item = acpItems.in(await world.store.read([acpItems.key(id)]), id)
  const heard = item === undefined ? true : await told(world, item)
  const gap = world.profile.values.noticeGapsMs[attempt]
  await world.store.change([], () => {
    if (heard || gap === undefined) {
      const kind = heard ? 'notified' : 'case'
      const body = heard ? { attempt } : { because: 'the merchant did not acknowledge its notice' }
      return { finish: [job], append: [{ item: id, kind, body }], result: undefined }
    }
    const dueAt = world.clock.wall() + gap
    const next = { id: job.id, kind: 'acp-notice', dueAt, body: { id, attempt: attempt + 1 } }
    return { finish: [job], enqueue: [next], result: undefined }
  })
}

async function told(world: GatewayWorld, item: AcpItem): Promise<boolean> {
  const row = await world.store.read([acpMerchants.key(item.merchant)])
  const merchant = acpMerchants.in(row, item.merchant)
  const { backUrl } = item
  // What its row allows may have changed since the request.
  if (merchant === undefined || backUrl === undefined || !mayPostTo(backUrl, merchant.loopback)) return false
  const pairs = await signedFor(world.identity(), merchant, item, noticeOf(item))
  const status = await world.postNotice(backUrl, writeBody(pairs, item.charset), merchant.loopback)
  return status === 200 || status === 302
}

/** What names a transaction to its merchant, in answers, notices and on the page. */
export const namesOf = (item: AcpItem): readonly Pair[] => [
  ['txnType', item.txnType],
  ['txnSubType', item.txnSubType],
  ['bizType', item.bizType],
  ['accessType', '0'],
  ['merId', item.merchant],
  ['orderId', item.orderId],
  ['txnTime', item.txnTime],
  ['reqReserved', item.reserved ?? ''],
]

const noticeOf = (item: AcpItem): readonly Pair[] => [
  ...namesOf(item),
  ...detailsOf(item),
  ['respCode', '00'],
  ['respMsg', '成功[0000000]'],
]
