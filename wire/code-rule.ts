// The switch's rule for payment codes that an institution makes itself, ours: prefix 2, mark of the institution 3, handle
// of the user 6, and 8 digits that only the holder of the user's seed can make. By the mark the switch finds the maker.
import { fromHex, hmacSm3, utf8 } from '../crypto/crypto.ts'
import type { Directory, Party, PartyId } from './directory.ts'
import type { Profile } from './profile.ts'

const MARK_DIGITS = 3
export const HANDLE_DIGITS = 6

type Rule = Pick<Profile, 'values'>

/** Stands in `token` where the switch does not know whose code it is: only its maker does. */
export const TOKEN_UNKNOWN = '0000000000000000'

export const codeMark = (institution: PartyId): string => institution.slice(-MARK_DIGITS)

export function makeCode(profile: Rule, institution: PartyId, handle: string, digits: string): string {
  return `${profile.values.codePrefix}${codeMark(institution)}${handle}${digits}`
}

const digitsLeft = ({ values }: Rule): number =>
  values.codeDigits - values.codePrefix.length - MARK_DIGITS - HANDLE_DIGITS

/** The digits that a seed gives for a moment: the HMAC-SM3 of the moment, cut as RFC 4226 cuts. */
export function codeDigitsOf(profile: Rule, seed: string, moment: string): string {
  const mac = hmacSm3(fromHex(seed), utf8(moment))
  const at = (mac[mac.length - 1] ?? 0) & 15
  const cut = new DataView(Uint8Array.from(mac.slice(at, at + 8)).buffer).getBigUint64(0)
  const length = digitsLeft(profile)
  return (cut % 10n ** BigInt(length)).toString().padStart(length, '0')
}

export type CodeParts = { readonly mark: string; readonly handle: string; readonly digits: string }

/** The parts of a code of this rule; undefined for a text of another form. */
export function codeParts({ values }: Rule, code: string): CodeParts | undefined {
  const start = values.codePrefix.length
  if (code.length !== values.codeDigits || !code.startsWith(values.codePrefix)) return undefined
  const afterMark = start + MARK_DIGITS
  const afterHandle = afterMark + HANDLE_DIGITS
  return {
    mark: code.slice(start, afterMark),
    handle: code.slice(afterMark, afterHandle),
    digits: code.slice(afterHandle),
  }
}

/** Whose mark it is: exactly one institution's, or nobody's. */
export function makerOf(profile: Rule, directory: Directory, code: string): Party | undefined {
  const mark = codeParts(profile, code)?.mark
  const makers = directory.parties().filter(({ id, role }) => role === 'institution' && codeMark(id) === mark)
  return makers.length === 1 ? makers[0] : undefined
}
