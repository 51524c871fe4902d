// What the form frames have in common, QRC and ACP: a signed k=v form, in which fields that nobody may see are encrypted.
// No nonce, no message id, no receiver travels: a repeat is known by its business key, and a reply by what it echoes.
import {
  type Bytes,
  fromBase64,
  toBase64,
  toHex,
  unwrapLong,
  utf8,
  verify,
  wrapLong,
} from '../crypto/crypto.ts'
import { membersOf } from './codec.ts'
import type { Certificate, PartyId } from './directory.ts'
import type { Outgoing, OpenStep, Sealed, Sealer } from './envelope.ts'
import {
  asMembers,
  canonical,
  type Form,
  type FormRead,
  type Pair,
  readBody,
  readLine,
  SIGNATURE,
  valueIn,
  writeBody,
  writeLine,
} from './form.ts'
import { type FormMethod, methodOf } from './form-methods.ts'
import { memberOfRow, type Places, told } from './form-places.ts'
import type { Entry } from './form-values.ts'
import type { FrameName } from './framing.ts'
import type { Head } from './head.ts'
import { MESSAGES, type MessageType, type RequestType, SENDERS } from './messages.ts'
import type { Profile } from './profile.ts'
import { beijingTime } from './time.ts'

/** The order in which the form frames refuse: what is encrypted is inside what is signed. */
export const FORM_STEPS: readonly OpenStep[] = [
  'size',
  'form',
  'method',
  'address',
  'reference',
  'certificate',
  'signature',
  'decrypt',
  'parts',
  'fields',
]

export type Dialect = {
  readonly name: FrameName
  readonly version: string
  readonly places: Places
  /** The member that names the method, and which methods there are. */
  readonly method: {
    readonly member: string
    readonly of: Readonly<Partial<Record<Profile['suite'], FormMethod>>>
  }
  /** The member that says what the message is. */
  readonly typeMember: string
  typeOf(form: Form, path: string): RequestType | undefined
  /** What names the message, and what else the network wants of every one. */
  naming(type: MessageType, entries: ReadonlyMap<string, Entry[1]>): readonly Pair[]
  pathOf(type: RequestType): string
  isPath(path: string): boolean
  /** The member in which a sender of this role says who it is; undefined for those known by their certificate. */
  senderMember(type: RequestType): string | undefined
  /** The two members of a number of its own and a time, for requests without a business key; or for all of this type. */
  serialOf(type: RequestType): { readonly names: readonly [string, string]; readonly always?: true }
  /** More members of a message, such as the signer's certificate. */
  more?(type: MessageType, signer: Certificate): readonly Pair[]
}

export const BODY_TYPE = 'application/x-www-form-urlencoded;charset=UTF-8'
const LINE_TYPE = 'text/html;charset=UTF-8'
export const ENCRYPT_CERT = 'encryptCertId'

/** Ours: which members of a reply only say what it answers; the reply itself says nothing of them. */
export const ECHOED = 'echoed'

export const isBodyType = (text: string): boolean =>
  /^application\/x-www-form-urlencoded(; *charset=(utf-8|gbk))?$/i.test(text)
export const isLineType = (text: string): boolean =>
  /^text\/(html|plain)(; *charset=(utf-8|gbk))?$/i.test(text)

/** Several look at one message, each in its own time; it is read once. */
const reads = { body: new WeakMap<Bytes, FormRead>(), line: new WeakMap<Bytes, FormRead>() }

export function readForm({ bytes, contentType }: Sealed): FormRead {
  const [known, read] = isLineType(contentType) ? [reads.line, readLine] : [reads.body, readBody]
  const form = known.get(bytes) ?? read(bytes)
  known.set(bytes, form)
  return form
}

const isReplyForm = ({ contentType }: Sealed): boolean => isLineType(contentType)

export const NOTHING = '-'

/** The head as far as the form says it. */
export function headOfForm(dialect: Dialect, sealed: Sealed): Head | undefined {
  const read = readForm(sealed)
  if ('fault' in read) return undefined
  const { form } = read
  const type = dialect.typeOf(form, sealed.path)
  const sender = type === undefined || isReplyForm(sealed) ? undefined : dialect.senderMember(type)
  const value = (name: string | undefined): string =>
    name === undefined ? NOTHING : (valueIn(form, name) ?? NOTHING)
  const method = value(dialect.method.member)
  const suite = Object.entries(dialect.method.of).find(([, one]) => one?.code === method)?.[0]
  return {
    ...EMPTY_HEAD,
    v: value('version'),
    suite: suite ?? method,
    type: type === undefined ? NOTHING : isReplyForm(sealed) ? `${type}.reply` : type,
    from: value(sender),
    signcert: value('certId'),
    enccert: value(ENCRYPT_CERT),
  }
}

