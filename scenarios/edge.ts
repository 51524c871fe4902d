// Edge steps: the scripted switch says something to the subject, and what comes back is judged.
import { clearingDayOf } from '../clearing/clearing.ts'
import { type Heard, type HonestAnswers, scriptedSwitch, type ScriptedSwitch } from '../mocks/mocks.ts'
import type { Keyring } from '../crypto/crypto.ts'
import {
  classOf,
  type Fields,
  isRequestType,
  isTurned,
  open,
  type Opened,
  type RequestType,
  type Sealed,
  claimedHead,
  claimedRef,
} from '../wire/wire.ts'
import { type Cast, judge, type Sent } from './cast.ts'
import { named } from './names.ts'
import type { ClassSpec, EdgeStep, Heard as Expected } from './page.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, SWITCH } from './parties.ts'
import { payeeOf } from './till-names.ts'
import { type Loose, plan, type Planned, resolved, type Say } from './say.ts'
import type { Stage } from './stage.ts'

/** The scripted switch on a stage, and the transcript numbers of each message it sent with its reply. */
export type Edge = {
  readonly script: ScriptedSwitch
  numbersOf(request: Sealed): readonly number[]
  replyTo(request: Sealed): Sealed | undefined
}

/** `answers`: what the switch says by itself, where the subject is no wallet. */
export function edgeSwitch(stage: Stage, answers?: HonestAnswers): Edge {
  const numbers = new Map<Sealed, readonly number[]>()
  const replies = new Map<Sealed, Sealed>()
  const script = scriptedSwitch({
    world: stage.sealer(SWITCH),
    signer: anybody(stage),
    ...(answers !== undefined && { answers }),
    post: async (sealed, encoding) => {
      const { outcome, numbers: own } = await stage.hand(SWITCH, stage.subjectId, sealed, encoding)
      numbers.set(sealed, own)
      if (outcome === 'silence' || outcome === 'cut') return 'no_reply'
      replies.set(sealed, isTurned(outcome) ? { ...sealed, bytes: new Uint8Array() } : outcome)
      return outcome
    },
  })
  stage.place(SWITCH, script.receive)
  return {
    script,
    numbersOf: (request) => numbers.get(request) ?? [],
    replyTo: (request) => replies.get(request),
  }
}

/** A request whose head was forged is answered as what it claims to be: to another party, of another type or id. */
export async function openedAsClaimed(
  stage: Stage,
  request: Sealed,
  reply: Sealed,
): Promise<Opened | undefined> {
  const [from, to] = [claimedHead(request), claimedHead(reply)]
  const ref = claimedRef(request)
  if (from === undefined || to === undefined || ref === undefined || !isRequestType(from.type))
    return undefined
  // A frame that names no receiver leaves it to whoever opens; one that names no sender, to the certificate.
  const me = to.to === '-' ? SWITCH : to.to
  if ((from.from !== '-' && from.from !== me) || stage.network.directory.party(me) === undefined)
    return undefined
  const { type } = from
  const opened = await open(stage.sealer(me), reply, { replyTo: { type, to: stage.subjectId, ref } })
  return opened.kind === 'opened' ? opened : undefined
}

/** Signs with whichever test key a forged message names; a name that nobody holds is the forger's business. */
export function anybody(stage: Stage): Keyring {
  const holder = (keyId: string): Keyring => {
    const party = [SWITCH, ACQUIRER_A, ACQUIRER_B, BANK].find((one) =>
      stage.network.privateKeysOf(one).has(keyId),
    )
    return stage.network.keysOf(party ?? SWITCH)
  }
  return {
    sign: (keyId, bytes, options) => holder(keyId).sign(keyId, bytes, options),
    unwrap: (keyId, bytes, options) => holder(keyId).unwrap(keyId, bytes, options),
  }
}

export function sayOf(cast: Cast): Say {
  const { stage } = cast
  return {
    ids: cast.ids,
    profile: stage.profile,
    network: stage.network,
    now: () => stage.clock.now(),
    said: (name) => {
      const found = cast.sent.get(name)
      if (found === undefined)
        throw new Error(`page ${cast.loaded.name} names ${name}, which no earlier step sent`)
      return found
    },
    code: (name) => cast.codes.get(name) ?? { code: '6299999999999999999', token: '629999999999999999' },
    named: (name, path) => named(cast, name, path),
    ...(cast.loaded.page.cast === 'till' && { payee: (name: string) => payeeOf(cast, name) }),
  }
}

/** Sends one edge message and judges its answer. */
export async function sayStep(
  cast: Cast,
  edge: Edge,
  step: EdgeStep,
  at: readonly (string | number)[],
): Promise<Heard> {
  const sent = await send(cast, edge, step)
  if ('expect' in step && step.expect !== undefined) judgeHeard(cast, sent, step.expect, [...at, 'expect'])
  return sent.heard
}

