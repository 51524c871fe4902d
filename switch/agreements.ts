// Sign-up begun at the switch (签约): operators' calls, each a message to the institution. The switch writes down what it
// will say before it says it, and says it again until it has heard: a token is pending until its institution has bound it,
// and pays nothing on either side once it is cancelled, whatever the institution has heard by then.
import type { Job, JobDraft } from '../store/store.ts'
import { type AnswerClass, call, classRow, type Fields } from '../wire/wire.ts'
import { digits, TOKEN_DIGITS } from './codes.ts'
import { type Agreement, agreements, tokens } from './records.ts'
import type { SwitchWorld } from './world.ts'

/** What the switch knows after a call: `PENDING` where the institution has not answered. */
export type Signed = { readonly class: AnswerClass; readonly agreement: Agreement }
export type Applicant = Omit<Fields<'agreement.apply'>, 'agreement'>

const ID_DIGITS = 16

/** Asks the institution whether these elements are one of its users; the user gets a code by SMS. */
export async function applyAgreement(
  world: SwitchWorld,
  institution: string,
  applicant: Applicant,
): Promise<Signed> {
  const agreement: Agreement = {
    agreement: `SIGN${digits(world, '', ID_DIGITS)}`,
    institution,
    token: digits(world, '62', TOKEN_DIGITS),
    state: 'APPLIED',
  }
  const bound = {
    token: agreement.token,
    institution,
    account: agreement.agreement,
    state: 'T_PENDING',
  } as const
  await world.store.change([agreements.key(agreement.agreement), tokens.key(bound.token)], () => ({
    put: [agreements.put(agreement.agreement, agreement), tokens.put(bound.token, bound)],
    append: [{ item: bound.token, kind: 'token', body: bound }],
    result: undefined,
  }))
  const fields = { ...applicant, agreement: agreement.agreement }
  const reply = await call(world, 'agreement.apply', institution, fields, world.profile.values.askWaitMs)
  if (reply.kind !== 'answered') return { class: 'PENDING', agreement }
  if (reply.class === 'OK' || !classRow(reply.class).definite) return { class: reply.class, agreement }
  return ended(world, agreement.agreement, reply.class, 'REFUSED')
}

/** What the user typed goes to the institution, with the token that it shall bind. */
export async function confirmAgreement(
  world: SwitchWorld,
  id: string,
  typed: { readonly smsCode: string; readonly validDay?: string },
): Promise<Signed> {
  const begun = await world.store.change<Agreement | undefined>([agreements.key(id)], (rows) => {
    const known = agreements.in(rows, id)
    if (known === undefined || known.state !== 'APPLIED') return { result: undefined }
    const confirming: Agreement = { ...known, ...typed, state: 'CONFIRMING' }
    const job = jobOf(world, 'confirm', id, 0, world.profile.values.askWaitMs + 1000)
    return { put: [agreements.put(id, confirming)], enqueue: [job], result: confirming }
  })
  return begun === undefined ? asItStands(world, id) : askToBind(world, begun)
}

/** Ends the agreement: here at once, at the institution as soon as it hears. */
export async function cancelAgreement(world: SwitchWorld, id: string): Promise<Signed> {
  const token = agreements.in(await world.store.read([agreements.key(id)]), id)?.token ?? ''
  const begun = await world.store.change<Agreement | undefined>(
    [agreements.key(id), tokens.key(token)],
    (rows) => {
      const known = agreements.in(rows, id)
      if (known === undefined || known.state === 'CANCELLED') return { result: undefined }
      const bound = tokens.in(rows, token)
      const cancelling: Agreement = { ...known, state: 'CANCELLING' }
      return {
        put: [
          agreements.put(id, cancelling),
          ...(bound === undefined ? [] : [tokens.put(token, { ...bound, state: 'T_UNBOUND' as const })]),
        ],
        append: [{ item: token, kind: 'token', body: { token, state: 'T_UNBOUND' } }],
        cancel: [`confirm:${id}`],
        enqueue: [jobOf(world, 'cancel', id, 0, world.profile.values.askWaitMs + 1000)],
        result: cancelling,
      }
    },
  )
  return begun === undefined ? asItStands(world, id) : tellCancelled(world, begun)
}

/** How the institution's token table stands, and who its user is, masked. */
export async function userStatus(
  world: SwitchWorld,
  token: string,
): Promise<{ readonly class: AnswerClass; readonly state?: string }> {
  const { institution } = tokens.in(await world.store.read([tokens.key(token)]), token) ?? {}
  if (institution === undefined) return { class: 'DECL-TOKEN' }
  const reply = await call(world, 'user.status', institution, { token }, world.profile.values.askWaitMs)
  if (reply.kind !== 'answered') return { class: 'PENDING' }
  const { state } = reply.fields
  return { class: reply.class, ...(state !== undefined && { state }) }
}

