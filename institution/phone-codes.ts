// Codes that this institution makes after the switch's rule (wire/code-rule.ts): shown one by one, or by the user's phone
// alone, from a seed that only the phone and this book hold. A phone's code is good once, near its moment (COD-007, COD-015).
import { fromHex, hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import { kind } from '../store/store.ts'
import { codeDigitsOf, codeMark, codeParts, HANDLE_DIGITS, makeCode, type Profile } from '../wire/wire.ts'
import type { InstitutionWorld } from './world.ts'

export type Seed = { readonly user: string; readonly seed: string; readonly handle: string }
export const seeds = kind<Seed>('seed')
export const seedOfHandle = kind<{ readonly user: string }>('handle')

const SEED_BYTES = 32

/** The seed of a user's phone, made when it is first needed. */
export async function seedOf(world: InstitutionWorld, user: string): Promise<Seed> {
  for (;;) {
    const handle = randomDigits(world, HANDLE_DIGITS)
    const seed = toHex(world.random(SEED_BYTES))
    const found = await world.store.change<Seed | undefined>(
      [seeds.key(user), seedOfHandle.key(handle)],
      (rows) => {
        const known = seeds.in(rows, user)
        if (known !== undefined) return { result: known }
        if (seedOfHandle.in(rows, handle) !== undefined) return { result: undefined }
        const made: Seed = { user, seed, handle }
        return { put: [seeds.put(user, made), seedOfHandle.put(handle, { user })], result: made }
      },
    )
    if (found !== undefined) return found
  }
}

/** `length` digits by chance, without bias. */
export function randomDigits(world: Pick<InstitutionWorld, 'random'>, length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of world.random(length)) if (byte < 250 && text.length < length) text += String(byte % 10)
  return text
}

/** A code to be shown now: chance takes part, so that two of one second differ. */
export const shownCode = (world: InstitutionWorld, { seed, handle }: Seed): string =>
  makeCode(
    world.profile,
    world.me,
    handle,
    codeDigitsOf(world.profile, seed, `shown ${world.clock.wall()} ${toHex(world.random(16))}`),
  )

const stepOf = (profile: Profile, at: number): number => Math.floor(at / profile.values.codeStepMs)

/** What the phone shows by itself when its clock says `at`. */
export const phoneCode = (world: InstitutionWorld, { seed, handle }: Seed, at: number): string =>
  makeCode(world.profile, world.me, handle, phoneDigits(world.profile, seed, stepOf(world.profile, at)))

const phoneDigits = (profile: Profile, seed: string, step: number): string =>
  codeDigitsOf(profile, seed, `phone ${step}`)

/** The phone's word for one payment, by its network transaction id or the wallet's own (class A). */
export const signatureOf = (seed: string, payment: string): string =>
  toHex(hmacSm3(fromHex(seed), utf8(`sign ${payment}`)))

/** Of the own mark, and a handle that somebody has: whose phone may have made the code. */
export function handleOf(world: InstitutionWorld, code: string): string | undefined {
  const parts = codeParts(world.profile, code)
  return parts?.mark === codeMark(world.me) ? parts.handle : undefined
}

/** Whether the phone's clock could have shown this code lately, as far as it may be off. */
export function isPhoneCode({ profile }: InstitutionWorld, seed: Seed, code: string, at: number): boolean {
  const digits = codeParts(profile, code)?.digits
  const { codeLifeMs, phoneSkewMs } = profile.values
  const last = stepOf(profile, at + phoneSkewMs)
  for (let step = stepOf(profile, at - codeLifeMs - phoneSkewMs); step <= last; step += 1)
    if (phoneDigits(profile, seed.seed, step) === digits) return true
  return false
}
