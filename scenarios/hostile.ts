// Hostile messages by chance, thrown at a party by the thousand: right ones bent byte by byte, and well signed ones whose
// content is nearly right. Whatever comes, the party answers with a refusal, soon, and nothing has happened.
import fc from 'fast-check'
import { forgeMessage } from '../mocks/mocks.ts'
import { fieldsOf, nearlyRight, type NearlyRight } from '../wire/arbitraries.ts'
import {
  claimedRef,
  classOf,
  type Fields,
  isTurned,
  open,
  type PartyId,
  type Profile,
  type RequestType,
  type Sealed,
} from '../wire/wire.ts'
import type { Random } from './chance.ts'
import type { Stage } from './stage.ts'

export type Hurled = {
  readonly sent: number
  /** How many were answered with each class; `plain` counts refusals outside any envelope. */
  readonly answers: Readonly<Record<string, number>>
  /** What should not have been: with the bytes that did it. */
  readonly faults: readonly { readonly how: string; readonly said: string; readonly bytes: Uint8Array }[]
  /** The longest that one message took, by `elapsed`. */
  readonly slowestMs: number
}

export type HurlOptions = {
  readonly stage: Stage
  readonly from: PartyId
  readonly types: readonly RequestType[]
  readonly count: number
  readonly seed: number
  readonly random: Random
  /** Milliseconds that only go forward: of the wall, or of the processor. */
  readonly elapsed: () => number
  /** Told every thousand messages. */
  readonly on?: (sent: number) => void
}

type Shot = { readonly how: string; readonly type: RequestType; readonly sealed: Sealed }

const FAULTS_MAX = 20
const TOLD_EVERY = 1000

export async function hurl(options: HurlOptions): Promise<Hurled> {
  const { stage, count, elapsed } = options
  const answers: Record<string, number> = {}
  const faults: Hurled['faults'][number][] = []
  let slowestMs = 0
  let sent = 0
  const taken = new Set<RequestType>()
  for await (const shot of shots(options)) {
    const before = elapsed()
    const said = await answered(options, shot, taken)
    slowestMs = Math.max(slowestMs, elapsed() - before)
    answers[said.class] = (answers[said.class] ?? 0) + 1
    if (said.fault !== undefined && faults.length < FAULTS_MAX)
      faults.push({ how: shot.how, said: said.fault, bytes: shot.sealed.bytes })
    sent += 1
    if (sent % TOLD_EVERY === 0) {
      await stage.settle()
      stage.recorder.open(`hostile ${sent}`)
      options.on?.(sent)
    }
    if (sent >= count) break
  }
  await stage.settle()
  return { sent, answers, faults, slowestMs }
}

async function answered(
  { stage, from }: HurlOptions,
  { type, how, sealed }: Shot,
  taken: Set<RequestType>,
): Promise<{ class: string; fault?: string }> {
  const reply = await stage.subject.post(sealed)
  if (reply === 'no_reply')
    return { class: 'none', fault: 'no answer, or one that says that the server failed' }
  if (isTurned(reply))
    return reply.status >= 400 && reply.status < 500
      ? { class: 'plain' }
      : { class: 'plain', fault: `HTTP ${reply.status}` }
  const ref = claimedRef(sealed)
  if (ref === undefined) return { class: 'sealed' }
  const opened = await open(stage.sealer(from), reply, { replyTo: { type, to: stage.subjectId, ref } })
  // Bent in its head, it may be answered to somebody else, or as another type.
  if (opened.kind === 'refused') return { class: 'sealed' }
  const code = (opened.message.fields as { readonly answer?: string }).answer ?? ''
  const kind = classOf(code)
  if (kind === undefined) return { class: code, fault: `reply code ${code} is in no table` }
  if (kind !== 'OK' && kind !== 'PENDING') return { class: kind }
  // Some are answered with a yes whatever they are about. Bent where nothing signs it, such a one is itself.
  if (how === RIGHT) taken.add(type)
  return taken.has(type) && [RIGHT, BENT].includes(how)
    ? { class: kind }
    : { class: kind, fault: `was taken: ${kind}` }
}

const JOINT = ['txnAmt', 'currencyCode']
const RIGHT = 'right'
const BENT = 'bent'
const POOL_PER_TYPE = 3

