// A payment of which the network holds a part: the wallet coordinates it. All is tried first: the own money frozen, the
// network's coupon held, a card asked last because it cannot be tried. Then one decision is written down and carried out
// at every branch, by whoever lives (TCC-012, TCC-015); while a branch does not answer nothing is let go (TCC-016).
import type { EntryDraft, Job, Rows } from '../store/store.ts'
import { call } from '../wire/wire.ts'
import { type Ending, gapAfter } from './bank-order.ts'
import { bankJob, branchOf, type Composite, composites } from './card-records.ts'
import { confirmed, released } from './legs.ts'
import { uncounted } from './limits.ts'
import { booked, failed, success } from './outcome.ts'
import { bookDay, nameOf, payJob } from './own-payments.ts'
import { payerOfPayment, samePayer, undoKeys } from './payer.ts'
import { itemKey, type Leg, type Payment, payments, type Said } from './records.ts'
import { endTold } from './tell.ts'
import type { InstitutionWorld } from './world.ts'

export const networkLeg = (legs: readonly Leg[]): Leg | undefined =>
  legs.find(({ source }) => source === 'NETWORK')

const composeJob = (branch: string, dueAt: number, tries = 0) => ({
  id: `compose:${branch}`,
  kind: 'compose',
  dueAt,
  body: { branch, tries },
})

/** The first step of a payment with a network leg; nothing for any other. */
export function composed(world: InstitutionWorld, payment: Payment, leg: Leg): Ending {
  const id = itemKey(payment)
  const branch = branchOf(world.me, nameOf(payment))
  const composite: Composite = {
    branch,
    payment: id,
    token: payment.token,
    coupon: leg.ref ?? '',
    amount: leg.amount,
    currency: payment.currency,
    state: 'TRYING',
  }
  return { put: [composites.put(branch, composite)], enqueue: [composeJob(branch, world.clock.wall())] }
}

type Step = { readonly said: 'yes' | 'no' | 'unknown'; readonly because: string }

export async function compose(world: InstitutionWorld, job: Job): Promise<void> {
  const { branch, tries } = job.body as { branch: string; tries: number }
  const composite = composites.in(await world.store.read([composites.key(branch)]), branch)
  const working = composite !== undefined && ['TRYING', 'COMMIT', 'ABORT'].includes(composite.state)
  if (!working) return world.store.change<void>([], () => ({ finish: [job], result: undefined }))
  const step = await asked(world, composite)
  for (;;) {
    const payer = await payerOfPayment(world, composite.payment)
    const keys = [payments.key(composite.payment), composites.key(branch), ...undoKeys(payer)]
    const done = await world.store.change<boolean>([...new Set(keys)], (rows) => {
      const payment = payments.in(rows, composite.payment)
      if (!samePayer(payment, payer) || payment === undefined) return { result: false }
      const now = composites.in(rows, branch)
      if (now?.state !== composite.state) return { finish: [job], result: true }
      return { ...after(world, rows, payment, now, step, tries), finish: [job], result: true }
    })
    if (done) return
  }
}

async function asked(world: InstitutionWorld, { branch, token, coupon, amount, currency, state }: Composite) {
  const wait = world.profile.values.askWaitMs
  const reply =
    state === 'TRYING'
      ? await call(world, 'coupon.hold', world.switchId, { branch, token, coupon, amount, currency }, wait)
      : state === 'COMMIT'
        ? await call(world, 'coupon.use', world.switchId, { branch }, wait)
        : await call(world, 'coupon.free', world.switchId, { branch }, wait)
  if (reply.kind !== 'answered') return { said: 'unknown', because: reply.because } as const
  if (reply.class === 'OK') return { said: 'yes', because: '' } as const
  return { said: reply.class.startsWith('DECL-') ? 'no' : 'unknown', because: reply.class } as const
}

function after(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  composite: Composite,
  step: Step,
  tries: number,
): Ending {
  if (composite.state === 'TRYING') return tried(world, rows, payment, composite, step, tries)
  if (step.said === 'yes' && composite.state === 'COMMIT')
    return succeededNow(world, rows, payment, composite)
  if (step.said === 'yes')
    return {
      put: [composites.put(composite.branch, { ...composite, state: 'CANCELLED' })],
      append: [line(composite, 'CANCELLED')],
    }
  return again(world, composite, step, tries)
}

function tried(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  composite: Composite,
  step: Step,
  tries: number,
): Ending {
  if (step.said === 'yes' && payment.attempt !== undefined)
    return {
      put: [composites.put(composite.branch, { ...composite, state: 'HELD' })],
      append: [line(composite, 'HELD')],
      enqueue: [bankJob(payment.attempt, world.clock.wall())],
    }
  if (step.said === 'yes' && payment.scene === 'CPM') return committed(world, composite)
  if (step.said === 'yes') {
    const { put = [], append = [], ...more } = askSwitch(world, payment)
    const held = composites.put(composite.branch, { ...composite, state: 'HELD' })
    return { ...more, put: [...put, held], append: [...append, line(composite, 'HELD')] }
  }
  // A hold that nobody answers is given up in time; the cancel fences the one that may still be on its way.
  const late = tries + 1 >= world.profile.values.pollsBeforeDegrading
  if (step.said === 'unknown' && !late) return again(world, composite, step, tries)
  return abandoned(world, rows, payment, composite, {
    class: 'DECL-COUPON',
    detail: 'the network did not hold its coupon',
  })
}

