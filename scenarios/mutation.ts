// What is done to a tape before it is played: messages to the subject twice, late, in another order, not at all. Each is
// one word with the number that the message has on the tape, and none is taken that names something else.
import { claimedType, type Text } from '../wire/wire.ts'
import { durationMs } from './spans.ts'
import type { Tape, TapeMessage } from './tape.ts'

/** `text`: as it was written. */
export type Mutation = { readonly text: string; readonly on: number } & (
  | { readonly what: 'dup' | 'replay' | 'drop' | 'lost' }
  | { readonly what: 'late'; readonly byMs: number }
  | { readonly what: 'swap'; readonly with: number }
  | { readonly what: 'amount'; readonly by: bigint }
)

type Faulty = { readonly fault: Text }

const FORMS = 'dup@3, replay@3, late@5:40s, swap@2:4, drop@7, amount@3:+1, lost@3'

/** Reads `dup@3,late@5:40s` and holds it against the tape. */
export function readMutations(
  text: string,
  tape: Tape,
): { readonly mutations: readonly Mutation[] } | Faulty {
  const mutations: Mutation[] = []
  for (const word of text.split(',').map((one) => one.trim())) {
    const read = readOne(word)
    if ('fault' in read) return read
    const fault = faultOf(read, tape, mutations)
    if (fault !== undefined) return { fault: said(word, fault.zh, fault.en) }
    mutations.push(read)
  }
  return { mutations }
}

const said = (word: string, zh: string, en: string): Text => ({ zh: `${word}：${zh}`, en: `${word}: ${en}` })

function readOne(text: string): Mutation | Faulty {
  const [, what = '', number = '', more] = /^([a-z]+)@([0-9]{1,9})(?::(.+))?$/.exec(text) ?? []
  const on = Number(number)
  const form = (zh: string, en: string): Faulty => ({
    fault: said(text === '' ? '--mutate' : text, `${zh}；例如：${FORMS}`, `${en}; such as: ${FORMS}`),
  })
  switch (what) {
    case 'dup':
    case 'replay':
    case 'drop':
    case 'lost':
      if (more !== undefined) return form(`${what} 只有报文号`, `${what} takes the number of a message only`)
      return { text, on, what }
    case 'late':
      if (!/^[0-9]{1,6}(ms|s|m|h|d)$/.test(more ?? ''))
        return form('late 后应有时长，如 late@5:40s', 'late takes a duration, as in late@5:40s')
      return { text, on, what, byMs: durationMs(more ?? '') }
    case 'swap':
      if (!/^[0-9]{1,9}$/.test(more ?? ''))
        return form('swap 需要两个报文号，如 swap@2:4', 'swap takes two numbers, as in swap@2:4')
      return { text, on, what, with: Number(more) }
    case 'amount':
      if (!/^[+-][0-9]{1,15}$/.test(more ?? ''))
        return form(
          'amount 后应为增减的分数，如 amount@3:+1',
          'amount takes a change in minor units, as in amount@3:+1',
        )
      return { text, on, what, by: BigInt(more ?? '0') }
    default:
      return form('不认识这种变异', 'is no mutation')
  }
}

/** What the subject was asked on the tape, and heard: what a mutation may name. */
export function inwardRequests({ head, lines }: Tape): readonly TapeMessage[] {
  return lines.filter(
    (one): one is TapeMessage =>
      one.kind === 'message' &&
      one.replyTo === undefined &&
      one.to === head.subject &&
      one.from !== head.subject &&
      one.fate !== 'lost',
  )
}

export const requestName = ({ type, made, sealed }: TapeMessage): string =>
  made?.type ?? type ?? claimedType(sealed)

function faultOf(mutation: Mutation, tape: Tape, others: readonly Mutation[]): Text | undefined {
  const { on, what } = mutation
  const named = what === 'swap' ? [on, mutation.with] : [on]
  for (const n of named) {
    const fault = numberFault(n, tape)
    if (fault !== undefined) return fault
  }
  if (what === 'swap' && on === mutation.with)
    return { zh: '两个号应不同', en: 'a message is not exchanged with itself' }
  const same = others.filter((one) => one.on === on)
  if (same.some((one) => one.what === 'drop') || (what === 'drop' && same.length > 0))
    return {
      zh: '被丢弃的报文不能再有别的变异',
      en: 'a message that is dropped cannot be changed as well',
    }
  if (what === 'amount' || what === 'dup') return contentFault(mutation, tape)
  return undefined
}

function contentFault(mutation: Mutation, tape: Tape): Text | undefined {
  const message = tape.lines.find((one) => one.kind === 'message' && one.n === mutation.on) as TapeMessage
  const fields = message.made?.fields ?? message.fields
  if (fields === undefined)
    return {
      zh: '录制时读不出此报文的内容，只能原样重发（replay）',
      en: 'nobody could read this message when it was recorded; only its bytes can be sent again (replay)',
    }
  if (mutation.what !== 'amount') return undefined
  const amount = fields['amount']
  const name = requestName(message)
  if (typeof amount !== 'bigint')
    return {
      zh: `${mutation.on} 是 ${name}，没有金额`,
      en: `${mutation.on} is ${name}, which carries no amount`,
    }
  return amount + mutation.by > 0n
    ? undefined
    : { zh: `金额 ${amount} 分不够减`, en: `its amount is ${amount}, which leaves nothing` }
}

const MOST_NAMED = 12

/** Why a number names no message that could be meant, and which could. */
function numberFault(n: number, tape: Tape): Text | undefined {
  const asked = inwardRequests(tape)
  if (asked.some((one) => one.n === n)) return undefined
  const shown = asked.slice(0, MOST_NAMED).map((one) => `${one.n} ${requestName(one)}`)
  const more = asked.length > MOST_NAMED ? ` … (${asked.length})` : ''
  const what = whatIs(n, tape)
  return asked.length === 0
    ? {
        zh: `${what.zh}；录制中没有发往被测方的请求`,
        en: `${what.en}; the tape holds no request to the subject at all`,
      }
    : {
        zh: `${what.zh}；可以是：${shown.join('、')}${more}`,
        en: `${what.en}; there could be meant: ${shown.join(', ')}${more}`,
      }
}

function whatIs(n: number, { head, lines }: Tape): Text {
  const messages = lines.filter((one): one is TapeMessage => one.kind === 'message')
  const found = messages.find((one) => one.n === n)
  if (found === undefined) return { zh: `录制中没有第 ${n} 号报文`, en: `the tape holds no message ${n}` }
  const name = requestName(found)
  if (found.replyTo !== undefined)
    return {
      zh: `${n} 是对 ${found.replyTo} 的应答（${name}）`,
      en: `${n} is the reply to ${found.replyTo} (${name})`,
    }
  if (found.from === head.subject)
    return { zh: `${n} 是被测方自己的请求（${name}）`, en: `${n} is what the subject itself asked (${name})` }
  if (found.to !== head.subject)
    return {
      zh: `${n} 由 ${found.from} 发往 ${found.to}（${name}），不经被测方`,
      en: `${n} went from ${found.from} to ${found.to} (${name}), past the subject`,
    }
  return {
    zh: `${n}（${name}）在途中丢失，被测方从未收到`,
    en: `${n} (${name}) was lost on its way; the subject never heard it`,
  }
}
