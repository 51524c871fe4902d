// The state machine's view of what is told on: every final state that the switch told a till is noticed to payee and payer
// (INV-43), what the wallet told of a payment that its user was asked about it goes on telling (INV-43), and nothing stays
// open past the end of the next day without somebody who has it on the desk (INV-44).
import { beijingDay, classOf } from '../wire/wire.ts'
import {
  type Finding,
  keyOf,
  ruling,
  type Seen,
  type SeenMessage,
  SUBJECT,
  text,
  unknown,
} from './exchanges.ts'
import type { Call, Exchange, Story } from './exchanges.ts'
import { clearedDays } from './oracle-day.ts'
import { numbers } from './oracle-items.ts'
import { callsOf, exchangesOf, stateTold } from './oracle-paid.ts'

export function notices(story: Story, seen: readonly Seen[]): readonly Finding[] {
  return [...resultsKept(story), ...toldOn(seen), ...ended(story)]
}

const TAKEN = new Set(['SUCCESS', 'PART_REFUNDED', 'REFUNDED', 'VOIDED'])
const NOT_TAKEN = new Set(['FAILED', 'CLOSED', 'FENCED'])

/** INV-43: what `auth.result` told is what any later word says, or what may follow from it. */
function resultsKept(story: Story): Finding[] {
  const exchanges = exchangesOf(story)
  const results = exchanges.filter(
    ({ type, inward, twisted, asked }) =>
      !inward && !twisted && type === 'auth.result' && wordOf(text(asked, 'state')) !== 0,
  )
  return results.flatMap((one) => {
    const [key, state] = [keyOf(one.asked), text(one.asked, 'state')]
    // A notice is the switch's word, not the wallet's.
    const later = exchanges.filter(
      (other) => other.request > one.request && keyOfWord(other) === key && other.type !== 'notify.payer',
    )
    const words = later.flatMap((other) => {
      const said = stateTold(other) ?? pendingTold(other)
      return said === undefined ? [] : [{ other, said }]
    })
    if (words.length === 0) return []
    const wrong = words.find(({ said }) => said === 'PENDING' || wordOf(said) * wordOf(state) === -1)
    return [
      ruling(
        'INV-43',
        `result ${one.request} of ${key}`,
        wrong && {
          zh: `先告知结果为 ${state}，后又称 ${wrong.said}`,
          en: `the result was told as ${state}, and later as ${wrong.said}`,
        },
        { zh: '告知的结果与其后所述一致', en: 'what was told as the result stayed so' },
        numbers([one, ...(wrong === undefined ? later : [wrong.other])]),
      ),
    ]
  })
}

/** Taken, not taken, or neither. */
const wordOf = (state: string): number => (TAKEN.has(state) ? 1 : NOT_TAKEN.has(state) ? -1 : 0)
const keyOfWord = ({ type, asked, said }: Exchange): string =>
  type === 'debit.query' ? keyOf({ ...said, acquirer: asked['acquirer'] }) : keyOf(asked)
const pendingTold = ({ type, asked, said, answer, twisted }: Exchange): string | undefined =>
  type === 'debit.query' &&
  answer === 'OK' &&
  text(asked, 'asked') === 'debit' &&
  text(said, 'state') === 'PENDING' &&
  !twisted
    ? 'PENDING'
    : undefined

type Concluded = {
  readonly key: string
  readonly about: string
  readonly state: string
  readonly n: number
  readonly at: number
}
/** A notice is due at once; by then its first try was seen, however it fared. */
const NOTICED_MS = 60_000

/** INV-43 over the whole network: each final state that the switch told a till went out as a notice that says the same. */
function toldOn(seen: readonly Seen[]): Finding[] {
  const messages = seen.filter((one): one is SeenMessage => one.kind === 'message' && one.twisted !== true)
  const network = messages.some(({ from, to }) => from !== SUBJECT && to !== SUBJECT)
  if (!network) return []
  const last = Math.max(...seen.map(({ at }) => at))
  const sent = messages.filter(({ type }) => type === 'notify.payee' || type === 'notify.payer')
  const nameOf = (about: string, key: string, state: string): string => `${about} ${key} ${state}`
  const known = (type: string): ReadonlySet<string> =>
    new Set(
      sent
        .filter((one) => one.type === type)
        .map(({ fields = {} }) => nameOf(text(fields, 'about'), keyOf(fields), text(fields, 'state'))),
    )
  const [payee, payer] = [known('notify.payee'), known('notify.payer')]
  return concluded(messages).map(({ key, about, state, n, at }) => {
    const item = `notice of ${about} ${key} ${state}`
    const name = nameOf(about, key, state)
    const missing = payee.has(name) ? (payer.has(name) ? undefined : 'payer') : 'payee'
    const because = {
      zh: `清算组织已答 ${state}，未通知${missing === 'payer' ? '付方' : '收方'}`,
      en: `the switch told ${state} and sent the ${missing ?? ''} no notice of it`,
    }
    const finding =
      missing !== undefined && last - at < NOTICED_MS
        ? unknown('INV-43', item, because, [n])
        : ruling('INV-43', item, missing && because, { zh: '已发通知', en: 'noticed' }, [n])
    return { ...finding, network: true }
  })
}

