// The durable claim of a message: its nonce, and whether its business key was used before.
// Both are judged inside the change that writes the record, so that no second copy can slip between.
import type { Put, Rows } from '../store/store.ts'
import type { Opened, Profile } from '../wire/wire.ts'
import { nonces } from './records.ts'

export const nonceId = (opened: Opened): string => `${opened.from}.${opened.head.nonce}`

export const nonceSeen = (rows: Rows, opened: Opened): boolean =>
  nonces.in(rows, nonceId(opened)) !== undefined

/** Kept at least as long as the message's time could still be accepted (SEC-011). */
export function nonceClaim(opened: Opened, profile: Profile, now: number): Put {
  return nonces.put(
    nonceId(opened),
    { seen: true },
    { expiresAt: now + 2 * profile.values.clockSkewMs + 1000 },
  )
}
