// What the subject asks of the switch while a tape is played: answered as on the tape, the same type in the same order,
// with tokens and codes of this run.
import {
  type Fields,
  isRequestType,
  type MessageType,
  open,
  type Opened,
  replyTypeOf,
  seal,
  type Sealed,
  type Sealer,
  type Turned,
  turnAway,
  claimedType,
} from '../wire/wire.ts'
import { requestName } from './mutation.ts'
import type { Receive, Stage } from './stage.ts'
import { SWITCH } from './parties.ts'
import type { Difference } from './replay.ts'
import type { Tape, TapeMessage } from './tape.ts'
import type { TapeNames } from './tape-names.ts'
import { repliesOf } from './tape-plan.ts'

type Loose = Readonly<Record<string, unknown>>

export type Asks = {
  /** From now on what the subject asks arrives here. */
  place(): void
  /** What it asked on the tape and has not asked now. */
  unasked(): readonly Difference[]
}

export function asksOf(
  tape: Tape,
  names: TapeNames,
  stage: Stage,
  differs: (difference: Difference) => void,
): Asks {
  const { subject } = tape.head
  const replies = repliesOf(tape)
  const waiting = tape.lines.filter(
    (one): one is TapeMessage => one.kind === 'message' && one.replyTo === undefined && one.from === subject,
  )
  const receive: Receive = async (sealed) => {
    const world = stage.sealer(SWITCH)
    const type = claimedType(sealed)
    const opened = await open(world, sealed, { requests: isRequestType(type) ? [type] : [] })
    if (opened.kind === 'refused') return turnAway(world, opened)
    const asked = taken(waiting, names, opened)
    if (asked === undefined) {
      differs({ line: 0, what: type, member: 'asked', expected: 'no more', observed: 'once more' })
      return turnAway(world, notOnTape(opened))
    }
    return answered(world, opened, replies.get(asked.n), names)
  }
  return {
    place: () => stage.place(SWITCH, receive),
    unasked: () =>
      waiting.map((one) => ({
        n: one.n,
        line: one.line,
        what: requestName(one),
        member: 'asked',
        expected: 'asked',
        observed: 'not asked',
      })),
  }
}

/** The next of the same type; of several, the one that is about the same account or token. */
function taken(waiting: TapeMessage[], names: TapeNames, { message }: Opened): TapeMessage | undefined {
  const content = message.fields as Loose
  const about = (one: TapeMessage): boolean =>
    (['account', 'token'] as const).every(
      (name) => names.of(String(one.fields?.[name])) === String(content[name]),
    )
  const same = waiting.filter((one) => requestName(one) === message.type)
  const found = same.find(about) ?? same[0]
  if (found !== undefined) waiting.splice(waiting.indexOf(found), 1)
  return found
}

const notOnTape = ({ head, ref }: Opened) =>
  ({
    kind: 'refused',
    class: 'REJ-TYPE',
    step: 'address',
    field: 'path',
    rule: { zh: '录制中没有这次请求', en: 'is not asked on the tape' },
    replyTo: { to: head.from, type: `${head.type}.reply` as MessageType, ref },
  }) as const

async function answered(
  world: Sealer,
  { head, message, ref }: Opened,
  then: TapeMessage | undefined,
  names: TapeNames,
): Promise<Sealed | Turned | 'silence'> {
  const { type } = message
  if (then?.fields === undefined || then.fate !== 'delivered' || !isRequestType(type)) return 'silence'
  for (const name of ['token', 'code']) {
    const old = then.fields[name]
    if (typeof old === 'string') names.freshDigits(old)
  }
  const reply = replyTypeOf(type)
  const fields = names.fields(reply, then.fields) as unknown as Fields<typeof reply>
  return (await seal(world, { type: reply, to: head.from, ref, fields })).sealed
}