/** What the switch told tills of how things ended, the first time it did. */
function concluded(messages: readonly SeenMessage[]): readonly Concluded[] {
  const requests = new Map(messages.map((one) => [one.n, one]))
  const all = new Map<string, Concluded>()
  for (const { type, fields = {}, replyTo, n, at, from, to } of messages) {
    const asked = requests.get(replyTo ?? 0)?.fields
    if (asked === undefined || from === SUBJECT || to === SUBJECT) continue
    const word = endOf(type ?? '', asked, fields)
    if (word === undefined) continue
    const one = { key: keyOf(asked), ...word, n, at }
    const name = `${one.about} ${one.key} ${one.state}`
    if (!all.has(name)) all.set(name, one)
  }
  return [...all.values()]
}

function endOf(
  type: string,
  asked: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, unknown>>,
): { about: string; state: string } | undefined {
  if (classOf(text(fields, 'answer')) !== 'OK') return undefined
  const state = text(fields, 'state')
  if (type === 'purchase.reply') return { about: 'purchase', state: 'SUCCESS' }
  if (type === 'query.reply' && text(asked, 'asked') === 'purchase') {
    // A purchase that the switch never had it tells as failed as well, and owes nobody a notice of it.
    if (state === 'REVERSED') return { about: 'reversal', state }
    return TAKEN.has(state) ? { about: 'purchase', state: 'SUCCESS' } : undefined
  }
  if (type === 'query.reply' && text(asked, 'asked') === 'refund')
    return state === 'R_SUCCESS' ? { about: 'refund', state } : undefined
  if (type === 'reversal.reply' && text(asked, 'about') !== 'void')
    return state === 'REVERSED' ? { about: 'reversal', state } : undefined
  return type === 'void.reply' && state === 'VOIDED' ? { about: 'void', state } : undefined
}

/** INV-44: the last word about a payment that was once open. After the end of the next day it must be final, or a case. */
function ended(story: Story): Finding[] {
  const exchanges = exchangesOf(story)
  const calls = callsOf(story)
  const begun = new Map<string, Exchange>()
  for (const one of exchanges) {
    const begins = (one.inward && one.type === 'debit') || (!one.inward && one.type === 'pay')
    if (begins && !begun.has(keyOf(one.asked))) begun.set(keyOf(one.asked), one)
  }
  return [...begun].flatMap(([key, first]) => {
    const about = exchanges.filter((one) => keyOfWord(one) === key)
    const pending = about.filter((one) => one.answer === 'PENDING' || pendingTold(one) !== undefined)
    const final = about.some((one) => stateTold(one) !== undefined)
    const day = text(first.asked, 'clearingDay') || beijingDay(first.at)
    const end = clearedDays(day, 2)
    const late = pending.findLast(({ at, type }) => at > end && type === 'debit.query')
    if (pending.length === 0) return []
    const item = `end of ${key}`
    const evidence = numbers([first, ...pending])
    if (final)
      return [ruling('INV-44', item, undefined, { zh: '已有终态', en: 'it came to an end' }, evidence)]
    const cases = late === undefined ? [] : casesOf(calls, first)
    if (cases.length === 0)
      return [
        unknown('INV-44', item, { zh: '期限之后未再问及', en: 'nobody asked after its time' }, evidence),
      ]
    return [
      ruling(
        'INV-44',
        item,
        cases.some((count) => count > 0)
          ? undefined
          : {
              zh: '次日日终之后仍在处理中，且无差错单',
              en: 'it is open after the end of the next day, and no case names it',
            },
        { zh: '有差错单在案', en: 'a case names it' },
        evidence,
      ),
    ]
  })
}

/** How many cases about a payment were told, look by look. */
function casesOf(calls: readonly Call[], { asked }: Exchange): readonly number[] {
  const names = [text(asked, 'transaction'), text(asked, 'payment')].filter((name) => name !== '')
  return calls.flatMap(({ path, status, reply }) => {
    const { cases } = (reply ?? {}) as { cases?: unknown }
    const named = names.some((name) => path === `/control/cases/${name}`)
    return named && status === 200 && Number.isInteger(Number(cases)) ? [Number(cases)] : []
  })
}
