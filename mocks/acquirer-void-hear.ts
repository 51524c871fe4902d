// News about a void: what it does to the void, to its sale and to the book, in one change.
import type { Job } from '../store/store.ts'
import { reversalEntry, saleEntry } from './acquirer-book.ts'
import { type Heard, kept, withCase, type Work } from './acquirer-hear.ts'
import {
  type AcquirerWorld,
  itemId,
  move,
  type Sale,
  type Says,
  type Step,
  type Void,
  voidItem,
  voids,
  type VoidState,
} from './acquirer-records.ts'
import type { Told } from './acquirer-told.ts'

export type VoidHeard = Heard & { readonly one: Void }

const HEARS: Readonly<Record<VoidState, Readonly<Record<Says, Step<VoidState>>>>> = {
  V_PENDING: { success: 'V_SUCCESS', failed: 'V_FAILED', reversed: 'case', pending: 'stays', odd: 'case' },
  V_SUCCESS: { success: 'stays', failed: 'case', reversed: 'case', pending: 'ignores', odd: 'case' },
  V_FAILED: { success: 'case', failed: 'stays', reversed: 'stays', pending: 'ignores', odd: 'case' },
  V_UNDOING: { success: 'ignores', failed: 'ignores', reversed: 'V_UNDONE', pending: 'stays', odd: 'case' },
  V_UNDONE: { success: 'ignores', failed: 'stays', reversed: 'stays', pending: 'ignores', odd: 'case' },
}

export function hearVoid(before: Void, sale: Sale, told: Told): VoidHeard {
  const step = HEARS[before.state][told.says]
  const because = `${told.by}: ${told.because}`
  const item = voidItem(itemId(before))
  const { transaction, clearingDay, said } = told
  const one: Void = {
    ...before,
    ...(told.says !== 'odd' &&
      before.transaction === undefined &&
      transaction !== undefined && { transaction }),
    // The switch says to which day it belongs, whatever our own clock showed (VOD-007).
    ...(told.says !== 'odd' &&
      before.clearingDay === undefined &&
      clearingDay !== undefined && { clearingDay }),
    ...(told.by === 'answer' && said !== undefined && { said }),
  }
  if (step === 'stays' || step === 'ignores' || step === 'gives-back') return { one, sale, append: [] }
  if (step === 'case') {
    if (before.cases.includes(because)) return { one: before, sale, append: [] }
    const line = { item, kind: 'case', body: { because, state: before.state } }
    return { one: { ...one, cases: [...one.cases, because] }, sale, append: [line] }
  }
  const line = { item, kind: 'void', body: { state: step, because } }
  const ended = { ...one, state: step }
  if (step === 'V_SUCCESS') {
    const taken = takenBack(sale, told, itemId(one))
    return { one: ended, sale: taken.sale, append: [line, ...taken.append] }
  }
  if (step === 'V_UNDONE') {
    const stands = standsAgain(sale)
    return { one: ended, sale: stands.sale, append: [line, ...stands.append] }
  }
  return { one: ended, sale, append: [line] }
}

function takenBack(sale: Sale, { by }: Told, id: string): Heard {
  if (sale.state !== 'SUCCESS')
    return withCase(sale, { by, because: `a void of a sale that is ${sale.state} succeeded` })
  return { sale: { ...move(sale, 'VOIDED'), posted: false }, append: [reversalEntry(sale, 'void', id)] }
}

/** Once: a sale whose void never came to be was never gone (VOD-008). */
function standsAgain(sale: Sale): Heard {
  if (sale.state !== 'VOIDED') return { sale, append: [] }
  const stands = { ...move(sale, 'SUCCESS'), posted: true }
  return { sale: stands, append: [saleEntry(stands, 'undo')] }
}

export function keptVoid(world: AcquirerWorld, before: Sale, heard: VoidHeard, job?: Job): Work {
  const { one } = heard
  const id = itemId(one)
  const of = kept(world, before.state, heard, job)
  const needless = [
    ...(one.state === 'V_PENDING' ? [] : [`void:${id}`]),
    ...(one.state === 'V_UNDOING' ? [] : [`undo:${id}`]),
  ]
  return {
    ...of,
    put: [...(of.put ?? []), voids.put(id, one)],
    cancel: [...(of.cancel ?? []), ...needless.filter((needlessId) => needlessId !== job?.id)],
  }
}
