// The SMS challenge of a sign-up: six digits by chance, good for a while and for one sign-up; too many wrong ones lock the
// user, whichever sign-up they were tried on (TOK-006). The outbox is what the SMS gateway would be handed.
import { hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import { kind, type Put, type Rows } from '../store/store.ts'
import type { Profile } from '../wire/wire.ts'

type Guard = { readonly wrong: number; readonly lockedUntil?: number }
export const smsGuards = kind<Guard>('sms-guard')
export type Sms = {
  readonly agreement: string
  readonly phone: string
  readonly code: string
  readonly at: number
}
export const smsOutbox = kind<{ readonly messages: readonly Sms[] }>('sms-outbox')

export const SMS_DIGITS = 6
const MESSAGES_KEPT = 10

export const smsDigest = (agreement: string, code: string): string =>
  toHex(hmacSm3(utf8(`sms ${agreement}`), utf8(code)))

export const isLocked = (rows: Rows, user: string, now: number): boolean =>
  now < (smsGuards.in(rows, user)?.lockedUntil ?? 0)

/** Handed over for sending; forgotten when the code is no good any more. */
export function sent({ values }: Profile, rows: Rows, user: string, sms: Sms): Put {
  const messages = [...(smsOutbox.in(rows, user)?.messages ?? []), sms].slice(-MESSAGES_KEPT)
  return smsOutbox.put(user, { messages }, { expiresAt: sms.at + values.smsLifeMs })
}

/** One wrong code more; a count that a lock has ended begins anew. */
export function wrongCode({ values }: Profile, rows: Rows, user: string, now: number): Put {
  const guard = smsGuards.in(rows, user)
  const before = guard?.lockedUntil === undefined ? (guard?.wrong ?? 0) : 0
  const wrong = before + 1
  return smsGuards.put(user, {
    wrong,
    ...(wrong >= values.smsTries && { lockedUntil: now + values.smsLockMs }),
  })
}

export const rightCode = (user: string): Put => smsGuards.put(user, { wrong: 0 })
