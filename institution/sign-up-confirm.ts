// agreement.confirm: the code that the user was sent, and the token that the switch carries: bound one to one, once
// (TOK-001 to TOK-006). A repeat hears the first answer with its first bind time.
import type { Decision, Put, Rows } from '../store/store.ts'
import {
  answer,
  answerFields,
  beijingTime,
  contentDigest,
  type DeclineClass,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { type Agreement, agreements } from './agreements.ts'
import { distinct } from './funding.ts'
import { identities } from './people.ts'
import { nonces, type Token, tokenOfUser, tokens, users } from './records.ts'
import { isLocked, rightCode, smsDigest, smsGuards, wrongCode } from './sms.ts'
import type { InstitutionWorld } from './world.ts'

type Reply = Fields<'agreement.confirm.reply'>
const AGAIN = Symbol('the user’s token changed between the look and the change')

export async function confirmAgreement(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'agreement.confirm', async (opened) => {
    for (;;) {
      const result = await attempt(world, opened)
      if (result !== AGAIN) return result
    }
  })
}

/** Whose sign-up it is, and the token that the user has now. */
type Signer = { readonly user: string; readonly current?: string }

async function attempt(
  world: InstitutionWorld,
  opened: Opened<'agreement.confirm'>,
): Promise<Reply | typeof AGAIN> {
  const { agreement, token } = opened.message.fields
  const user = agreements.in(await world.store.read([agreements.key(agreement)]), agreement)?.user ?? ''
  const current = tokenOfUser.in(await world.store.read([tokenOfUser.key(user)]), user)?.token
  const signer: Signer = { user, ...(current !== undefined && { current }) }
  const keys = distinct([
    nonces.key(nonceId(opened)),
    agreements.key(agreement),
    users.key(user),
    identities.key(user),
    smsGuards.key(user),
    tokenOfUser.key(user),
    tokens.key(token),
    ...(current === undefined ? [] : [tokens.key(current)]),
  ])
  return world.store.change<Reply | typeof AGAIN>(keys, (rows) => {
    const same = (agreements.in(rows, agreement)?.user ?? '') === user
    if (!same || tokenOfUser.in(rows, user)?.token !== current) return { result: AGAIN }
    return decide(world, opened, rows, signer)
  })
}

function decide(
  world: InstitutionWorld,
  opened: Opened<'agreement.confirm'>,
  rows: Rows,
  signer: Signer,
): Decision<Reply> {
  const { fields } = opened.message
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const now = world.clock.wall()
  const claim = nonceClaim(opened, world.profile, now)
  const known = agreements.in(rows, fields.agreement)
  const no = (why: DeclineClass, put: readonly Put[] = []): Decision<Reply> => ({
    put: [claim, ...put],
    result: { ...answerFields(why), agreement: fields.agreement },
  })
  if (known === undefined) return no('DECL-ORIG')
  if (known.state === 'CANCELLED') return no('DECL-STATE')
  if (known.state === 'REFUSED')
    return { put: [claim], result: { ...answerFields(known.said.class), agreement: fields.agreement } }
  if (known.state === 'BOUND') return { put: [claim], result: again(known, fields) }
  if (
    users.in(rows, signer.user)?.status !== 'active' ||
    identities.in(rows, signer.user)?.phoneLost === true
  )
    return no('DECL-ACCOUNT')
  if (isLocked(rows, signer.user, now) || now > (known.smsUntil ?? 0)) return no('DECL-AUTH')
  if (known.sms !== smsDigest(fields.agreement, fields.smsCode))
    return no('DECL-AUTH', [wrongCode(world.profile, rows, signer.user, now)])
  return bound(world, rows, fields, known, signer, claim)
}

function again(known: Agreement, fields: Fields<'agreement.confirm'>): Reply {
  const { token = '', boundAt = '' } = known
  if (known.confirmed !== contentDigest('agreement.confirm', fields)) return answerFields('REJ-CONFLICT')
  return {
    ...answerFields('OK', { repeated: true }),
    agreement: known.agreement,
    token,
    boundAt,
    state: 'T_ACTIVE',
  }
}

/** The token, where it may be this account's: never another's, and none that was unbound (TOK-003, TOK-010). */
function bound(
  world: InstitutionWorld,
  rows: Rows,
  fields: Fields<'agreement.confirm'>,
  known: Agreement,
  { user, current }: Signer,
  claim: Put,
): Decision<Reply> {
  const { agreement } = fields
  const named = tokens.in(rows, fields.token)
  const spent = [claim, rightCode(user)]
  const no = (why: DeclineClass): Decision<Reply> => ({
    put: [...spent, agreements.put(agreement, { ...known, state: 'REFUSED', said: { class: why } })],
    result: { ...answerFields(why), agreement },
  })
  if (named !== undefined && (named.user !== user || named.state === 'T_UNBOUND')) return no('DECL-TOKEN')
  const live = current === undefined ? undefined : tokens.in(rows, current)
  const has = live !== undefined && live.state !== 'T_UNBOUND'
  if (has && live.token !== fields.token && world.profile.flags.signUpAgain === 'DECL-STATE')
    return no('DECL-STATE')
  const now = beijingTime(world.clock.wall())
  // A fresh consent: the token that there is goes on, and its validity with it where it is the one named (TOK-017).
  const token: Token = has
    ? { ...resumed(live), ...(live.token === fields.token && validity(fields)) }
    : { token: fields.token, user, state: 'T_ACTIVE', agreed: true, boundAt: now, ...validity(fields) }
  const boundAt = token.boundAt ?? now
  const confirmed = contentDigest('agreement.confirm', fields)
  const former = tokenOfUser.in(rows, user)?.former ?? []
  const kept = has ? [] : [tokenOfUser.put(user, { token: token.token, former: withFormer(former, current) })]
  return {
    put: [
      ...spent,
      agreements.put(agreement, { ...known, state: 'BOUND', confirmed, token: token.token, boundAt }),
      tokens.put(token.token, token),
      ...kept,
    ],
    append: [{ item: token.token, kind: 'token', body: { user, state: token.state, agreement } }],
    result: {
      ...answerFields('OK', { repeated: has }),
      agreement,
      token: token.token,
      boundAt,
      state: token.state,
    },
  }
}

const validity = ({ validDay }: Fields<'agreement.confirm'>): Pick<Token, 'validDay'> =>
  validDay === undefined ? {} : { validDay }

/** What was suspended for a lost phone number is in order again: the person has just been checked. */
function resumed(token: Token): Token {
  if (token.suspendedBy !== 'phone') return token
  const { suspendedBy: _by, ...rest } = token
  return { ...rest, state: 'T_ACTIVE' }
}

export const withFormer = (former: readonly string[], current: string | undefined): readonly string[] =>
  current === undefined || former.includes(current) ? former : [...former, current]
