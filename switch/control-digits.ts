// Control digits of transaction numbers (401, 402): every institution gets its own from the switch, a hundred at a time, good
// for one day. A bank order whose number has no such form is refused.
import { type EntryDraft, type Key, kind, type Rows } from '../store/store.ts'
import { answer, answerFields, beijingDay, type PartyId, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { nonces } from './records.ts'
import type { SwitchWorld } from './world.ts'

type Handed = { readonly count: number }
const handed = kind<Handed>('control-digits')

/** Ours: how many at a time, and how many there are behind one front. */
const BATCH = 100
const BEHIND_FRONT = 10_000
const IN_ALL = 1_000_000

const idOf = (institution: PartyId, day: string): string => `${institution}.${day}`

export async function handOutDigits(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'control.fetch', async (opened) => {
    const { institution } = opened.message.fields
    if (institution !== opened.from) return answerFields('REJ-CERT', { detail: 'InstgId is not the sender' })
    const day = beijingDay(world.clock.wall())
    const id = idOf(institution, day)
    return world.store.change([nonces.key(nonceId(opened)), handed.key(id)], (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const { count } = handed.in(rows, id) ?? { count: 0 }
      if (count + BATCH > IN_ALL) return { put: [claim], result: answerFields('REJ-RATE') }
      return {
        put: [claim, handed.put(id, { count: count + BATCH })],
        append: [{ item: id, kind: 'control', body: { from: count, numbers: BATCH } }],
        result: { ...answerFields('OK'), institution, clearingDay: day, controls: [batchFrom(count)] },
      }
    })
  })
}

function batchFrom(count: number): { readonly front: string; readonly numbers: string } {
  const front = Math.floor(count / BEHIND_FRONT)
  const first = count % BEHIND_FRONT
  const numbers = Array.from({ length: BATCH }, (_, index) => String(first + index).padStart(4, '0'))
  return { front: String(front).padStart(2, '0'), numbers: numbers.join('|') }
}

/** The row that says which digits a sender may use on the day of a number. */
export const handedKey = (institution: PartyId, number: string): Key =>
  handed.key(idOf(institution, number.slice(0, 8)))

/** Whether a number has the network's form: day, serial, the mark of a test, control digits. */
export const hasControlDigits = (number: string): boolean => FORM.test(number)

/** What is written down about control digits that were not handed to their sender here. They are refused nowhere: several
 *  centres hand them out (facts/netsunion-gm 4.2), and this one need not know what another gave. */
export function strangeDigits(rows: Rows, institution: PartyId, number: string): EntryDraft[] {
  const [, day = '', control = ''] = FORM.exec(number) ?? []
  const count = handed.in(rows, idOf(institution, day))?.count ?? 0
  return Number(control) < count
    ? []
    : [{ item: number, kind: 'control', body: { institution, because: 'not handed out here' } }]
}

const FORM = /^(\d{8})\d{16}1(\d{6})$/