export const confirmJob = (world: SwitchWorld, job: Job): Promise<void> =>
  again(world, job, async (agreement) => {
    if (agreement.state === 'CONFIRMING') await askToBind(world, agreement)
  })

export const cancelJob = (world: SwitchWorld, job: Job): Promise<void> =>
  again(world, job, async (agreement) => {
    if (agreement.state === 'CANCELLING') await tellCancelled(world, agreement)
  })

async function askToBind(world: SwitchWorld, agreement: Agreement): Promise<Signed> {
  const { agreement: id, institution, token, smsCode = '', validDay } = agreement
  const fields = { agreement: id, smsCode, token, ...(validDay !== undefined && { validDay }) }
  const reply = await call(world, 'agreement.confirm', institution, fields, world.profile.values.askWaitMs)
  if (reply.kind !== 'answered' || !classRow(reply.class).definite) return { class: 'PENDING', agreement }
  // A wrong code may be typed again, as often as the institution lets it.
  if (reply.class === 'DECL-AUTH') return ended(world, id, reply.class, 'APPLIED')
  return ended(world, id, reply.class, reply.class === 'OK' ? 'BOUND' : 'REFUSED', reply.fields.token)
}

async function tellCancelled(world: SwitchWorld, agreement: Agreement): Promise<Signed> {
  const { agreement: id, institution, token } = agreement
  const fields = { agreement: id, token }
  const reply = await call(world, 'agreement.cancel', institution, fields, world.profile.values.askWaitMs)
  const heard = reply.kind === 'answered' && reply.class === 'OK'
  return heard ? ended(world, id, 'OK', 'CANCELLED') : { class: 'PENDING', agreement }
}

/** Writes an answer down, and the token with it: active where it was bound, gone where it never will be. */
async function ended(
  world: SwitchWorld,
  id: string,
  heard: AnswerClass,
  state: Agreement['state'],
  bound?: string,
): Promise<Signed> {
  const token = agreements.in(await world.store.read([agreements.key(id)]), id)?.token ?? ''
  return world.store.change<Signed>([agreements.key(id), tokens.key(token)], (rows) => {
    const known = agreements.in(rows, id)
    const row = tokens.in(rows, token)
    if (known === undefined || row === undefined) throw new Error(`agreement ${id} is gone`)
    // An answer to the confirmation that comes after the cancelling changes nothing any more.
    if (known.state === 'CANCELLED' || (known.state === 'CANCELLING' && state !== 'CANCELLED'))
      return { result: { class: heard, agreement: known } }
    const { smsCode: _typed, ...rest } = known
    const next: Agreement = { ...rest, state, said: { class: heard } }
    // The institution keeps the token that it had where the account was bound before.
    const active = state === 'BOUND' && bound === token
    const over = state === 'REFUSED' || state === 'CANCELLED' || (state === 'BOUND' && bound !== token)
    const to = active ? 'T_ACTIVE' : over ? 'T_UNBOUND' : row.state
    return {
      put: [agreements.put(id, next), tokens.put(token, { ...row, state: to })],
      append: [{ item: token, kind: 'token', body: { ...row, state: to } }],
      cancel: state === 'CANCELLED' ? [`cancel:${id}`] : [`confirm:${id}`],
      result: { class: heard, agreement: next },
    }
  })
}

async function asItStands(world: SwitchWorld, id: string): Promise<Signed> {
  const agreement = agreements.in(await world.store.read([agreements.key(id)]), id)
  if (agreement === undefined) throw new Error(`there is no agreement ${id}`)
  return { class: agreement.said?.class ?? 'PENDING', agreement }
}

const jobOf = (
  world: SwitchWorld,
  kind: 'confirm' | 'cancel',
  id: string,
  attempt: number,
  inMs: number,
): JobDraft => ({ id: `${kind}:${id}`, kind, dueAt: world.clock.wall() + inMs, body: { id, attempt } })

/** Once more, until the act has ended the agreement's waiting; what did cancels the job. */
async function again(
  world: SwitchWorld,
  job: Job,
  act: (agreement: Agreement) => Promise<void>,
): Promise<void> {
  const { id, attempt } = job.body as { id: string; attempt: number }
  const agreement = agreements.in(await world.store.read([agreements.key(id)]), id)
  if (agreement !== undefined) await act(agreement)
  const now = agreements.in(await world.store.read([agreements.key(id)]), id)
  const waits = now?.state === 'CONFIRMING' || now?.state === 'CANCELLING'
  const { insistGapsMs } = world.profile.values
  const gap = insistGapsMs[Math.min(attempt, insistGapsMs.length - 1)] ?? 0
  const next = jobOf(world, job.kind as 'confirm' | 'cancel', id, attempt + 1, gap)
  await world.store.change([], () => ({
    finish: [job],
    ...(waits && { enqueue: [next] }),
    result: undefined,
  }))
}
