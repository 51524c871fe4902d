// Plays a tape against a subject: the same calls at the same moments, what the stand-ins sent it sealed anew with the
// keys of this run, what it asks answered as on the tape. What it answers now is held against what it answered then.
import { type Forge, forgeMessage } from '../mocks/mocks.ts'
import {
  type Fields,
  isTurned,
  open,
  type RequestType,
  type Sealed,
  type Text,
  claimedHead,
  claimedRef,
} from '../wire/wire.ts'
import { anybody, openedAsClaimed } from './edge.ts'
import { inwardRequests, type Mutation, requestName } from './mutation.ts'
import { readLedger } from './posting.ts'
import { asksOf } from './replay-asks.ts'
import type { Seen, SeenMessage } from './seen.ts'
import type { Stage } from './stage.ts'
import type { Feature } from './subject.ts'
import type { Tape, TapeCall, TapeMessage } from './tape.ts'
import { tapeNames, type TapeNames } from './tape-names.ts'
import { planOf, repeatsOf, repliesOf, type SendStep, type Step } from './tape-plan.ts'
import { answerView, callView, differing, type Differing, isLedger, type View } from './tape-views.ts'

/** What the subject did differently: in which message or line, and how. */
export type Difference = Differing & {
  /** Number of the request on the tape; absent for a call. */
  readonly n?: number
  readonly line: number
  readonly what: string
}

/** A copy that is not on the tape, and what was answered to it. */
export type Effect = { readonly mutation: string; readonly what: string; readonly answer: View }

export type Replayed = {
  readonly sent: number
  readonly calls: number
  /** Answers that could be compared. */
  readonly compared: number
  readonly differences: readonly Difference[]
  readonly effects: readonly Effect[]
  /** Of messages sent, those that name a code or token which the tape never shows being given. */
  readonly strange: readonly number[]
  readonly seen: readonly Seen[]
}

export type ReplayOptions = {
  readonly stage: Stage
  readonly tape: Tape
  readonly mutations: readonly Mutation[]
  /** For a subject that keeps what it has: users and orders get names of their own. */
  readonly tag?: string
  readonly stop?: AbortSignal
}

type Run = ReplayOptions & {
  readonly names: TapeNames
  readonly amounts: ReadonlyMap<number, bigint>
  readonly repeats: ReadonlyMap<number, number>
  readonly replies: ReadonlyMap<number, TapeMessage>
  readonly made: Map<number, Promise<Made>>
  /** Positions of the subject's ledger, by those on the tape. */
  readonly positions: Map<string, string>
  readonly users: string[]
  readonly differences: Difference[]
  readonly effects: Effect[]
  readonly strange: number[]
  ledgerFrom: string
  sent: number
  calls: number
  compared: number
}
type Made = {
  readonly sealed: Sealed
  readonly ref: string
  readonly type: RequestType
  readonly encoding?: string
}

const DAY_MS = 24 * 3600 * 1000
/** A tape shorter than this is played without pauses where the subject's clock cannot be moved. */
const PAUSE_MS = 10_000

/** What the subject must offer for this tape, and does not. */
export function lacking({ tape, mutations, stage }: ReplayOptions): readonly Feature[] {
  const { features } = stage.subject
  const needed = new Set<Feature>()
  for (const step of planOf(tape, mutations)) {
    if (step.at - tape.head.at > PAUSE_MS) needed.add('clock')
    if (step.kind !== 'call') continue
    const { path } = step.call
    if (path.startsWith('/wallet/')) needed.add('wallet')
    else if (isLedger(path)) needed.add('ledger-export')
    else if (path === '/control/restart') needed.add('restart')
    else if (path !== '/control/clock') needed.add('control')
  }
  return [...needed].filter((feature) => !features.has(feature)).sort()
}

export async function replay(options: ReplayOptions): Promise<Replayed> {
  const { stage, tape, mutations } = options
  const { recorder } = stage
  const run = begun(options)
  const asks = asksOf(tape, run.names, stage, (difference) => run.differences.push(difference))
  recorder.open(tape.head.recorded)
  stage.clear()
  asks.place()
  try {
    await moveTo(run, run.names.instant(tape.head.at), true)
    await beginLedger(run)
    for (const step of planOf(tape, mutations)) {
      if (options.stop?.aborted === true) break
      await moveTo(run, run.names.instant(step.at))
      await take(run, step)
    }
    await stage.release()
    await lastLook(run)
  } finally {
    stage.clear()
  }
  run.differences.push(...asks.unasked())
  const { sent, calls, compared, differences, effects, strange } = run
  return { sent, calls, compared, differences, effects, strange, seen: recorder.seen() }
}

