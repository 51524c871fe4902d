// What a page in play has at hand: its ids, what was said, what was seen, and the expectations judged so far.
import type { Heard } from '../mocks/mocks.ts'
import { stamp, type Text } from '../wire/wire.ts'
import type { ExpectationEvent, PostingView } from './events.ts'
import type { Ids } from './ids.ts'
import type { LoadedPage } from './load.ts'
import type { NetworkCast } from './network-cast.ts'
import { readLedger } from './posting.ts'
import type { SaidBefore } from './say.ts'
import type { Stage } from './stage.ts'
import type { ApiReply } from './subject.ts'

/** A message that a step sent, with what came back and the numbers of both in the page's transcript. */
export type Sent = SaidBefore & { readonly heard: Heard; readonly evidence: readonly number[] }

export type Cast = {
  readonly stage: Stage
  readonly loaded: LoadedPage
  readonly ids: Ids
  readonly sent: Map<string, Sent>
  readonly users: Map<string, string>
  readonly codes: Map<string, { code: string; token: string }>
  /** Orders that were laid and answers of the subject's APIs, by the names that the page gave them. */
  readonly known: Map<string, Readonly<Record<string, unknown>>>
  readonly judged: ExpectationEvent[]
  network?: NetworkCast
  ledgerFrom: string
  /** Numbers of messages that came from the subject: what an expectation about its state rests on. */
  readonly fromSubject: number[]
}

export type Judgement = {
  readonly what: Text
  readonly expected: string
  readonly observed: string
  readonly held: boolean | undefined
  readonly evidence: readonly number[]
  readonly at: readonly (string | number)[]
  readonly field?: string
  readonly item?: string
}

/** Writes one expectation down. Without evidence it is undecided, whatever was concluded: nothing is shown by silence. */
export function judge(cast: Cast, judgement: Judgement): void {
  const { held, evidence, at, ...rest } = judgement
  const event: ExpectationEvent = {
    event: 'expectation',
    page: cast.loaded.name,
    at: stamp(cast.stage.clock.now()),
    n: cast.judged.length + 1,
    result: held === undefined || evidence.length === 0 ? 'undecided' : held ? 'held' : 'broken',
    evidence,
    where: cast.loaded.where(at),
    ...rest,
  }
  cast.judged.push(event)
  cast.stage.recorder.emit(event)
}

/** A control or wallet call of the page, kept in the transcript. */
export async function api(
  cast: Cast,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown; after: number }> {
  const { subject } = cast.stage
  // In a whole network the tills and the switch are stand-ins'.
  const [, room = ''] = path.split('/')
  const other = room === 'till' ? cast.network?.till : room === 'ops' ? cast.network?.ops : undefined
  const called = other === undefined ? subject.api(method, path, body) : other(method, path, body)
  // What the wallet or the till asks for may be late on its way; nobody else would move the clock then.
  const waits = /^\/(wallet|till|ops)\//.test(path) || path === '/control/clock'
  // A stand-in keeps the stage's own time: where its message was lost, no question of the subject's says that it waits.
  const answer = (): Promise<ApiReply> =>
    other === undefined ? cast.stage.answered(called) : cast.stage.through(called)
  const reply = await (waits ? answer() : called)
  return noted(cast, { method, path, body }, reply)
}

/** Posts to the wallet that go out together; time moves until the last is answered. */
export async function apiAtOnce(
  cast: Cast,
  calls: readonly { readonly path: string; readonly body: unknown }[],
): Promise<readonly ApiReply[]> {
  const { subject } = cast.stage
  const all = Promise.all(calls.map(({ path, body }) => subject.api('POST', path, body)))
  const replies = await cast.stage.answered(all)
  for (const [index, { path, body }] of calls.entries())
    noted(cast, { method: 'POST', path, body }, replies[index] ?? { status: 0, body: undefined })
  return replies
}

type Called = { readonly method: 'GET' | 'POST' | 'PUT'; readonly path: string; readonly body: unknown }

function noted(cast: Cast, { method, path, body }: Called, reply: ApiReply): ApiReply & { after: number } {
  // What the wallet asked of others by itself is what an expectation about it rests on, as much as what it answered.
  if (path.startsWith('/wallet/'))
    for (const n of cast.stage.recorder.numbersFrom(cast.stage.subjectId))
      if (!cast.fromSubject.includes(n)) cast.fromSubject.push(n)
  const isLedger = path.startsWith('/control/ledger')
  const readable = !isLedger || 'entries' in readLedger(reply.body, '')
  const { after } = cast.stage.recorder.called({
    method,
    path,
    status: reply.status,
    request: body,
    reply: readable ? reply.body : undefined,
  })
  const shown = isLedger ? undefined : reply.body
  cast.stage.recorder.emit({
    event: 'control',
    page: cast.loaded.name,
    at: stamp(cast.stage.clock.now()),
    method,
    path,
    status: reply.status,
    ...(body !== undefined && { request: body }),
    ...(shown !== undefined && { reply: shown }),
  })
  return { ...reply, after }
}

/** A page could not be played for a reason that says nothing about the subject's conformance. */
export class Unplayable extends Error {
  readonly fault: 'configuration' | 'environment' | 'subject'
  readonly text: Text
  constructor(cause: 'configuration' | 'environment' | 'subject', text: Text) {
    super(text.en)
    this.fault = cause
    this.text = text
  }
}

export async function ledgerSince(
  cast: Cast,
  after: string,
): Promise<{ entries: readonly PostingView[]; position: string }> {
  const { status, body } = await api(cast, 'GET', `/control/ledger?after=${encodeURIComponent(after)}`)
  if (status !== 200)
    throw new Unplayable(status === 0 ? 'environment' : 'subject', {
      zh: `账本导出应答 ${status}`,
      en: `the ledger export answered ${status}`,
    })
  const ledger = readLedger(body, after)
  if ('entries' in ledger) return ledger
  throw new Unplayable('subject', {
    zh: `账本导出无法读取：${ledger.unreadable.zh}`,
    en: `the ledger export cannot be read: ${ledger.unreadable.en}`,
  })
}
