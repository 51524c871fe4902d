// Code → institution. Pure and table-driven; the first reason against the code is the one that is said.
import {
  type DeclineClass,
  type Directory,
  makerOf,
  type Profile,
  type RejectClass,
  TOKEN_UNKNOWN,
} from '../wire/wire.ts'
import type { Code, Token } from './records.ts'

export type Routed =
  | { readonly kind: 'routed'; readonly institution: string; readonly token: string }
  | { readonly kind: 'refused'; readonly class: DeclineClass | RejectClass }

export function route(
  text: string,
  code: Code | undefined,
  token: Token | undefined,
  directory: Directory,
  profile: Profile,
  now: number,
): Routed {
  if (!text.startsWith(profile.values.codePrefix)) return { kind: 'refused', class: 'REJ-ROUTE' }
  // One that no switch issued may be its institution's own, after the rule: by its mark it is found, and judged there.
  const maker = code === undefined ? makerOf(profile, directory, text) : undefined
  if (maker !== undefined) return { kind: 'routed', institution: maker.id, token: TOKEN_UNKNOWN }
  if (code === undefined || code.state !== 'C_LIVE' || now > code.expiresAt)
    return { kind: 'refused', class: 'DECL-CODE' }
  if (directory.party(code.institution)?.role !== 'institution')
    return { kind: 'refused', class: 'REJ-ROUTE' }
  if (token?.state !== 'T_ACTIVE') return { kind: 'refused', class: 'DECL-TOKEN' }
  return { kind: 'routed', institution: code.institution, token: code.token }
}