const EMPTY_HEAD: Head = {
  v: NOTHING,
  profile: NOTHING,
  suite: NOTHING,
  order: NOTHING,
  type: NOTHING,
  path: NOTHING,
  from: NOTHING,
  to: NOTHING,
  id: NOTHING,
  ts: NOTHING,
  nonce: NOTHING,
  signcert: NOTHING,
  enccert: NOTHING,
  ref: NOTHING,
}

/** Business keys, by the rows' names: the first that a request has whole is what its reply must echo. None is a secret. */
const KEYS: readonly (readonly string[])[] = [
  ['noticeId'],
  ['signNo'],
  ['payOrderNo'],
  ['bankTraceNo'],
  ['branchNo'],
  ['exchangeNo'],
  ['instrNo'],
  ['orderNo', 'orderTime'],
  ['voucherNum'],
  ['tn'],
]

/** The members of a request that its reply echoes. */
function echoedIn(dialect: Dialect, type: RequestType, has: (member: string) => boolean): readonly string[] {
  const serial = dialect.serialOf(type).names
  if (serial.every(has)) return serial
  const rows = new Set<string>(MESSAGES[type].map(({ unionpay }) => unionpay))
  const keys = KEYS.filter((key) => key.every((row) => rows.has(row)))
  const members = keys.map((key) => key.map((row) => memberOfRow(dialect.places, type, row)))
  return members.find((key) => key.every(has)) ?? []
}

/** `name=value` of each, escaped so that it can be read back. */
const refText = (names: readonly string[], value: (name: string) => string | undefined): string =>
  names.map((name) => `${name}=${encodeURIComponent(value(name) ?? '')}`).join('&')

export const readRef = (ref: string): readonly Pair[] =>
  ref === '' || ref === NOTHING
    ? []
    : ref.split('&').map((part) => {
        const equals = part.indexOf('=')
        return [part.slice(0, equals), decodeURIComponent(part.slice(equals + 1))] as const
      })

export function refOfForm(dialect: Dialect, sealed: Sealed): string | undefined {
  const read = readForm(sealed)
  if ('fault' in read) return undefined
  const type = dialect.typeOf(read.form, sealed.path)
  if (type === undefined) return undefined
  const value = (name: string): string | undefined => valueIn(read.form, name)
  return refText(
    echoedIn(dialect, type, (name) => value(name) !== undefined),
    value,
  )
}

/** A message before it is signed, as an honest sender makes it. `memo`: plain → sealed, so that what was encrypted once
 *  stays as it is when a message is made again with one thing changed. */
export type Draft = {
  readonly type: MessageType
  readonly path: string
  readonly head: Head
  readonly pairs: readonly Pair[]
  readonly domain: Bytes
  readonly ref: string
}

export async function draft<T extends MessageType>(
  world: Sealer,
  dialect: Dialect,
  { type, to, fields, ref }: Outgoing<T>,
  entries: readonly Entry[] = Object.entries(membersOf(type, fields, world.profile.network)),
  memo: Map<string, string> = new Map(),
): Promise<Draft> {
  const request = type.replace(/\.reply$/, '') as RequestType
  const isReply = request !== (type as string)
  const now = world.clock.wall()
  const signer = usable(world, world.me, 'sign', now)
  const encryptor = usable(world, to, 'encrypt', now)
  let sealedAny = false
  const seal = async (plain: Bytes): Promise<string> => {
    sealedAny = true
    const known = memo.get(toHex(plain))
    const sealed = known ?? toBase64(await wrapLong(encryptor.key, plain, world.random, world.profile.sm2))
    memo.set(toHex(plain), sealed)
    return sealed
  }
  const own = await told(dialect.places, type, entries, seal)
  const names = new Set(own.map(([name]) => name))
  const add = (pairs: readonly Pair[]): readonly Pair[] => pairs.filter(([name]) => !names.has(name))
  const sender = isReply ? undefined : dialect.senderMember(request)
  const serial = isReply ? undefined : serialFor(world, dialect, request, names)
  const method = methodOf(dialect.method.of, world.profile)
  const echo = add(isReply ? readRef(ref ?? '') : [])
  const pairs: Pair[] = [
    ['version', dialect.version],
    ...dialect.naming(type, new Map(entries)),
    ['certId', signer.id],
    [dialect.method.member, method.code],
    ...add(sender === undefined ? [] : [[sender, world.me]]),
    ...(serial ?? []),
    ...echo,
    ...(echo.length > 0 ? ([[ECHOED, echo.map(([name]) => name).join('.')]] as const) : []),
    ...(sealedAny ? ([[ENCRYPT_CERT, encryptor.id]] as const) : []),
    ...(dialect.more?.(type, signer) ?? []),
    ...own,
  ]
  const value = (name: string): string | undefined => pairs.find(([one]) => one === name)?.[1]
  return {
    type,
    path: dialect.pathOf(request),
    head: {
      ...EMPTY_HEAD,
      v: dialect.version,
      suite: world.profile.suite,
      type,
      from: world.me,
      signcert: signer.id,
      enccert: sealedAny ? encryptor.id : NOTHING,
    },
    pairs,
    domain: domainOf(entries),
    ref: isReply
      ? (ref ?? '')
      : refText(
          echoedIn(dialect, request, (name) => value(name) !== undefined),
          value,
        ),
  }
}