/** Three in four are bent bytes, the others are signed as they are. */
async function* shots(options: HurlOptions): AsyncGenerator<Shot> {
  const { stage, from, types, seed, random } = options
  const world = stage.sealer(from)
  const { profile } = stage
  const to = stage.subjectId
  const made = async (type: RequestType, fields: unknown, forge = {}): Promise<Sealed> =>
    (await forgeMessage(world, type, to, fields as Fields<RequestType>, forge)).sealed
  // A frame may have no way to write something at all: then nobody can send it.
  const writable = (type: RequestType, fields: unknown, forge: object): Promise<Sealed | undefined> =>
    made(type, fields, forge).catch(() => undefined)
  const right = types.map((type) => fc.sample(fieldsOf(type), { seed, numRuns: POOL_PER_TYPE }))
  for (let round = 0; ; round += 1) {
    const pool: Shot[] = []
    for (const [index, type] of types.entries()) {
      for (const fields of right[index] ?? []) {
        if (round === 0) yield { how: RIGHT, type, sealed: await made(type, fields) }
        pool.push({ how: BENT, type, sealed: await made(type, fields) })
      }
      const [near] = fc.sample(nearlyRight(type), { seed: seed + round, numRuns: 1 })
      const base = right[index]?.[0]
      if (near === undefined || base === undefined || harmless(near, profile)) continue
      const { members, wrong } = near
      // One network writes amount and currency as one member: there the one cannot be missing without the other.
      const gone = wrong.how === 'malformed' ? [] : JOINT.includes(wrong.field) ? JOINT : [wrong.field]
      const raw = Object.fromEntries(
        Object.entries(members).flatMap(([name, text]) =>
          gone.includes(name) ? [] : [[name, JSON.stringify(text)]],
        ),
      )
      const sealed = await writable(type, base, { members: raw, without: gone })
      if (sealed !== undefined)
        yield {
          how: `${type}: ${wrong.field} is ${wrong.how}: ${String(members[wrong.field]).slice(0, 40)}`,
          type,
          sealed,
        }
    }
    for (const one of pool)
      for (let turn = 0; turn < BENDS_PER_MESSAGE; turn += 1)
        yield { ...one, sealed: bent(one.sealed, random) }
  }
}

/** What is wrong on one wire and cannot be told from a right one on another: a form leaves out what is empty, a currency
 *  before an amount, as one member, may spell another currency, and states have numbers there. */
function harmless({ members, wrong: { field, how } }: NearlyRight, { frame, network }: Profile): boolean {
  const form = frame === 'qrc' || frame === 'acp'
  if (how === 'malformed' && form && members[field]?.trim() === '') return true
  return how === 'malformed' && network === 'netsunion' && ['currencyCode', 'txnState'].includes(field)
}

const BENDS_PER_MESSAGE = 12

/** What careless readers stumble over, as bytes. */
const TOKENS = [
  '\u0000',
  '\uFEFF',
  '9'.repeat(400),
  '%00',
  '&&',
  '{"',
  '<!DOCTYPE a>',
  ']]>',
  '\r\n',
  '../',
  '￿',
]

/** One to four changes: a bit, a byte, a piece left out, doubled, moved, or something strange put in. */
function bent({ bytes, ...sealed }: Sealed, random: Random): Sealed {
  let now: Uint8Array = Uint8Array.from(bytes)
  const [many = 0] = random(1)
  for (let turn = 0; turn <= many % 4; turn += 1) now = changed(now, random(8))
  if (Buffer.compare(Buffer.from(now), Buffer.from(bytes)) === 0)
    now = changed(now, new Uint8Array([1, 0, 0, 0, 0, 1]))
  return { ...sealed, bytes: now }
}

function changed(bytes: Uint8Array, chance: Uint8Array): Uint8Array {
  const [what = 0, a = 0, b = 0, c = 0, d = 0, e = 0] = chance
  const at = bytes.length === 0 ? 0 : (a * 65_536 + b * 256 + c) % bytes.length
  const length = 1 + (d % 48)
  const before = bytes.subarray(0, at)
  const piece = bytes.subarray(at, at + length)
  const after = bytes.subarray(at + length)
  switch (what % 6) {
    case 0:
      return joined(
        before,
        piece.map((one, index) => (index === 0 ? one ^ (1 << (e % 8)) : one)),
        after,
      )
    case 1:
      return joined(
        before,
        piece.map((one, index) => (index === 0 ? e : one)),
        after,
      )
    case 2:
      return joined(before, after)
    case 3:
      return joined(before, piece, piece, after)
    case 4:
      return joined(after, piece, before)
    default:
      return joined(before, Buffer.from(TOKENS[e % TOKENS.length] ?? ''), piece, after)
  }
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
