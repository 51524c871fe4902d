// What a name within a page's text stands for, besides the messages it sent: `$user.alice`, `$token.alice`, `$code.c1`,
// numbers that nobody else has (`$fresh.t1` a token, `$document.alice`, `$phone.alice`, `$card.alice`),
// `$id.x` (an id of its own), `$bank.x` (a bank of its own), `$day.today`, `$time.+15m`, `$utc.+15m`, `$ms.+60s`, `$pay.reply.transaction`, and members of what an API answered.
import { clearingDayOf } from '../clearing/clearing.ts'
import { beijingDay, beijingTime } from '../wire/wire.ts'
import type { Cast } from './cast.ts'
import { durationMs } from './spans.ts'

export function named(cast: Cast, name: string, path: string): string | undefined {
  const { stage, ids } = cast
  const now = stage.clock.now()
  switch (name) {
    case 'user':
      return ids.user(path)
    case 'token':
      return cast.users.get(path)
    case 'code':
      return cast.codes.get(path)?.code
    case 'bank':
      return ids.bank(path)
    case 'id':
      return ids.reversal(path)
    case 'fresh':
      return `62${ids.item(path).transaction.slice(-16)}`
    case 'document':
      return `11${ids.item(path).transaction.slice(-16)}`
    case 'phone':
      return `1${ids.item(path).transaction.slice(-10)}`
    case 'card':
      return `6216${ids.item(path).transaction.slice(-12)}`
    case 'day':
      return path === 'today' ? beijingDay(now) : clearingDayOf(now, stage.profile.values.cutOff)
    case 'utc':
      return new Date(now + shiftOf(path)).toISOString().replace('.000Z', 'Z')
    case 'ms':
      return String(now + shiftOf(path))
    case 'time':
      return beijingTime(now + shiftOf(path))
  }
  const known = cast.known.get(name)
  // An answer that lacks it is the subject's business: what is asked for then is not there.
  if (known !== undefined) return memberOf(known, path) ?? ''
  const dealt = dealtWith(cast, name, path)
  if (dealt !== undefined) return dealt
  const sent = cast.sent.get(name)
  if (sent === undefined || !path.startsWith('reply.')) return undefined
  const fields = sent.heard.kind === 'reply' ? sent.heard.opened.message.fields : {}
  return memberOf(fields, path.slice('reply.'.length)) ?? ''
}

const shiftOf = (text: string): number =>
  text.startsWith('-') ? -durationMs(text.slice(1)) : text === 'now' ? 0 : durationMs(text.replace('+', ''))

/** A member by its dotted path; undefined when there is none. */
export function memberOf(value: unknown, path: string): string | undefined {
  let at: unknown = value
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Readonly<Record<string, unknown>>)[part]
  }
  if (at === undefined || at === null) return undefined
  return typeof at === 'object' ? JSON.stringify(at, amountsAsText) : String(at)
}

const amountsAsText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value

/** A sale or refund of the page's own, in a whole network: its ids, and the network's number once the debit was seen. */
function dealtWith({ network, stage }: Cast, name: string, path: string): string | undefined {
  const deal = network?.deal(name)
  if (deal === undefined) return undefined
  if (path !== 'transaction') return memberOf(deal.ids, path)
  const debit = stage.recorder
    .seen()
    .find((one) => one.kind === 'message' && one.type === 'debit' && one.fields?.['order'] === deal.ids.order)
  return debit?.kind === 'message' ? String(debit.fields?.['transaction']) : ''
}