/** What the message says under the rows' names, for people: the form has no block that holds just that. */
export const domainOf = (entries: readonly Entry[]): Bytes =>
  utf8(JSON.stringify(Object.fromEntries(entries)))

function serialFor(
  world: Sealer,
  dialect: Dialect,
  type: RequestType,
  names: ReadonlySet<string>,
): readonly Pair[] | undefined {
  const { names: members, always } = dialect.serialOf(type)
  if (always !== true && echoedIn(dialect, type, (name) => names.has(name)).length > 0) return undefined
  return [
    [members[0], Buffer.from(world.random(12)).toString('hex').toUpperCase()],
    [members[1], beijingTime(world.clock.wall())],
  ]
}

function usable(world: Sealer, owner: PartyId, use: Certificate['use'], now: number): Certificate {
  const certificate = world.directory.current(owner, use, now)
  if (certificate === undefined)
    throw new Error(`party ${owner} has no valid ${use} certificate in the directory of ${world.me}`)
  return certificate
}

/** The signature over these members, by the key of a certificate. */
export async function signPairs(
  world: Sealer,
  dialect: Dialect,
  pairs: readonly Pair[],
  certId: string,
  keys: Sealer['keys'] = world.keys,
  text: Bytes = canonical(asMembers(pairs)),
): Promise<string> {
  const method = methodOf(dialect.method.of, world.profile)
  const options = { ...world.profile.sm2, ...method.options }
  const signature = await keys.sign(certId, method.signed(text), options)
  return method.hex === true ? toHex(signature) : toBase64(signature)
}

export async function isSignedBy(
  world: Sealer,
  dialect: Dialect,
  form: Form,
  { key }: Certificate,
): Promise<boolean> {
  const method = methodOf(dialect.method.of, world.profile)
  const text = valueIn(form, SIGNATURE)
  const signature =
    text === undefined
      ? undefined
      : method.hex === true
        ? /^([0-9a-f]{2})+$/i.test(text)
          ? new Uint8Array(Buffer.from(text, 'hex'))
          : undefined
        : fromBase64(text)
  if (signature === undefined) return false
  const options = { ...world.profile.sm2, ...method.options }
  return verify(key, method.signed(canonical(form.members.values())), signature, options)
}

/** The message on its way, from all of its members. */
export function sealedForm(type: MessageType, path: string, pairs: readonly Pair[]): Sealed {
  const isReply = type.endsWith('.reply')
  return {
    path,
    contentType: isReply ? LINE_TYPE : BODY_TYPE,
    bytes: isReply ? writeLine(pairs) : writeBody(pairs),
  }
}

/** What an encrypted text says, to whom it was encrypted for. */
export const openText =
  (world: Sealer, mine: Certificate) =>
  async (text: string): Promise<Bytes | undefined> => {
    const bytes = fromBase64(text)
    return bytes === undefined ? undefined : unwrapLong(world.keys, mine.id, mine.key, bytes)
  }

/** In which member a sender of each role says who it is: the two are the network's; a bank is an issuer too. */
export const senderMembers =
  (acquirer: string, issuer: string) =>
  (type: RequestType): string | undefined =>
    SENDERS[type] === 'switch' || SENDERS[type] === 'member'
      ? undefined
      : SENDERS[type] === 'acquirer'
        ? acquirer
        : issuer

/** Ours: the seven digits in brackets at the end of respMsg follow from respCode; all zeros stand for 00, as published. */
export const withInnerCode = (message: string, code = '00'): string =>
  `${message}[${(Number.parseInt(code, 36) || 0).toString().padStart(7, '0')}]`
export const withoutInnerCode = (message: string): string => message.replace(/\[[0-9]{7}\]$/, '')
