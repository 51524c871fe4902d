// What a switch issues: one token for one account of an institution, and payment codes after the profile's rule.
import { answerFields, type Fields, type Opened, type Sealer } from '../wire/wire.ts'

type Chance = Pick<Sealer, 'random'>

/** The same account gets the same token, or none again where the profile says so. `tokens` is the switch's own list, by
 *  institution and account. */
export function tokenFor(
  world: Chance & Pick<Sealer, 'profile'>,
  tokens: Map<string, string>,
  { from, message }: Opened<'token.apply'>,
): Fields<'token.apply.reply'> {
  const account = `${from}.${message.fields.account}`
  if (tokens.has(account) && world.profile.flags.signUpAgain === 'DECL-STATE')
    return answerFields('DECL-STATE')
  const token = tokens.get(account) ?? digits(world, '62', 18)
  tokens.set(account, token)
  return { ...answerFields('OK'), token }
}

export function codeFor(world: Chance & Pick<Sealer, 'profile'>): Fields<'code.apply.reply'> {
  const { codePrefix, codeDigits, codeLifeMs } = world.profile.values
  return {
    ...answerFields('OK'),
    code: digits(world, codePrefix, codeDigits),
    codeLifeSeconds: String(codeLifeMs / 1000),
  }
}

/** A run of digits that nobody can guess, behind a prefix. */
export function digits(world: Chance, prefix: string, length: number): string {
  let text = prefix
  while (text.length < length)
    for (const byte of world.random(length)) if (byte < 250 && text.length < length) text += String(byte % 10)
  return text
}
