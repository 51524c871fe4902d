// One order to a bank, from the first try to the end that both sides agree on. It goes through the switch and nowhere else
// (BNK-011), under one attempt id for ever. No answer is no end: it is asked for every few seconds, then ever more rarely,
// until it is closed; what nobody says for long is a case for a person, and is asked for all the same (BNK-002, TCC-018).
import { clearingDayOf } from '../clearing/clearing.ts'
import type { Decision, EntryDraft, Job, Key, Rows } from '../store/store.ts'
import { type AnswerClass, type Answered, call, classRow } from '../wire/wire.ts'
import { type BankOrder, bankOrders, putOrder } from './card-records.ts'
import { atNetwork } from './control-digits.ts'
import type { InstitutionWorld } from './world.ts'

/** yes, no: how it ended. undone: it was taken back, or never was. kept: the bank will not take it back.
 *  half: one yes, to be said again. differs: a yes and a no. */
export type Heard =
  | { readonly kind: 'yes' | 'undone' | 'kept' | 'half' | 'differs' }
  | { readonly kind: 'no'; readonly class: AnswerClass }
  | { readonly kind: 'unknown'; readonly because: string }

export type Ending = Omit<Decision<undefined>, 'result' | 'finish'>
/** What an owner's side of an order is: which rows it needs, and what the order's end means there. */
export type Side = {
  readonly keys: readonly Key[]
  /** Undefined when what was looked up before has changed: then all is looked up again. */
  ended(rows: Rows, order: BankOrder, heard: Heard): Ending | undefined
}
export type LookSide = (world: InstitutionWorld, order: BankOrder) => Promise<Side>

const unknown = (because: string): Heard => ({ kind: 'unknown', because })
const open = ({ state, undo }: BankOrder): boolean =>
  state === 'ASKED' || (undo === true && state === 'SUCCESS')

export async function workOrder(world: InstitutionWorld, job: Job, look: LookSide): Promise<void> {
  const { attempt, tries } = job.body as { attempt: string; tries: number }
  const order = bankOrders.in(await world.store.read([bankOrders.key(attempt)]), attempt)
  if (order === undefined || !open(order))
    return world.store.change<void>([], () => ({ finish: [job], result: undefined }))
  await conclude(world, attempt, await heardOf(world, order, tries), look, { job, tries })
}

async function heardOf(world: InstitutionWorld, own: BankOrder, tries: number): Promise<Heard> {
  const order = await atNetwork(world, own)
  if (order === undefined) return unknown('the network gave no control digits')
  const heard = order.undo === true ? await takeBack(world, order) : await ask(world, order, tries)
  // A bank's yes is believed when it has said it twice (BNK-014).
  return heard.kind === 'half' && order.yes !== true ? agreed(await query(world, order)) : heard
}

/** A yes was heard before: a yes confirms it, a no contradicts it. */
const agreed = (again: Heard): Heard =>
  again.kind === 'no' ? { kind: 'differs' } : again.kind === 'yes' ? again : { kind: 'half' }

async function ask(world: InstitutionWorld, order: BankOrder, tries: number): Promise<Heard> {
  if (tries === 0) return send(world, order, true)
  const told = await query(world, order)
  if (order.yes === true) return agreed(told)
  return told.kind === 'unknown' && told.because === 'NOT_FOUND' ? send(world, order, false) : told
}

type CardReply = Answered<'card.debit'> | Answered<'card.payout'> | Answered<'card.refund'>

async function send(world: InstitutionWorld, order: BankOrder, first: boolean): Promise<Heard> {
  const wait = world.profile.values.askWaitMs
  const { attempt, origAttempt = '', bank, card, amount, currency, purpose, through = {} } = order
  const base = { attempt, bank, card, amount, currency, purpose }
  const move = { ...base, ...through }
  const reply: CardReply =
    order.what === 'refund'
      ? await call(world, 'card.refund', world.switchId, { ...base, origAttempt }, wait)
      : order.what === 'debit'
        ? await call(world, 'card.debit', world.switchId, move, wait)
        : await call(world, 'card.payout', world.switchId, move, wait)
  if (reply.kind !== 'answered') return unknown(reply.because)
  if (reply.class === 'OK') {
    const same = reply.fields.amount === amount && reply.fields.currency === currency
    const sure = same && reply.fields.state === 'SUCCESS'
    return sure && order.what !== 'debit' ? { kind: 'yes' } : { kind: 'half' }
  }
  // A refusal of the message itself says how it ended only where it was never sent before.
  const final = reply.class.startsWith('DECL-') || (first && classRow(reply.class).definite)
  if (!final) return unknown(reply.class)
  return order.yes === true ? { kind: 'differs' } : { kind: 'no', class: declined(reply.class) }
}

const declined = (kind: AnswerClass): AnswerClass => (kind.startsWith('DECL-') ? kind : 'DECL-FUNDTYPE')

