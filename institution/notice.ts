// A notice tells the payer's institution how a transaction ended. It is kept before it is acknowledged, once,
// and never moves money: where it contradicts the book, a case is opened instead (NTF-003, NTF-006).
import { answer, answerFields, contentDigest, type Fields, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { endPayment } from './pay-end.ts'
import { byTransaction, itemKey, nonces, notices, payments, refunds, voids } from './records.ts'
import type { InstitutionWorld } from './world.ts'

export async function notice(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'notify.payer', async (opened) => {
    const { fields } = opened.message
    await heardOfOwn(world, fields)
    const own = await ownView(world, fields)
    return world.store.change([nonces.key(nonceId(opened)), notices.key(fields.notice)], (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const digest = contentDigest('notify.payer', fields)
      const known = notices.in(rows, fields.notice)
      if (known !== undefined) {
        const same = known.digest === digest
        return {
          put: [claim],
          result: same
            ? { ...answerFields('OK', { repeated: true }), notice: fields.notice }
            : answerFields('REJ-CONFLICT'),
        }
      }
      const { transaction, state, amount } = fields
      const agrees = own !== undefined && own.amount === amount && own.state === state
      return {
        put: [claim, notices.put(fields.notice, { transaction, state, digest })],
        append: [
          { item: transaction, kind: 'notice', body: { notice: fields.notice, state } },
          ...(agrees
            ? []
            : [
                {
                  item: transaction,
                  kind: 'case',
                  body: {
                    because: 'notice and book differ',
                    notice: fields.notice,
                    state,
                    own: own?.state ?? 'none',
                  },
                },
              ]),
        ],
        result: { ...answerFields('OK'), notice: fields.notice },
      }
    })
  })
}

/** A payment that the wallet began, and of which it knows no end yet, ends by what the switch says here; only where
 *  merchant, amount and currency are this payment's. The first word decides, so a second copy changes nothing. */
async function heardOfOwn(world: InstitutionWorld, fields: Fields<'notify.payer'>): Promise<void> {
  if (fields.about !== 'purchase') return
  const { acquirer, merchant, order, orderTime, amount, currency, transaction, clearingDay, state } = fields
  const id = itemKey(fields)
  const payment = payments.in(await world.store.read([payments.key(id)]), id)
  if (payment?.waits?.for !== 'order' || payment.merchant !== merchant) return
  if (payment.amount !== amount || payment.currency !== currency) return
  if (fields.payment !== undefined && fields.payment !== payment.payment) return
  const own = {
    acquirer,
    order,
    orderTime,
    ...(payment.payment !== undefined && { payment: payment.payment }),
  }
  if (state === 'SUCCESS') await endPayment(world, own, { kind: 'paid', transaction, clearingDay })
  else if (state === 'FAILED' || state === 'CLOSED')
    await endPayment(world, own, { kind: 'refused', class: 'DECL-STATE' })
}

async function ownView(
  world: InstitutionWorld,
  fields: Fields<'notify.payer'>,
): Promise<{ state: string; amount: bigint } | undefined> {
  const found = byTransaction.in(
    await world.store.read([byTransaction.key(fields.transaction)]),
    fields.transaction,
  )
  if (found === undefined) return undefined
  const rows = await world.store.read([payments.key(found.id), refunds.key(found.id), voids.key(found.id)])
  if (found.type === 'void') {
    const own = voids.in(rows, found.id)
    // A void that was undone is a reversed one to the network.
    return own?.state === 'UNDONE' ? { ...own, state: 'REVERSED' } : own
  }
  return found.type === 'debit' ? payments.in(rows, found.id) : refunds.in(rows, found.id)
}