function begun(options: ReplayOptions): Run {
  const { stage, tape, mutations, tag } = options
  const { at } = tape.head
  const now = stage.clock.now()
  const late = Math.max(0, now - at)
  // Whole days where the subject follows our clock, so that the time of day and with it the cut-off stay what they were.
  const shiftMs = stage.subject.features.has('clock') ? Math.ceil(late / DAY_MS) * DAY_MS : now - at
  const amounts = new Map<number, bigint>()
  for (const one of mutations)
    if (one.what === 'amount') amounts.set(one.on, (amounts.get(one.on) ?? 0n) + one.by)
  return {
    ...options,
    names: tapeNames({ random: stage.random, shiftMs, start: at, ...(tag !== undefined && { tag }) }),
    amounts,
    repeats: repeatsOf(tape),
    replies: repliesOf(tape),
    made: new Map(),
    positions: new Map(),
    users: [],
    differences: [],
    effects: [],
    strange: [],
    ledgerFrom: '',
    sent: 0,
    calls: 0,
    compared: 0,
  }
}

/** The stage's clock, and the subject's where it follows. Without a clock that can be moved nothing waits. */
async function moveTo({ stage }: Run, to: number, always = false): Promise<void> {
  const { clock, subject } = stage
  if (!subject.features.has('clock')) return
  if (to > clock.now()) await stage.advance(to)
  else if (!always) return
  await subject.api('POST', '/control/clock', { now: clock.now() })
}

function take(run: Run, step: Step): Promise<void> {
  if (step.kind === 'call') return call(run, step.call)
  if (step.kind === 'seal') return sealedOnce(run, step.message).then(() => undefined)
  return send(run, step)
}

const LEDGER = '/control/ledger?after='

/** What the book of a subject that keeps it held before is no part of the tape. */
async function beginLedger(run: Run): Promise<void> {
  const { subject } = run.stage
  if (run.tag === undefined || !subject.features.has('ledger-export')) return
  const ledger = readLedger((await subject.api('GET', LEDGER)).body, '')
  if ('position' in ledger) run.ledgerFrom = ledger.position
}

async function call(run: Run, { method, path, request, line, reply, status }: TapeCall): Promise<void> {
  const { stage, names } = run
  if (path === '/control/clock') return moveTo(run, stage.clock.now(), true)
  const after = isLedger(path) ? (new URLSearchParams(path.split('?')[1]).get('after') ?? '') : undefined
  if (path === '/control/users' && method === 'POST') {
    const { id } = (request ?? {}) as { id?: unknown }
    if (typeof id === 'string') run.users.push(names.user(id))
  }
  const known = after === undefined ? undefined : run.positions.get(after)
  const where = after === undefined ? names.path(path) : LEDGER + encodeURIComponent(known ?? run.ledgerFrom)
  const heard = await ask(run, method as 'GET' | 'POST' | 'PUT', where, names.anywhere(request))
  run.calls += 1
  if (path === '/control/restart') await moveTo(run, stage.clock.now(), true)
  learn(names, reply, heard.body)
  const [was, is] = [readLedger(reply, after ?? ''), readLedger(heard.body, known ?? '')]
  if (after !== undefined && 'position' in was && 'position' in is)
    run.positions.set(was.position, is.position)
  // Nobody answered on the tape, or what was exported reaches further back than the tape: nothing to hold it against.
  if (status === 0 || (after !== undefined && known === undefined)) return
  run.compared += 1
  const expected = callView({ path, status, reply }, names.account)
  const observed = callView({ path, status: heard.status, reply: heard.body }, (account) => account)
  note(run, { line, what: `${method} ${where}` }, expected, observed)
}

async function ask(
  { stage }: Run,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const { subject, recorder } = stage
  const asked = subject.api(method, path, body)
  // What the wallet asks the switch for may have gone unanswered on the tape; in process nobody else moves the clock.
  const waits = subject.kind === 'in-process' && path.startsWith('/wallet/')
  const reply = await (waits ? stage.through(asked) : asked)
  const readable = !isLedger(path) || 'entries' in readLedger(reply.body, '')
  recorder.called({
    method,
    path,
    status: reply.status,
    ...(body !== undefined && { request: body }),
    ...(readable && { reply: reply.body }),
  })
  return reply
}

/** Codes and tokens that a call gave then and gives now. */
function learn(names: TapeNames, then: unknown, now: unknown): void {
  for (const name of ['token', 'code']) {
    const [old, fresh] = [then, now].map((body) => (body as Record<string, unknown> | undefined)?.[name])
    if (typeof old === 'string' && typeof fresh === 'string') names.learn(old, fresh)
  }
}

const note = (
  run: Run,
  where: Pick<Difference, 'n' | 'line' | 'what'>,
  expected: View,
  observed: View,
): void => void run.differences.push(...differing(expected, observed).map((one) => ({ ...where, ...one })))

/** A message of the tape as it goes out now; made once, however often its bytes are sent. */
function sealedOnce(run: Run, message: TapeMessage): Promise<Made> {
  // With another amount it is no longer the message whose bytes it repeated.
  const of = run.amounts.has(message.n) ? message.n : (run.repeats.get(message.n) ?? message.n)
  const known = run.made.get(of)
  if (known !== undefined) return known
  const first = inwardRequests(run.tape).find((one) => one.n === of) ?? message
  const made = sealedNow(run, first)
  run.made.set(of, made)
  return made
}

