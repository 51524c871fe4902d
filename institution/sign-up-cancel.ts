// agreement.cancel: the switch ends a binding. It ends that one and no successor; repeated it changes nothing; before its
// sign-up it leaves the grave that the late sign-up finds (TOK-009, TOK-018). user.status: the token table's own word.
import type { Decision, Rows } from '../store/store.ts'
import { answer, answerFields, type Fields, type Opened, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { type Agreement, agreements } from './agreements.ts'
import { identities, maskedName, maskedPhone } from './people.ts'
import { nonces, type Token, tokens } from './records.ts'
import { hasPending } from './unbind.ts'
import type { InstitutionWorld } from './world.ts'

type Reply = Fields<'agreement.cancel.reply'>

export async function cancelAgreement(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'agreement.cancel', async (opened) => {
    const { agreement, token } = opened.message.fields
    const pending = await hasPending(world, token)
    return world.store.change(
      [nonces.key(nonceId(opened)), agreements.key(agreement), tokens.key(token)],
      (rows) => decide(world, opened, rows, pending),
    )
  })
}

function decide(
  world: InstitutionWorld,
  opened: Opened<'agreement.cancel'>,
  rows: Rows,
  pending: boolean,
): Decision<Reply> {
  const { agreement, token } = opened.message.fields
  if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
  const claim = nonceClaim(opened, world.profile, world.clock.wall())
  const known = agreements.in(rows, agreement)
  const bound = tokens.in(rows, token)
  if (known?.token !== undefined && known.token !== token)
    return { put: [claim], result: { ...answerFields('DECL-TOKEN'), agreement } }
  const ended: Reply = { ...answerFields('OK'), agreement, token, state: 'T_UNBOUND' }
  if (bound?.state === 'T_UNBOUND' && known?.state === 'CANCELLED')
    return { put: [claim], result: { ...ended, ...answerFields('OK', { repeated: true }) } }
  if (bound !== undefined && pending && world.profile.flags.unbindWhilePending === 'DECL-STATE')
    return { put: [claim], result: { ...answerFields('DECL-STATE'), agreement, token, state: bound.state } }
  const cancelled: Agreement = {
    ...(known ?? { agreement, user: '', said: { class: 'DECL-STATE' } }),
    state: 'CANCELLED',
    token,
  }
  const unbound: Token = { ...(bound ?? { token, user: '' }), state: 'T_UNBOUND' }
  const first = bound?.state !== 'T_UNBOUND'
  return {
    put: [claim, agreements.put(agreement, cancelled), tokens.put(token, unbound)],
    append: first
      ? [{ item: token, kind: 'token', body: { user: unbound.user, state: 'T_UNBOUND', agreement } }]
      : [],
    result: { ...ended, ...answerFields('OK', { repeated: !first }) },
  }
}

export async function userStatus(world: InstitutionWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'user.status', async (opened) => {
    const { token } = opened.message.fields
    const bound = tokens.in(await world.store.read([tokens.key(token)]), token)
    if (bound === undefined) return answerFields('NOT_FOUND')
    const told = { ...answerFields('OK'), token, state: bound.state }
    // Of a binding that is over nothing more is told about the person.
    if (bound.state === 'T_UNBOUND') return told
    const person = identities.in(await world.store.read([identities.key(bound.user)]), bound.user)
    return person === undefined
      ? told
      : { ...told, maskedName: maskedName(person.name), maskedPhone: maskedPhone(person.phone) }
  })
}
