// agreement.apply: whose account is it? All the elements must be one person's, by the real-name record; then the user's
// own phone gets a code (TOK-006, TOK-007, TOK-011).
import type { Decision, Rows } from '../store/store.ts'
import {
  answer,
  answerFields,
  contentDigest,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { type Agreement, agreements } from './agreements.ts'
import { accountOf, identities, isPerson, type Person } from './people.ts'
import { randomDigits } from './phone-codes.ts'
import { nonces, type Said, users } from './records.ts'
import { isLocked, SMS_DIGITS, smsDigest, smsGuards, smsOutbox, sent } from './sms.ts'
import type { InstitutionWorld } from './world.ts'

type Reply = Fields<'agreement.apply.reply'>

export async function applyAgreement(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'agreement.apply', async (opened) => {
    const { fields } = opened.message
    const user = (await accountOf(world.store, personOf(fields))) ?? ''
    const code = randomDigits(world, SMS_DIGITS)
    const keys = [
      nonces.key(nonceId(opened)),
      agreements.key(fields.agreement),
      users.key(user),
      identities.key(user),
      smsGuards.key(user),
      smsOutbox.key(user),
    ]
    return world.store.change(keys, (rows) => decide(world, opened, rows, user, code))
  })
}

const personOf = ({ holderName, idNumber, phone, cardNumber }: Fields<'agreement.apply'>): Person => ({
  name: holderName,
  idNumber,
  phone,
  ...(cardNumber !== undefined && { card: cardNumber }),
})

function decide(
  world: InstitutionWorld,
  opened: Opened<'agreement.apply'>,
  rows: Rows,
  user: string,
  code: string,
): Decision<Reply> {
  const { fields } = opened.message
  const { agreement } = fields
  const now = world.clock.wall()
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, now)
  const applied = contentDigest('agreement.apply', fields)
  const known = agreements.in(rows, agreement)
  if (known !== undefined) return { put: [claim], result: again(known, applied) }
  const said: Said = { class: refusalOf(rows, fields, user, now) ?? 'OK' }
  const refused = said.class !== 'OK'
  const record: Agreement = {
    agreement,
    user: refused ? '' : user,
    said,
    applied,
    state: refused ? 'REFUSED' : 'APPLIED',
    ...(!refused && { sms: smsDigest(agreement, code), smsUntil: now + world.profile.values.smsLifeMs }),
  }
  const sms = { agreement, phone: fields.phone, code, at: now }
  return {
    put: [
      claim,
      agreements.put(agreement, record),
      ...(refused ? [] : [sent(world.profile, rows, user, sms)]),
    ],
    result: { ...answerFields(said.class), agreement },
  }
}

function again(known: Agreement, applied: string): Reply {
  const { agreement, said } = known
  // Cancelled before it was ever applied for.
  if (known.applied === undefined) return { ...answerFields('DECL-STATE'), agreement }
  return known.applied === applied
    ? { ...answerFields(said.class, { repeated: true }), agreement }
    : answerFields('REJ-CONFLICT')
}

function refusalOf(rows: Rows, fields: Fields<'agreement.apply'>, user: string, now: number) {
  const account = users.in(rows, user)
  // Judged once more inside the change: the phone may have gone to somebody else since it was looked up.
  if (account?.status !== 'active' || !isPerson(identities.in(rows, user), personOf(fields)))
    return 'DECL-ACCOUNT'
  return isLocked(rows, user, now) ? 'DECL-AUTH' : undefined
}
