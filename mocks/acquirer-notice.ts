// A notice from the switch: kept before it is acknowledged, heard once, whatever the order and number in which copies
// arrive. One for an order that is not in the book waits there as an orphan, and the switch is asked about it.
import type { Decision, Job, Rows } from '../store/store.ts'
import {
  answer,
  type AnswerClass,
  answerFields,
  call,
  contentDigest,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import {
  hear,
  type Heard,
  hearRefund,
  kept,
  keptRefund,
  otherAttempt,
  type RefundHeard,
  withCase,
  type Work,
} from './acquirer-hear.ts'
import {
  type AcquirerWorld,
  itemId,
  nonces,
  type Notice,
  notices,
  orphans,
  putSale,
  type Refund,
  refundItem,
  refunds,
  type Sale,
  saleItem,
  sales,
  voidItem,
  voids,
} from './acquirer-records.ts'
import { noticeRefusal, noticeTold, type Told } from './acquirer-told.ts'
import { hearVoid, keptVoid } from './acquirer-void-hear.ts'

type Reply = Fields<'notify.payee.reply'>
const AGAIN = Symbol('the refund appeared between the look and the change')

export async function notice(world: AcquirerWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'notify.payee', async (opened) => {
    for (;;) {
      const result = await attempt(world, opened)
      if (result !== AGAIN) return result
    }
  })
}

async function attempt(world: AcquirerWorld, opened: Opened<'notify.payee'>): Promise<Reply | typeof AGAIN> {
  const { fields } = opened.message
  const id = itemId(fields)
  // The notice of a refund or a void names its own order; the sale is found through our record of it.
  const of = await saleNamed(world, fields)
  const keys = [
    nonces.key(nonceId(opened)),
    notices.key(fields.notice),
    orphans.key(itemOf(fields)),
    ...(fields.about === 'refund' ? [refunds.key(id)] : fields.about === 'void' ? [voids.key(id)] : []),
    ...(of === undefined ? [] : [sales.key(of)]),
  ]
  return world.store.change<Reply | typeof AGAIN>(keys, (rows) =>
    fields.about === 'refund' && refunds.in(rows, id)?.of !== of
      ? { result: AGAIN }
      : decide(world, opened, rows),
  )
}

async function saleNamed({ store }: AcquirerWorld, fields: Notice): Promise<string | undefined> {
  const id = itemId(fields)
  if (fields.about === 'refund') return refunds.in(await store.read([refunds.key(id)]), id)?.of
  if (fields.about === 'void') return voids.in(await store.read([voids.key(id)]), id)?.of
  return id
}

const nonceId = ({ from, head }: Opened): string => `${from}.${head.nonce}`
const itemOf = (fields: Notice): string =>
  fields.about === 'refund'
    ? refundItem(itemId(fields))
    : fields.about === 'void'
      ? voidItem(itemId(fields))
      : saleItem(itemId(fields))

/** Refusals stand in their order of precedence; none of them leaves more than a case behind. */
function decide(world: AcquirerWorld, opened: Opened<'notify.payee'>, rows: Rows): Decision<Reply> {
  const { fields } = opened.message
  if (fields.acquirer !== world.me)
    return { result: answerFields('REJ-ROUTE', { detail: 'the notice is for another acquirer' }) }
  if (nonces.in(rows, nonceId(opened)) !== undefined) return { result: answerFields('REJ-REPLAY') }
  const lifeMs = 2 * world.profile.values.clockSkewMs + 1000
  const claim = nonces.put(nonceId(opened), { seen: true }, { expiresAt: world.clock.wall() + lifeMs })
  const digest = contentDigest('notify.payee', fields)
  const before = notices.in(rows, fields.notice)
  if (before?.digest === digest) return { put: [claim], result: told(fields, 'OK', true) }
  if (before !== undefined) {
    const body = {
      because: `notice ${fields.notice} came again and tells ${fields.state}`,
      state: fields.state,
    }
    return {
      put: [claim, notices.put(fields.notice, { ...before, contradicted: true })],
      append: before.contradicted ? [] : [{ item: itemOf(fields), kind: 'case', body }],
      result: told(fields, 'REJ-CONFLICT'),
    }
  }
  const hears = fields.about === 'refund' ? onRefund : fields.about === 'void' ? onVoid : onSale
  const heard = hears(world, fields, rows)
  const keep = heard.answer === 'OK' ? [notices.put(fields.notice, { digest, contradicted: false })] : []
  return {
    ...heard.work,
    put: [claim, ...keep, ...(heard.work.put ?? [])],
    result: told(fields, heard.answer),
  }
}

type Outcome = { readonly answer: AnswerClass; readonly work: Work }

function onSale(world: AcquirerWorld, fields: Notice, rows: Rows): Outcome {
  const sale = sales.in(rows, itemId(fields))
  if (sale === undefined) return orphaned(world, fields, rows)
  if (isOtherAttempt(sale, fields)) {
    const { transaction: _first, ...order } = sale
    const refusal = noticeRefusal(order, fields)
    if (refusal === undefined) {
      const heard = otherAttempt(sale, noticeTold(order, fields), fields.transaction)
      return { answer: 'OK', work: kept(world, sale.state, heard) }
    }
  }
  const refusal = noticeRefusal(sale, fields)
  if (refusal === undefined)
    return { answer: 'OK', work: kept(world, sale.state, hear(sale, noticeTold(sale, fields))) }
  const cased = withCase(sale, { by: 'notice', because: refusal.because })
  return { answer: refusal.class, work: { put: [putSale(cased.sale)], append: cased.append } }
}

