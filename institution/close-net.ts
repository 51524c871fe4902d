// What the switch says a day comes to, against the own sum, counterparty by counterparty (STL-019). Neither is believed for
// having been said first: the notice is kept, and held against the lines as soon as both are there.
import { answer, answerFields, contentDigest, type Fields, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { caseId, closeCase, openCase } from './cases.ts'
import { closeDays, netNotices, type NetOf } from './close-records.ts'
import { nonces } from './records.ts'
import type { InstitutionWorld } from './world.ts'

export async function netNotice(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'net.notice', async (opened) => {
    const { fields } = opened.message
    const { notice, clearingDay, netCurrency } = fields
    const id = `${clearingDay}.${netCurrency}`
    const digest = contentDigest('net.notice', fields)
    const told = await world.store.change<Fields<'net.notice.reply'>>(
      [nonces.key(nonceId(opened)), netNotices.key(id)],
      (rows) => {
        if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
        const claim = nonceClaim(opened, world.profile, world.clock.wall())
        const known = netNotices.in(rows, id)
        if (known !== undefined) {
          const same = known.digest === digest
          return {
            put: [claim],
            result: same
              ? { ...answerFields('OK', { repeated: true }), notice }
              : answerFields('REJ-CONFLICT'),
          }
        }
        const nets = (fields.nets ?? []).map(({ counterparty, direction, netAmount }) => {
          return { counterparty, currency: netCurrency, net: signed(direction, netAmount) }
        })
        const record = { digest, nets, net: signed(fields.direction, fields.netAmount) }
        return {
          put: [claim, netNotices.put(id, record)],
          append: [
            { item: `day:${clearingDay}`, kind: 'net', body: { net: record.net, currency: netCurrency } },
          ],
          result: { ...answerFields('OK'), notice },
        }
      },
    )
    await checkNet(world, clearingDay)
    return told
  })
}

const signed = (direction: string, amount: bigint): bigint => (direction === 'PAYS' ? -amount : amount)

/** Undefined until both sides are there. */
export async function checkNet(world: InstitutionWorld, day: string): Promise<boolean | undefined> {
  const rows = await world.store.read([closeDays.key(day), netNotices.key(`${day}.156`)])
  const [record, notice] = [closeDays.in(rows, day), netNotices.in(rows, `${day}.156`)]
  // A party without items on a day is told nothing.
  if (record === undefined || (notice === undefined && record.nets.length > 0)) return undefined
  const told = new Map((notice?.nets ?? []).map(({ counterparty, net }) => [counterparty, net]))
  const own = new Map(record.nets.map(({ counterparty, net }) => [counterparty, net]))
  const parties = [...new Set([...told.keys(), ...own.keys()])].sort()
  const wrong = parties.filter((party) => (told.get(party) ?? 0n) !== (own.get(party) ?? 0n))
  const whole = sum(record.nets) === (notice?.net ?? 0n)
  const id = caseId('NET_DIFF', day, '156')
  if (wrong.length === 0 && whole) {
    await closeCase(world, id, 'the own sum is the net that was told')
    return true
  }
  await openCase(world, {
    id,
    kind: 'NET_DIFF',
    day,
    transaction: '',
    item: `day:${day}`,
    ours: sum(record.nets),
    theirs: notice?.net ?? 0n,
    currency: '156',
    state: 'OPEN',
    openedAt: world.clock.wall(),
  })
  return false
}

const sum = (nets: readonly NetOf[]): bigint => nets.reduce((total, { net }) => total + net, 0n)