async function send(cast: Cast, edge: Edge, step: EdgeStep): Promise<Sent> {
  const { script, numbersOf } = edge
  if ('replay' in step) {
    const before = sayOf(cast).said(step.replay.of)
    const heard = await script.replay(before.sealed, before.type, cast.stage.subjectId)
    return kept(cast, step.replay.as ?? `${step.replay.of}-replayed`, {
      ...before,
      heard,
      evidence: numbersOf(heard.request),
    })
  }
  const planned: Planned = plan(sayOf(cast), step, cast.sent.size + 1)
  const heard = await heardBy(
    cast,
    edge,
    await script.say(
      planned.type,
      cast.stage.subjectId,
      planned.fields as Fields<RequestType>,
      planned.forge,
    ),
  )
  const evidence = numbersOf(heard.request)
  if (planned.forged !== undefined && evidence[0] !== undefined)
    cast.stage.recorder.forged(evidence[0], planned.forged, planned)
  return kept(cast, planned.name, {
    type: planned.type,
    fields: planned.fields,
    sealed: heard.request,
    heard,
    evidence,
  })
}

async function heardBy({ stage }: Cast, edge: Edge, heard: Heard): Promise<Heard> {
  const reply = edge.replyTo(heard.request)
  if (heard.kind !== 'unreadable' || reply === undefined) return heard
  const opened = await openedAsClaimed(stage, heard.request, reply)
  return opened === undefined ? heard : { kind: 'reply', request: heard.request, opened }
}

function kept(cast: Cast, name: string, sent: Sent): Sent {
  cast.sent.set(name, sent)
  const reply = sent.evidence[1]
  if (reply !== undefined) cast.fromSubject.push(reply)
  return sent
}

/** The class the subject said, in the open or in a plain refusal; undefined for silence or an unreadable reply. */
export function classHeard(heard: Heard): string | undefined {
  if (heard.kind === 'turned') return heard.turned.refusal.class
  if (heard.kind !== 'reply') return undefined
  return classOf(String((heard.opened.message.fields as Loose)['answer'] ?? ''))
}

function judgeHeard(cast: Cast, sent: Sent, expected: Expected, at: readonly (string | number)[]): void {
  const { heard, evidence } = sent
  // Silence is observed only by its request; it is evidence against an answer that was due, never for anything.
  const fields = heard.kind === 'reply' ? (heard.opened.message.fields as Loose) : {}
  if (expected.class !== undefined) {
    const allowed = allowedOf(cast, expected.class)
    const observed = classHeard(heard)
    judge(cast, {
      what: { zh: `${sent.type} 的应答类别`, en: `answer class of ${sent.type}` },
      expected: allowed.join(' | '),
      observed: observed ?? describe(heard),
      held: observed !== undefined && allowed.includes(observed),
      evidence,
      at: [...at, 'class'],
      field: 'respCode',
    })
  }
  if (expected.never !== undefined) {
    const observed = classHeard(heard)
    judge(cast, {
      what: { zh: `${sent.type} 的应答类别`, en: `answer class of ${sent.type}` },
      expected: `not ${expected.never}`,
      observed: observed ?? describe(heard),
      held: observed !== expected.never,
      // No answer is as good here; that the subject lives, its own messages show.
      evidence: cast.stage.recorder.numbersFrom(cast.stage.subjectId),
      at: [...at, 'never'],
      field: 'respCode',
    })
  }
  if (expected.repeated !== undefined) {
    const observed = fields['repeated'] === '1' ? 'yes' : 'no'
    judge(cast, {
      what: { zh: '是否标记为重复请求', en: 'marked as the repeat of a known request' },
      expected: expected.repeated,
      observed: heard.kind === 'reply' ? observed : describe(heard),
      held: heard.kind === 'reply' && observed === expected.repeated,
      evidence,
      at: [...at, 'repeated'],
      field: 'dupFlag',
    })
  }
  judgeFields(cast, sent, expected.fields ?? {}, [...at, 'fields'])
  if (expected.sameAs !== undefined) judgeSame(cast, sent, expected.sameAs, [...at, 'sameAs'])
  if (expected.refunds !== undefined) judgeRefunds(cast, sent, expected.refunds, [...at, 'refunds'])
  if (expected.clean !== undefined) judgeClean(cast, sent, [...at, 'clean'])
}

const fieldsOf = ({ heard }: Sent): Loose =>
  heard.kind === 'reply' ? (heard.opened.message.fields as Loose) : {}

function judgeFields(
  cast: Cast,
  sent: Sent,
  expected: Readonly<Record<string, string>>,
  at: readonly (string | number)[],
): void {
  const fields = fieldsOf(sent)
  for (const [name, value] of Object.entries(expected)) {
    const want = value === 'same' ? String(sent.fields[name]) : resolved(sayOf(cast), value)
    const got = fields[name] === undefined ? 'absent' : textOf(fields[name])
    // A plain refusal holds no field of the message either: it tells as little as a sealed one.
    const said = sent.heard.kind === 'reply' || (sent.heard.kind === 'turned' && want === 'absent')
    judge(cast, {
      what: { zh: `应答字段 ${name}`, en: `field ${name} of the answer` },
      expected: want,
      observed: said ? got : describe(sent.heard),
      held: said && got === want,
      evidence: sent.evidence,
      at: [...at, name],
      field: name,
    })
  }
}

