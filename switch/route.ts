// Code → institution. Pure and table-driven; the first reason against the code is the one that is said.
import type { DeclineClass, Directory, Profile, RejectClass } from '../wire/wire.ts'
import type { Code } from './records.ts'

export type Routed =
  | { readonly kind: 'routed'; readonly institution: string; readonly token: string }
  | { readonly kind: 'refused'; readonly class: DeclineClass | RejectClass }

export function route(
  text: string,
  code: Code | undefined,
  directory: Directory,
  profile: Profile,
  now: number,
): Routed {
  if (!text.startsWith(profile.values.codePrefix)) return { kind: 'refused', class: 'REJ-ROUTE' }
  if (code === undefined || code.state !== 'C_LIVE' || now > code.expiresAt)
    return { kind: 'refused', class: 'DECL-CODE' }
  if (directory.party(code.institution)?.role !== 'institution')
    return { kind: 'refused', class: 'REJ-ROUTE' }
  return { kind: 'routed', institution: code.institution, token: code.token }
}