async function query(
  world: InstitutionWorld,
  { attempt, bank, amount, currency }: BankOrder,
): Promise<Heard> {
  const reply = await call(
    world,
    'card.query',
    world.switchId,
    { attempt, bank },
    world.profile.values.askWaitMs,
  )
  if (reply.kind !== 'answered') return unknown(reply.because)
  if (reply.class !== 'OK') return unknown(reply.class)
  const told = reply.fields
  if (told.state === 'SUCCESS')
    return told.amount === amount && told.currency === currency ? { kind: 'yes' } : { kind: 'differs' }
  if (told.state === 'FAILED' || told.state === 'REVERSED' || told.state === 'FENCED')
    return { kind: 'no', class: 'DECL-STATE' }
  return unknown(told.state ?? 'no state')
}

/** The bank undoes the attempt, or fences one that never came; only what it will not undo is left to a refund. */
async function takeBack(world: InstitutionWorld, order: BankOrder): Promise<Heard> {
  const { attempt, bank } = order
  const wait = world.profile.values.askWaitMs
  const reply = await call(world, 'card.reverse', world.switchId, { attempt, bank }, wait)
  if (reply.kind !== 'answered') return unknown(reply.because)
  if (reply.class === 'OK') return { kind: 'undone' }
  if (!reply.class.startsWith('DECL-')) return unknown(reply.class)
  const told = await query(world, order)
  return told.kind === 'yes' ? { kind: 'kept' } : told.kind === 'no' ? { kind: 'undone' } : told
}

type Try = { readonly job: Job; readonly tries: number }

/** Writes down what was heard. Without a job it came unasked: by a notice, or by the bank's file. */
export async function conclude(
  world: InstitutionWorld,
  attempt: string,
  heard: Heard,
  look: LookSide,
  tried?: Try,
): Promise<void> {
  for (;;) {
    const known = bankOrders.in(await world.store.read([bankOrders.key(attempt)]), attempt)
    if (known === undefined) return
    const side = await look(world, known)
    const keys = [bankOrders.key(attempt), ...side.keys]
    const done = await world.store.change<boolean>(keys, (rows) => {
      const order = bankOrders.in(rows, attempt)
      const finish = tried === undefined ? [] : [tried.job]
      if (order === undefined || order.owner !== known.owner) return { finish, result: true }
      if (heard.kind === 'unknown' || heard.kind === 'half' || heard.kind === 'differs')
        return { ...later(world, order, heard, tried), finish, result: true }
      const ending = side.ended(rows, dated(world, order), heard)
      if (ending === undefined) return { result: false }
      const cancel = tried === undefined ? [`bank:${attempt}`] : []
      return { ...ending, finish, cancel: [...cancel, ...(ending.cancel ?? [])], result: true }
    })
    if (done) return
  }
}

/** Orders are found by the day on which they came to be in the book. */
const dated = (world: InstitutionWorld, order: BankOrder): BankOrder => ({
  day: clearingDayOf(world.clock.wall(), world.profile.values.cutOff),
  ...order,
})

/** Every step is in the journal (TCC-018); the first contradiction and the last hope are cases. */
function later(world: InstitutionWorld, order: BankOrder, heard: Heard, tried: Try | undefined): Ending {
  const { attempt } = order
  const tries = (tried?.tries ?? 0) + 1
  const because = heard.kind === 'unknown' ? heard.because : heard.kind
  const differs = heard.kind === 'differs' && order.differs !== true
  const late = tries === world.profile.values.bankTriesCase
  const append: EntryDraft[] = [{ item: attempt, kind: 'bank', body: { tries, because } }]
  if (differs) append.push(caseOf(order, 'the bank said yes and then no'))
  if (late) append.push(caseOf(order, 'the bank does not say how it ended'))
  const marks = { ...(heard.kind !== 'unknown' && { yes: true }), ...(differs && { differs }) }
  return {
    put: heard.kind === 'unknown' ? [] : [putOrder({ ...order, ...marks })],
    append,
    enqueue: [
      {
        id: `bank:${attempt}`,
        kind: 'bank',
        dueAt: world.clock.wall() + gapAfter(world, tries),
        body: { attempt, tries },
      },
    ],
  }
}

/** Every few seconds at first, so that an end is learnt soon; then twice as long each time (case-004). */
export function gapAfter(world: InstitutionWorld, tries: number): number {
  const { pollMs, pollsBeforeDegrading, pollGapMaxMs } = world.profile.values
  const degraded = Math.max(0, tries - pollsBeforeDegrading)
  return Math.min(pollMs * 2 ** Math.min(degraded, 30), pollGapMaxMs)
}

export const caseOf = (order: BankOrder, because: string): EntryDraft => ({
  item: order.of,
  kind: 'case',
  body: { because, attempt: order.attempt, bank: order.bank, amount: order.amount },
})
