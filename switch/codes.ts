// Tokens and payment codes, which the switch hands out: one token per account and institution, single-use codes
// that nobody can guess.
import { answer, answerFields, type Sealed, type Turned } from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { codes, nonces, tokenOfAccount, tokens } from './records.ts'
import type { SwitchWorld } from './world.ts'

const TOKEN_DIGITS = 18

export async function applyToken(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'token.apply', async (opened) => {
    const account = `${opened.from}.${opened.message.fields.account}`
    const token = digits(world, '62', TOKEN_DIGITS)
    return world.store.change(
      [nonces.key(nonceId(opened)), tokenOfAccount.key(account), tokens.key(token)],
      (rows) => {
        if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
        const claim = nonceClaim(opened, world.profile, world.clock.wall())
        const known = tokenOfAccount.in(rows, account)
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
  })
}

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
function digits(world: SwitchWorld, prefix: string, length: number): string {
  let text = prefix
  while (text.length < length)
    for (const byte of world.random(length)) if (byte < 250 && text.length < length) text += String(byte % 10)
  return text
}
