// Sign-up as the switch asks for it: whose account it is, the SMS challenge, the binding of the token that the switch
// carries, and its cancelling. An agreement is kept under its id from the first message that names it, so that one that was
// cancelled first is met by the sign-up that comes late (TOK-018).
import { kind } from '../store/store.ts'
import type { Said } from './records.ts'

export type Agreement = {
  readonly agreement: string
  readonly state: 'APPLIED' | 'REFUSED' | 'BOUND' | 'CANCELLED'
  /** Empty where no account was found. */
  readonly user: string
  readonly said: Said
  /** SM3 of the application's fields, and of the confirmation's: a repeat must carry the same. */
  readonly applied?: string
  readonly confirmed?: string
  readonly sms?: string
  readonly smsUntil?: number
  readonly token?: string
  readonly boundAt?: string
}
export const agreements = kind<Agreement>('agreement')