async function sealedNow(run: Run, message: TapeMessage): Promise<Made> {
  const { stage, names } = run
  const fields = message.made?.fields ?? message.fields
  const type = message.made?.type ?? (message.type as RequestType | undefined)
  // Nobody could read it then: its bytes are all there is.
  if (fields === undefined || type === undefined) return asItWas(message)
  const by = run.amounts.get(message.n)
  const amount = fields['amount']
  const content = names.fields(type, {
    ...fields,
    ...(by !== undefined && typeof amount === 'bigint' && { amount: amount + by }),
  })
  const { sealed, ref, head, encoding } = await forgeMessage(
    stage.sealer(message.from),
    type,
    message.to,
    content as unknown as Fields<RequestType>,
    await bentAgain(run, message.made?.forge ?? {}),
    anybody(stage),
  )
  const then = claimedHead(message.sealed)
  if (then !== undefined) {
    names.learn(then.id, head.id)
    names.learn(then.nonce, head.nonce)
  }
  return { sealed, ref, type, ...(encoding !== undefined && { encoding }) }
}

const asItWas = ({ sealed, type }: TapeMessage): Made => ({
  sealed,
  ref: claimedRef(sealed) ?? '-',
  type: (type ?? 'debit') as RequestType,
})

/** Bent in the same places, with what stands there now: a nonce, a code, the sealed block of another message. */
async function bentAgain(run: Run, { lift, ...forge }: Forge): Promise<Forge> {
  const { names, tape } = run
  const renamed = (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, names.of(value)]))
  const raw = (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rawOf(names, value)]))
  const from = inwardRequests(tape).find(({ sealed }) => sealed === lift)
  return {
    ...forge,
    ...(forge.head !== undefined && { head: renamed(forge.head) }),
    ...(forge.headAfter !== undefined && { headAfter: renamed(forge.headAfter) }),
    ...(forge.members !== undefined && { members: raw(forge.members) }),
    ...(forge.twice !== undefined && { twice: raw(forge.twice) }),
    ...(forge.afterSigning !== undefined && { afterSigning: raw(forge.afterSigning) }),
    ...(lift !== undefined && { lift: from === undefined ? lift : (await sealedOnce(run, from)).sealed }),
  }
}

/** A member's raw JSON, such as `"6212…"` with its quotes. */
function rawOf(names: TapeNames, raw: string): string {
  const text = /^"([^"\\]*)"$/.exec(raw)?.[1]
  return text === undefined ? raw : JSON.stringify(names.of(text))
}

const BENT: Text = { zh: '录制时故意改动', en: 'bent on purpose when it was recorded' }

async function send(run: Run, { message, how, lost, extra }: SendStep): Promise<void> {
  const { stage } = run
  const { n, line, from, to } = message
  const { sealed, ref, type, encoding } =
    how === 'fresh' ? await sealedNow(run, message) : await sealedOnce(run, message)
  if (lost) stage.faults.push({ what: 'lose reply', type: '*', from, to, times: 1 })
  const { outcome, numbers } = await stage.hand(from, to, sealed, encoding)
  run.sent += 1
  const [request] = numbers
  if (request === undefined) return
  const { made } = message
  if (made !== undefined) stage.recorder.forged(request, BENT, made)
  if (outcome !== 'silence' && outcome !== 'cut' && !isTurned(outcome)) {
    const opened = await open(stage.sealer(from), outcome, { replyTo: { type, to, ref } })
    if (opened.kind === 'refused') await openedAsClaimed(stage, sealed, outcome)
  }
  const answer = answerView(replyTo(stage, request))
  const what = requestName(message)
  if (extra !== undefined) return void run.effects.push({ mutation: extra, what, answer })
  if (namesStrange(run, message)) run.strange.push(n)
  const then = run.replies.get(n)
  // Without a reply on the tape nobody knows what it would have been; one that is lost now is not heard either.
  if (then === undefined || lost) return
  run.compared += 1
  note(run, { n, line, what }, answerView(then), answer)
}

const replyTo = (stage: Stage, n: number): SeenMessage | undefined =>
  stage.recorder.seen().findLast((one): one is SeenMessage => one.kind === 'message' && one.replyTo === n)

function namesStrange({ names }: Run, { fields, made }: TapeMessage): boolean {
  if (made !== undefined) return false
  return [fields?.['token'], fields?.['code']].some((one) => typeof one === 'string' && !names.knows(one))
}

/** Balances and book as they are left, so that the invariants are judged on what came last. */
async function lastLook(run: Run): Promise<void> {
  const { features } = run.stage.subject
  if (features.has('control'))
    for (const user of run.users) await ask(run, 'GET', `/control/users/${encodeURIComponent(user)}`)
  if (features.has('ledger-export')) await ask(run, 'GET', LEDGER + encodeURIComponent(run.ledgerFrom))
}
