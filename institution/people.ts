// Who stands behind an account: what the real-name check knew. A person is known by the identity document, never by the
// phone: a number that the operator gave to somebody else leads to nobody, and what hung on it waits for a fresh check
// (TOK-011). Document and card numbers are kept as digests only.
import { hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import { kind, type Key, type Put, type Rows, type Store } from '../store/store.ts'
import { tokenOfUser, tokens, users } from './records.ts'

export type Person = {
  readonly name: string
  readonly idNumber: string
  readonly phone: string
  readonly card?: string
}
export type Identity = {
  readonly user: string
  readonly name: string
  readonly phone: string
  readonly document: string
  readonly card?: string
  /** The number is somebody else's now. */
  readonly phoneLost?: boolean
}
export const identities = kind<Identity>('identity')
/** Accounts of one document, and the account that a phone number leads to now. */
const usersOfDocument = kind<{ readonly users: readonly string[] }>('document')
const userOfPhone = kind<{ readonly user: string }>('phone')

const digest = (what: string, text: string): string =>
  toHex(hmacSm3(utf8(`sifang ${what}`), utf8(text.toUpperCase())))
const documentDigest = (idNumber: string): string => digest('document', idNumber)
const cardDigest = (card: string): string => digest('card', card)

/** What registering a person touches: the document's accounts, and whoever had the phone number before. */
export type Registering = { readonly document: string; readonly before?: Before }
type Before = { readonly user: string; readonly token?: string }

export async function lookUp(store: Store, { idNumber, phone }: Person): Promise<Registering> {
  const document = documentDigest(idNumber)
  const user = userOfPhone.in(await store.read([userOfPhone.key(phone)]), phone)?.user
  if (user === undefined) return { document }
  const token = tokenOfUser.in(await store.read([tokenOfUser.key(user)]), user)?.token
  return { document, before: { user, ...(token !== undefined && { token }) } }
}

export function registerKeys(user: string, { phone }: Person, { document, before }: Registering): Key[] {
  return [
    identities.key(user),
    usersOfDocument.key(document),
    userOfPhone.key(phone),
    ...(before === undefined || before.user === user
      ? []
      : [identities.key(before.user), tokenOfUser.key(before.user)]),
    ...(before?.token === undefined ? [] : [tokens.key(before.token)]),
  ]
}

/** Whether the rows are those that were looked up. */
export function stillSo(rows: Rows, { phone }: Person, { before }: Registering, user: string): boolean {
  if (userOfPhone.in(rows, phone)?.user !== before?.user) return false
  if (before === undefined || before.user === user) return true
  return tokenOfUser.in(rows, before.user)?.token === before.token
}

/** Registers the person; another person's account that had this phone number loses it, and its token is suspended. */
export function registered(
  rows: Rows,
  user: string,
  person: Person,
  { document, before }: Registering,
): Put[] {
  const { name, phone, card } = person
  const known = usersOfDocument.in(rows, document)?.users ?? []
  const identity: Identity = {
    user,
    name,
    phone,
    document,
    ...(card !== undefined && { card: cardDigest(card) }),
  }
  const other = before === undefined || before.user === user ? undefined : identities.in(rows, before.user)
  return [
    identities.put(user, identity),
    usersOfDocument.put(document, { users: [...known.filter((one) => one !== user), user] }),
    userOfPhone.put(phone, { user }),
    ...(other === undefined || other.document === document ? [] : phoneLost(rows, other, before)),
  ]
}

function phoneLost(rows: Rows, identity: Identity, before: Before | undefined): Put[] {
  const token = before?.token === undefined ? undefined : tokens.in(rows, before.token)
  return [
    identities.put(identity.user, { ...identity, phoneLost: true }),
    ...(token?.state === 'T_ACTIVE'
      ? [tokens.put(token.token, { ...token, state: 'T_SUSPENDED', suspendedBy: 'phone' })]
      : []),
  ]
}

/** The account of which all the elements are true: document, name, phone, and the card where one is named (TOK-007). */
export async function accountOf(store: Store, person: Person): Promise<string | undefined> {
  const document = documentDigest(person.idNumber)
  const own = usersOfDocument.in(await store.read([usersOfDocument.key(document)]), document)?.users ?? []
  const rows = await store.read(own.flatMap((user) => [identities.key(user), users.key(user)]))
  const fitting = own.filter((user) => isPerson(identities.in(rows, user), person))
  return fitting.find((user) => users.in(rows, user)?.status === 'active') ?? fitting[0]
}

export function isPerson(identity: Identity | undefined, { name, idNumber, phone, card }: Person): boolean {
  if (identity === undefined || identity.phoneLost === true) return false
  const same =
    identity.document === documentDigest(idNumber) && identity.name === name && identity.phone === phone
  return same && (card === undefined || identity.card === cardDigest(card))
}

/** As little as an answer needs: the name without its first character, the phone without its middle (TOK-015). */
export const maskedName = (name: string): string => {
  const [, ...rest] = name
  return `*${rest.join('')}`
}
export const maskedPhone = (phone: string): string => `${phone.slice(0, 3)}****${phone.slice(-4)}`