/** One code or page may be paid by several people; each payment has a number of its own. */
const isOtherAttempt = ({ channel, transaction }: Sale, fields: Notice): boolean =>
  channel !== undefined && transaction !== undefined && fields.transaction !== transaction

function onVoid(world: AcquirerWorld, fields: Notice, rows: Rows): Outcome {
  const one = voids.in(rows, itemId(fields))
  const sale = one === undefined ? undefined : sales.in(rows, one.of)
  if (one === undefined || sale === undefined) return orphaned(world, fields, rows)
  const refusal = noticeRefusal(one, fields)
  const told: Told =
    refusal === undefined ? noticeTold(one, fields) : { by: 'notice', says: 'odd', because: refusal.because }
  return { answer: refusal?.class ?? 'OK', work: keptVoid(world, sale, hearVoid(one, sale, told)) }
}

function onRefund(world: AcquirerWorld, fields: Notice, rows: Rows): Outcome {
  const refund = refunds.in(rows, itemId(fields))
  const sale = refund === undefined ? undefined : sales.in(rows, refund.of)
  if (refund === undefined || sale === undefined) return orphaned(world, fields, rows)
  const refusal = noticeRefusal(refund, fields)
  if (refusal === undefined) {
    const heard = hearRefund(refund, sale, noticeTold(refund, fields))
    return { answer: 'OK', work: keptRefund(world, { refund, sale }, heard) }
  }
  const cased = hearRefund(refund, sale, { by: 'notice', says: 'odd', because: refusal.because })
  return { answer: refusal.class, work: keptRefund(world, { refund, sale }, cased) }
}

function told(fields: Notice, what: AnswerClass, repeated = false): Reply {
  return { ...answerFields(what, { repeated }), notice: fields.notice }
}

/** Kept with an OK, seen by a person, and asked about: neither lost nor refused for ever (NTF-005, NTF-017). */
function orphaned(world: AcquirerWorld, fields: Notice, rows: Rows): Outcome {
  const item = itemOf(fields)
  const waiting = orphans.in(rows, item)?.notices ?? []
  const because = `notice ${fields.notice} of ${fields.about} ${fields.state} for an order that is not in the book`
  const { about, order, orderTime } = fields
  const dueAt = world.clock.wall() + (world.profile.values.queryLadderMs[0] ?? 1000)
  return {
    answer: 'OK',
    work: {
      put: [orphans.put(item, { notices: [...waiting, fields] })],
      append: [{ item, kind: 'case', body: { because, state: fields.state } }],
      enqueue: [
        { id: `orphan:${item}`, kind: 'orphan', dueAt, body: { item, about, order, orderTime, attempt: 0 } },
      ],
    },
  }
}

type OrphanBody = {
  readonly item: string
  readonly about: string
  readonly order: string
  readonly orderTime: string
  readonly attempt: number
}

/** Asks what the switch knows of an order that we do not; its answer is written down for whoever takes the case. */
export async function askOrphan(world: AcquirerWorld, job: Job): Promise<void> {
  const { item, about, order, orderTime, attempt } = job.body as OrphanBody
  const asked = about === 'refund' || about === 'void' ? about : 'purchase'
  const wait = world.profile.values.purchaseWaitMs
  const reply = await call(
    world,
    'query',
    world.switchId,
    { acquirer: world.me, asked, order, orderTime },
    wait,
  )
  const gap = world.profile.values.queryLadderMs[attempt + 1]
  await world.store.change<void>([], () => {
    if (reply.kind === 'answered' && reply.class === 'OK') {
      const { state, amount, transaction } = reply.fields
      const append = [{ item, kind: 'orphan', body: { state, amount, transaction } }]
      return { finish: [job], append, result: undefined }
    }
    const body = { ...(job.body as OrphanBody), attempt: attempt + 1 }
    const again = gap === undefined ? [] : [{ ...job, dueAt: world.clock.wall() + gap, body }]
    return { finish: [job], enqueue: again, result: undefined }
  })
}

/** Orphans of a sale are heard in the change that records it, in the order in which they came. */
export function adopt(sale: Sale, waiting: { readonly notices: readonly Notice[] } | undefined): Heard {
  let heard: Heard = { sale, append: [] }
  for (const fields of waiting?.notices ?? []) {
    const refusal = noticeRefusal(heard.sale, fields)
    const one =
      refusal === undefined
        ? hear(heard.sale, noticeTold(heard.sale, fields))
        : withCase(heard.sale, { by: 'notice', because: refusal.because })
    heard = { sale: one.sale, append: [...heard.append, ...one.append] }
  }
  return heard
}

export function adoptRefund(
  refund: Refund,
  sale: Sale,
  waiting: { readonly notices: readonly Notice[] } | undefined,
): RefundHeard {
  let heard: RefundHeard = { refund, sale, append: [] }
  for (const fields of waiting?.notices ?? []) {
    const refusal = noticeRefusal(heard.refund, fields)
    const told = noticeTold(heard.refund, fields)
    const said =
      refusal === undefined ? told : { by: told.by, says: 'odd' as const, because: refusal.because }
    const one = hearRefund(heard.refund, heard.sale, said)
    heard = { ...one, append: [...heard.append, ...one.append] }
  }
  return heard
}
