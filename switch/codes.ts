// Tokens and payment codes, which the switch hands out: one token per account and institution, single-use codes
// that nobody can guess.
import { answer, answerFields, type Fields, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { codes, nonces, tokenOfAccount, tokens } from './records.ts'
import type { SwitchWorld } from './world.ts'

export const TOKEN_DIGITS = 18

export async function applyToken(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'token.apply', async (opened) => {
    const account = `${opened.from}.${opened.message.fields.account}`
    for (;;) {
      const token = digits(world, '62', TOKEN_DIGITS)
      const current = tokenOfAccount.in(await world.store.read([tokenOfAccount.key(account)]), account)?.token
      const result = await world.store.change<Fields<'token.apply.reply'> | 'again'>(
        [
          nonces.key(nonceId(opened)),
          tokenOfAccount.key(account),
          tokens.key(token),
          ...(current === undefined ? [] : [tokens.key(current)]),
        ],
        (rows) => {
          // Never one that was anybody's before.
          if (tokens.in(rows, token) !== undefined) return { result: 'again' }
          if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
          const claim = nonceClaim(opened, world.profile, world.clock.wall())
          const named = tokenOfAccount.in(rows, account)
          if (named?.token !== current) return { result: 'again' }
          const known =
            current === undefined || tokens.in(rows, current)?.state === 'T_UNBOUND' ? undefined : named
          if (known !== undefined && world.profile.flags.signUpAgain === 'DECL-STATE')
            return { put: [claim], result: answerFields('DECL-STATE') }
          if (known !== undefined)
            return { put: [claim], result: { ...answerFields('OK', { repeated: true }), token: known.token } }
          const bound = {
            token,
            institution: opened.from,
            account: opened.message.fields.account,
            state: 'T_ACTIVE',
          } as const
          return {
            put: [claim, tokenOfAccount.put(account, { token }), tokens.put(token, bound)],
            append: [{ item: token, kind: 'token', body: bound }],
            result: { ...answerFields('OK'), token },
          }
        },
      )
      if (result !== 'again') return result
    }
  })
}

/** The institution says how a token stands: suspended, resumed, or unbound for ever. */
export async function changeToken(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'token.change', async (opened) => {
    const { token, state } = opened.message.fields
    return world.store.change([nonces.key(nonceId(opened)), tokens.key(token)], (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const bound = tokens.in(rows, token)
      if (bound === undefined || bound.institution !== opened.from)
        return { put: [claim], result: answerFields('DECL-TOKEN') }
      if (!isTokenState(state)) return { put: [claim], result: answerFields('DECL-STATE') }
      if (bound.state === state)
        return { put: [claim], result: { ...answerFields('OK', { repeated: true }), token, state } }
      if (bound.state === 'T_UNBOUND')
        return { put: [claim], result: { ...answerFields('DECL-STATE'), token, state: bound.state } }
      return {
        put: [claim, tokens.put(token, { ...bound, state })],
        append: [{ item: token, kind: 'token', body: { ...bound, state } }],
        result: { ...answerFields('OK'), token, state },
      }
    })
  })
}

const isTokenState = (state: string): state is 'T_ACTIVE' | 'T_SUSPENDED' | 'T_UNBOUND' =>
  state === 'T_ACTIVE' || state === 'T_SUSPENDED' || state === 'T_UNBOUND'

export async function applyCode(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'code.apply', async (opened) => {
    const { token } = opened.message.fields
    const { codePrefix, codeDigits, codeLifeMs } = world.profile.values
    const code = digits(world, codePrefix, codeDigits)
    return world.store.change([nonces.key(nonceId(opened)), tokens.key(token), codes.key(code)], (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const now = world.clock.wall()
      const claim = nonceClaim(opened, world.profile, now)
      const bound = tokens.in(rows, token)
      if (bound === undefined || bound.institution !== opened.from || bound.state !== 'T_ACTIVE')
        return { put: [claim], result: answerFields('DECL-TOKEN') }
      if (codes.in(rows, code) !== undefined) return { put: [claim], result: answerFields('REJ-RATE') }
      const live = {
        code,
        token,
        institution: opened.from,
        state: 'C_LIVE',
        expiresAt: now + codeLifeMs,
      } as const
      return {
        put: [claim, codes.put(code, live)],
        result: { ...answerFields('OK'), code, codeLifeSeconds: String(codeLifeMs / 1000) },
      }
    })
  })
}

/** `length` digits beginning with `prefix`, the rest by chance without bias. */
export function digits(world: SwitchWorld, prefix: string, length: number): string {
  let text = prefix
  while (text.length < length)
    for (const byte of world.random(length)) if (byte < 250 && text.length < length) text += String(byte % 10)
  return text
}
