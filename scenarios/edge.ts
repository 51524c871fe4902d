// Edge steps: the scripted switch says something to the subject, and what comes back is judged.
import { clearingDayOf } from '../clearing/clearing.ts'
import { type Heard, scriptedSwitch, type ScriptedSwitch } from '../mocks/mocks.ts'
import type { Keyring } from '../crypto/crypto.ts'
import { classOf, isTurned, type Fields, type RequestType, type Sealed } from '../wire/wire.ts'
import { type Cast, judge, type Sent } from './cast.ts'
import type { ClassSpec, EdgeStep, Heard as Expected } from './page.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, INSTITUTION, SWITCH } from './parties.ts'
import { type Loose, plan, type Planned, type Say } from './say.ts'
import type { Stage } from './stage.ts'

/** The scripted switch on a stage, and the transcript numbers of each message it sent with its reply. */
export type Edge = { readonly script: ScriptedSwitch; numbersOf(request: Sealed): readonly number[] }

export function edgeSwitch(stage: Stage): Edge {
  const numbers = new Map<Sealed, number[]>()
  const script = scriptedSwitch({
    world: stage.sealer(SWITCH),
    signer: anybody(stage),
    post: async (sealed, encoding) => {
      const n = stage.recorder.sent(SWITCH, INSTITUTION, sealed, 'delivered')
      numbers.set(sealed, [n])
      const reply = await stage.subject.post(sealed, encoding)
      if (reply === 'no_reply') return reply
      const back: Sealed = isTurned(reply)
        ? {
            path: sealed.path,
            contentType: 'application/json',
            bytes: Buffer.from(JSON.stringify(reply.refusal)),
          }
        : reply
      numbers.set(sealed, [n, stage.recorder.replied(n, INSTITUTION, SWITCH, back, 'delivered')])
      return reply
    },
  })
  stage.place(SWITCH, script.receive)
  return { script, numbersOf: (request) => numbers.get(request) ?? [] }
}

/** Signs with whichever test key a forged message names. */
function anybody(stage: Stage): Keyring {
  const rings = [SWITCH, ACQUIRER_A, ACQUIRER_B, BANK].map((party) => ({
    ring: stage.network.keysOf(party),
    has: stage.network.privateKeysOf(party),
  }))
  const find = (keyId: string): Keyring =>
    rings.find(({ has }) => has.has(keyId))?.ring ?? stage.network.keysOf(SWITCH)
  return {
    sign: (keyId, bytes) => find(keyId).sign(keyId, bytes),
    unwrap: (keyId, bytes) => find(keyId).unwrap(keyId, bytes),
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

async function send(cast: Cast, { script, numbersOf }: Edge, step: EdgeStep): Promise<Sent> {
  if ('replay' in step) {
    const before = sayOf(cast).said(step.replay.of)
    const heard = await script.replay(before.sealed, before.type, INSTITUTION)
    return kept(cast, step.replay.as ?? `${step.replay.of}-replayed`, {
      ...before,
      heard,
      evidence: numbersOf(heard.request),
    })
  }
  const planned: Planned = plan(sayOf(cast), step, cast.sent.size + 1)
  const heard = await script.say(
    planned.type,
    INSTITUTION,
    planned.fields as Fields<RequestType>,
    planned.forge,
  )
  return kept(cast, planned.name, {
    type: planned.type,
    fields: planned.fields,
    sealed: heard.request,
    heard,
    evidence: numbersOf(heard.request),
  })
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
  for (const [name, value] of Object.entries(expected.fields ?? {})) {
    const want = value === 'same' ? String(sent.fields[name]) : value
    const got =
      fields[name] === undefined
        ? 'absent'
        : Array.isArray(fields[name])
          ? JSON.stringify(fields[name], (_, inner: unknown) =>
              typeof inner === 'bigint' ? String(inner) : inner,
            )
          : String(fields[name])
    judge(cast, {
      what: { zh: `应答字段 ${name}`, en: `field ${name} of the answer` },
      expected: want,
      observed: heard.kind === 'reply' ? got : describe(heard),
      held: heard.kind === 'reply' && got === want,
      evidence,
      at: [...at, 'fields', name],
      field: name,
    })
  }
}

function allowedOf(cast: Cast, spec: ClassSpec): readonly string[] {
  if (typeof spec === 'string') return [spec]
  if (Array.isArray(spec)) return spec
  const one = cast.stage.profile.order === 'sign-then-encrypt' ? spec.ste : spec.ets
  return typeof one === 'string' ? [one] : one
}

export function describe(heard: Heard): string {
  if (heard.kind === 'silence') return 'no reply'
  if (heard.kind === 'unreadable')
    return `a reply that does not open: ${heard.refused.class} at ${heard.refused.field} (${heard.refused.rule.en})`
  if (heard.kind === 'turned') return `a plain refusal: ${heard.turned.refusal.class}`
  return 'a reply'
}

export const today = (stage: Stage): string => clearingDayOf(stage.clock.now(), stage.profile.values.cutOff)