/** All is secured of a payment that the wallet began: now the switch hears of it, and decides. */
export function askSwitch(world: InstitutionWorld, payment: Payment): Ending {
  const id = itemKey(payment)
  const now = world.clock.wall()
  const asked: Payment = {
    ...payment,
    said: { class: 'PENDING', detail: 'the switch is asked' },
    waits: { for: 'order', until: payment.validUntil ?? now },
  }
  return {
    put: [payments.put(id, asked)],
    append: [{ item: id, kind: 'payment', body: { state: 'PENDING', waits: 'order' } }],
    enqueue: [payJob(id, now, true)],
  }
}

/** The switch said yes: the network's part is used, until that is done. Nothing for a payment without one. */
export function decidedYes(world: InstitutionWorld, rows: Rows, { branch }: Payment): Required<Carried> {
  const composite = branch === undefined ? undefined : composites.in(rows, branch)
  return { put: [], append: [], enqueue: [], ...(composite !== undefined && committed(world, composite)) }
}
type Carried = Omit<Ending, 'remove' | 'cancel'>

/** The decision to pay: from here on no branch ends in any other way. */
export function committed(world: InstitutionWorld, composite: Composite): Ending {
  return {
    put: [composites.put(composite.branch, { ...composite, state: 'COMMIT' })],
    append: [line(composite, 'COMMIT')],
    enqueue: [composeJob(composite.branch, world.clock.wall())],
  }
}

/** The decision not to: the own money is free at once, the network is told until it has done it. */
export function abandoned(
  world: InstitutionWorld,
  rows: Rows,
  payment: Payment,
  composite: Composite,
  said: Said,
): Ending {
  const moved = released(rows, payment.user, payment.legs)
  const { put, append } = failed(rows, payment, said)
  return {
    put: [
      ...put,
      ...moved.put,
      ...uncounted(rows, payment, payment.legs),
      composites.put(composite.branch, { ...composite, state: 'ABORT' }),
    ],
    append: [
      ...booked(payment, moved, `release:${nameOf(payment)}`, 'release', bookDay(world, payment)),
      ...append,
      line(composite, 'ABORT'),
    ],
    enqueue: [composeJob(composite.branch, world.clock.wall()), ...endTold(world, payment)],
  }
}

function succeededNow(world: InstitutionWorld, rows: Rows, payment: Payment, composite: Composite): Ending {
  const id = itemKey(payment)
  // The switch's yes has ended it already (pay-end.ts).
  if (payment.scene !== 'CPM')
    return {
      put: [composites.put(composite.branch, { ...composite, state: 'CONFIRMED' })],
      append: [line(composite, 'CONFIRMED')],
    }
  const moved = confirmed(rows, payment.user, payment.legs, id)
  const { put, append } = success(payment, payment.legs, moved, `debit:${id}`)
  return {
    put: [...put, composites.put(composite.branch, { ...composite, state: 'CONFIRMED' })],
    append: [...append, line(composite, 'CONFIRMED')],
    enqueue: endTold(world, payment),
  }
}

/** The same step later; what is refused or not answered for long is a case, and goes on all the same. */
function again(
  world: InstitutionWorld,
  composite: Composite,
  { said, because }: Step,
  tries: number,
): Ending {
  const now = tries + 1
  const alarm = now === world.profile.values.bankTriesCase || (said === 'no' && tries === 0)
  const append: EntryDraft[] = [
    {
      item: composite.payment,
      kind: 'branch',
      body: { branch: composite.branch, state: composite.state, tries: now, because },
    },
  ]
  if (alarm)
    append.push({
      item: composite.payment,
      kind: 'case',
      body: {
        because: `the network does not ${composite.state === 'COMMIT' ? 'use' : 'free'} its coupon: ${because}`,
      },
    })
  return { append, enqueue: [composeJob(composite.branch, world.clock.wall() + gapAfter(world, now), now)] }
}

const line = (composite: Composite, state: Composite['state']): EntryDraft => ({
  item: composite.payment,
  kind: 'branch',
  body: { branch: composite.branch, state },
})

/** A payment that is taken back takes its branch with it, tried or not: a hold without an answer is no empty one
 *  (REV-021). */
export function branchUndo(rows: Rows, { branch, at }: Payment): Required<Pick<Ending, 'put' | 'enqueue'>> {
  const composite = branch === undefined ? undefined : composites.in(rows, branch)
  if (composite === undefined || composite.state === 'ABORT' || composite.state === 'CANCELLED')
    return { put: [], enqueue: [] }
  return {
    put: [composites.put(composite.branch, { ...composite, state: 'ABORT' })],
    enqueue: [composeJob(composite.branch, at)],
  }
}