const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
    : String(value)

/** The reply text is for people, and the mark of a repeat may differ; all else is the business answer. */
function judgeSame(cast: Cast, sent: Sent, name: string, at: readonly (string | number)[]): void {
  const other = cast.sent.get(name)
  if (other === undefined)
    throw new Error(`page ${cast.loaded.name} names ${name}, which no earlier step sent`)
  const business = (one: Sent): string => {
    const { because: _text, repeated: _mark, ...rest } = fieldsOf(one)
    return Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${textOf(value)}`)
      .sort()
      .join(' ')
  }
  const [first, again] = [business(other), business(sent)]
  const whole = other.heard.kind === 'reply' && sent.heard.kind === 'reply'
  judge(cast, {
    what: { zh: `业务应答与 ${name} 的应答一致`, en: `the same business answer as ${name}` },
    expected: other.heard.kind === 'reply' ? first : describe(other.heard),
    observed: sent.heard.kind === 'reply' ? again : describe(sent.heard),
    held: whole && first === again,
    evidence: [...other.evidence, ...sent.evidence],
    at,
  })
}

type Listed = { order: string; orderTime: string; transaction: string; amount: unknown; state: string }

function judgeRefunds(
  cast: Cast,
  sent: Sent,
  expected: readonly (readonly [string, string, string])[],
  at: readonly (string | number)[],
): void {
  const row = ({ order, orderTime, transaction, amount, state }: Listed): string =>
    `${order} ${orderTime} ${transaction} ${String(amount)} ${state}`
  const want = expected.map(([name, amount, state]) =>
    row({ ...(sayOf(cast).said(name).fields as Listed), amount, state }),
  )
  const got = ((fieldsOf(sent)['refunds'] ?? []) as readonly Listed[]).map(row)
  const [wanted, listed] = [want.sort().join(', '), got.sort().join(', ')]
  judge(cast, {
    what: { zh: '查询所列退款', en: 'the refunds that the query lists' },
    expected: wanted,
    observed: sent.heard.kind === 'reply' ? listed : describe(sent.heard),
    held: sent.heard.kind === 'reply' && wanted === listed,
    evidence: sent.evidence,
    at,
    field: 'refunds',
  })
}

/** Traces of how a system is built: stack frames, source files, SQL, error classes of runtimes and databases. */
const INSIDES =
  /\bat \S+ \(|\.(?:[jt]s|java|py|go|php):\d+|\b(?:select|insert|update|delete)\b.+\b(?:from|into|set|where)\b|exception|traceback|\bE?Error:|node_modules|sqlite|postgres|ORA-\d/i

function judgeClean(cast: Cast, sent: Sent, at: readonly (string | number)[]): void {
  const { heard } = sent
  const text =
    heard.kind === 'turned'
      ? JSON.stringify(heard.turned.refusal)
      : heard.kind === 'reply'
        ? Object.values(fieldsOf(sent)).map(textOf).join('\n')
        : undefined
  const secrets = [
    ...[...cast.codes.values()].flatMap(({ code, token }) => [code, token]),
    ...[...cast.users.keys()].map((name) => cast.ids.user(name)),
  ].filter((secret) => secret !== '')
  const told = text === undefined ? undefined : secrets.find((secret) => text.includes(secret))
  const inside = text === undefined ? undefined : INSIDES.exec(text)?.[0]
  judge(cast, {
    what: { zh: '应答不泄露敏感信息与内部实现', en: 'the answer tells no secret and nothing of the inside' },
    expected: 'nothing told',
    observed:
      text === undefined
        ? describe(heard)
        : told !== undefined
          ? 'a code, a token or a user in the clear'
          : (inside ?? 'nothing told'),
    held: text !== undefined && told === undefined && inside === undefined,
    evidence: sent.evidence,
    at,
  })
}

export function allowedOf(cast: Cast, spec: ClassSpec): readonly string[] {
  if (typeof spec === 'string') return [spec]
  if (Array.isArray(spec)) return spec
  const one = cast.stage.profile.order === 'sign-then-encrypt' ? spec.ste : spec.ets
  return typeof one === 'string' ? [one] : one
}

function describe(heard: Heard): string {
  if (heard.kind === 'silence') return 'no reply'
  if (heard.kind === 'unreadable')
    return `a reply that does not open: ${heard.refused.class} at ${heard.refused.field} (${heard.refused.rule.en})`
  if (heard.kind === 'turned') return `a plain refusal: ${heard.turned.refusal.class}`
  return 'a reply'
}

export const today = (stage: Stage): string => clearingDayOf(stage.clock.now(), stage.profile.values.cutOff)
