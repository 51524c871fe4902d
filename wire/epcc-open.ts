// Opening an EPCC message: one ordered list of reasons not to believe it. The signature lies outside the ciphers and is looked
// at before anything is deciphered (SEC-014).
import { fromBase64, toHex, utf8, verify } from '../crypto/crypto.ts'
import { messageOf } from './codec.ts'
import { type Certificate, faultOf } from './directory.ts'
import type { Awaited, Opened, OpenStep, Refused, Sealed, Sealer } from './envelope.ts'
import { decipher, freshKey, keyIn } from './epcc-envelope.ts'
import { ENCIPHERED } from './epcc-layout.ts'
import { ACKNOWLEDGEMENT, EPCC_NUMBERS, messageNumber } from './epcc-numbers.ts'
import { ASKED, type EpccMessage, readEpcc, senderOf, serialId, SIGNATURE_NAME } from './epcc-read.ts'
import { EPCC_PATH, EPCC_TYPE, epccHead, readReference, referenceTo } from './epcc-claims.ts'
import type { Tree } from './json.ts'
import { maySend, type MessageType, type RequestType, SENDERS } from './messages.ts'
import { FORMS, partyNumber } from './netsunion-forms.ts'
import { namesOf } from './netsunion-names.ts'
import { refuse, WORN, wornEn } from './open-rules.ts'
import type { Steps } from './open-sealed.ts'
import { readBeijingTime } from './time.ts'

/** In this order an EPCC message is refused. */
export const EPCC_STEPS: readonly OpenStep[] = [
  'size',
  'form',
  'address',
  'reference',
  'certificate',
  'signature',
  'time',
  'unwrap',
  'decrypt',
  'fields',
]

export async function openEpcc(
  world: Sealer,
  sealed: Sealed,
  awaited: Awaited,
  steps: Steps,
): Promise<Opened | Refused> {
  const { bodyBytesMax } = world.profile.values
  if (sealed.bytes.length > bodyBytesMax)
    return refuse(
      'REJ-SIZE',
      'size',
      '(message)',
      `最多 ${bodyBytesMax} 字节`,
      `may hold at most ${bodyBytesMax} bytes`,
    )
  if (sealed.contentType.toLowerCase().replaceAll(' ', '') !== EPCC_TYPE)
    return refuse('REJ-TYPE', 'form', 'content-type', `必须是 ${EPCC_TYPE}`, `must be ${EPCC_TYPE}`)
  const read = readEpcc(sealed)
  if ('fault' in read) return { kind: 'refused', class: 'REJ-FORMAT', step: 'form', ...read.fault }
  const { message } = read
  const head = epccHead(message)
  steps.head = head
  const back = replyTo(world, message)
  const refused = (one: Refused): Refused => ({ ...placed(message, one), ...back })
  const request = 'replyTo' in awaited ? awaited.replyTo.type : message.type
  const shape = formOf(sealed, message, request) ?? addressOf(sealed, message, awaited)
  if (shape !== undefined || request === undefined) return refused(shape ?? unknownType)
  const signer = certificatesOf(world, message, request, 'replyTo' in awaited)
  if ('kind' in signer) return refused(signer)
  const unproven = (await signatureOf(world, message, signer)) ?? timeOf(world, message)
  if (unproven !== undefined) return refused(unproven)
  const type = ('replyTo' in awaited ? `${request}.reply` : request) as MessageType
  const plain = await decipheredOf(world, message, steps)
  if ('kind' in plain) return refused(plain)
  const tree = withEmptyLists(type, plain.tree)
  steps.domain = utf8(JSON.stringify(tree))
  const decoded = messageOf(type, tree, world.profile.network)
  if ('fault' in decoded)
    return refused({ kind: 'refused', class: 'REJ-FORMAT', step: 'fields', ...decoded.fault })
  return {
    kind: 'opened',
    head: { ...head, type, nonce: toHex(world.random(16)) },
    from: head.from,
    message: decoded.message as Opened['message'],
    ref: referenceTo(message.header.MsgTp, message.members),
    sealed,
  }
}

const unknownType = refuse(
  'REJ-TYPE',
  'form',
  'MsgTp',
  '不是本网络的报文（编号、方向与交易类别）',
  'is no message of this network: number, direction and category',
)

/** Where in the message a refused member stands. */
function placed({ offsets, signatureAt }: EpccMessage, refused: Refused): Refused {
  if (refused.offset !== undefined) return refused
  const offset = refused.field === SIGNATURE_NAME ? signatureAt : offsets.get(refused.field)
  return offset === undefined ? refused : { ...refused, offset }
}

function replyTo(world: Sealer, message: EpccMessage): Pick<Refused, 'replyTo'> {
  const { type, isReply, header, members } = message
  const to = senderOf(message)
  if (isReply || type === undefined || to === world.me || world.directory.party(to) === undefined) return {}
  return { replyTo: { to, type: `${type}.reply`, ref: referenceTo(header.MsgTp, members) } }
}

/** form: what can be said of it whoever sent it. */
function formOf(sealed: Sealed, message: EpccMessage, request: RequestType | undefined): Refused | undefined {
  const { header, members, isReply } = message
  if (request === undefined) return unknownType
  const bare = Object.keys(members).find((name) => ENCIPHERED.has(name))
  if (bare !== undefined && header.DgtlEnvlp === '')
    return refuse(
      'REJ-FORMAT',
      'form',
      bare,
      '敏感字段须加密，而报文没有数字信封',
      'must be enciphered, and the message has no digital envelope',
    )
  if (isReply || sealed.headers === undefined) return undefined
  const told: readonly (readonly [string, string])[] = [
    ['MsgTp', header.MsgTp],
    ['OriIssrId', header.IssrId],
  ]
  for (const [name, value] of told)
    if (sealed.headers[name] !== value)
      return refuse(
        'REJ-FORMAT',
        'form',
        name,
        `HTTP 头应与报文头一致：${value}`,
        `as an HTTP header must be what the message says: ${value}`,
      )
  return undefined
}

/** address and reference. */
function addressOf(sealed: Sealed, message: EpccMessage, awaited: Awaited): Refused | undefined {
  const { type, isReply, number, header } = message
  if ('requests' in awaited) {
    if (sealed.path !== EPCC_PATH)
      return refuse('REJ-TYPE', 'address', 'path', `应投递到 ${EPCC_PATH}`, `is posted to ${EPCC_PATH}`)
    if (isReply || type === undefined || !awaited.requests.includes(type))
      return refuse(
        'REJ-TYPE',
        'address',
        'MsgTp',
        '本方不接受该报文',
        'this party does not take this message',
      )
    return undefined
  }
  const { type: asked, to, ref } = awaited.replyTo
  const { number: request, keys } = readReference(ref)
  const { reply } = EPCC_NUMBERS[asked]
  if (number !== reply && number !== ACKNOWLEDGEMENT)
    return refuse(
      'REJ-TYPE',
      'reference',
      'MsgTp',
      `应为 ${messageNumber(reply)}`,
      `must be ${messageNumber(reply)}`,
    )
  if (senderOf(message) !== to)
    return refuse(
      'REJ-ROUTE',
      'reference',
      'IssrId',
      `应答应来自 ${partyNumber(to)}`,
      `the reply must come from ${partyNumber(to)}`,
    )
  const other = otherwise(message, request, keys)
  if (other !== undefined)
    return refuse(
      'REJ-ROUTE',
      'reference',
      other,
      '与所发请求不同，这不是它的应答',
      'is not the request’s: this is not the reply to what was sent',
    )
  return header.Drctn === '' ? unknownType : undefined
}

/** What names the request and is said otherwise, or not at all. */
function otherwise(
  { reference, members }: EpccMessage,
  request: string,
  keys: Readonly<Record<string, string>>,
): string | undefined {
  if (reference[ASKED] !== undefined && reference[ASKED] !== request) return ASKED
  return Object.keys(keys).find((name) => (reference[name] ?? members[name]) !== keys[name])
}

/** certificate: both known, in date, the sender's to sign with and mine to decipher with; and the message the sender's to send. */
function certificatesOf(
  world: Sealer,
  message: EpccMessage,
  request: RequestType,
  isReply: boolean,
): Certificate | Refused {
  const { header } = message
  const from = senderOf(message)
  const now = world.clock.wall()
  const no = (field: string, zh: string, en: string): Refused =>
    refuse('REJ-CERT', 'certificate', field, zh, en)
  const signer = world.directory.certificate(serialId(header.SignSN))
  if (signer === undefined) return no('SignSN', '目录中没有此证书', 'is not in the directory')
  if (signer.owner !== from)
    return no('SignSN', `证书不属于 ${header.IssrId}`, `does not belong to ${header.IssrId}`)
  if (signer.use !== 'sign')
    return no('SignSN', '这是加密证书，不能用于签名', 'is an encryption certificate and cannot sign')
  const worn = faultOf(signer, now)
  if (worn !== undefined) return no('SignSN', `证书${WORN[worn]}`, wornEn(worn))
  if (header.NcrptnSN !== '') {
    const mine = world.directory.certificate(serialId(header.NcrptnSN))
    if (mine === undefined || mine.owner !== world.me || mine.use !== 'encrypt')
      return no('NcrptnSN', '不是本方的加密证书', 'is not an encryption certificate of this party')
    if (faultOf(mine, now) !== undefined) return no('NcrptnSN', '加密证书已失效', 'is out of date or revoked')
  }
  const role = world.directory.party(from)?.role
  if (!isReply && !maySend(request, role))
    return refuse(
      'REJ-ROUTE',
      'certificate',
      'IssrId',
      `此报文应由 ${SENDERS[request]} 发出，而非 ${role ?? '未知方'}`,
      `this message is the ${SENDERS[request]}’s to send, not the ${role ?? 'unknown party'}’s`,
    )
  return signer
}

async function signatureOf(
  world: Sealer,
  message: EpccMessage,
  signer: Certificate,
): Promise<Refused | undefined> {
  const { signature, signed } = message
  const field = SIGNATURE_NAME
  if (signature === undefined || signature === '')
    return refuse('REJ-SIG', 'signature', field, '签名缺失', 'the signature is missing')
  const bytes = fromBase64(signature)
  const holds =
    bytes !== undefined && bytes.length > 0 && (await verify(signer.key, signed, bytes, world.profile.sm2))
  return holds
    ? undefined
    : refuse(
        'REJ-SIG',
        'signature',
        'S',
        '签名与 <root>…</root> 的字节不符',
        'does not verify over the bytes from <root to </root>',
      )
}

const SECOND_MS = 1000

function timeOf(world: Sealer, { header }: EpccMessage): Refused | undefined {
  const at = readBeijingTime(FORMS.time.heard(header.SndDt) ?? '')
  if (at === undefined)
    return refuse('REJ-FORMAT', 'time', 'SndDt', '不是真实存在的时间', 'is not a real time')
  const { clockSkewMs } = world.profile.values
  // SndDt counts whole seconds, and so does the comparison.
  const now = Math.floor(world.clock.wall() / SECOND_MS) * SECOND_MS
  if (Math.abs(now - at) <= clockSkewMs) return undefined
  return refuse(
    'REJ-REPLAY',
    'time',
    'SndDt',
    `与本方时钟相差超过 ${clockSkewMs / SECOND_MS} 秒`,
    `is more than ${clockSkewMs / SECOND_MS} s away from this party’s clock`,
  )
}

const SEALED_RULE = {
  zh: '数字信封或密文无法还原',
  en: 'the envelope and what is enciphered under its key do not open',
} as const

async function decipheredOf(
  world: Sealer,
  message: EpccMessage,
  steps: Steps,
): Promise<{ tree: Tree } | Refused> {
  const { header, members } = message
  if (header.DgtlEnvlp === '') return { tree: members }
  const failed: Refused = {
    kind: 'refused',
    class: 'REJ-CRYPTO',
    step: 'decrypt',
    field: '(enciphered)',
    rule: SEALED_RULE,
  }
  const wrapped = fromBase64(header.DgtlEnvlp)
  const unwrapped =
    wrapped === undefined ? undefined : await world.keys.unwrap(serialId(header.NcrptnSN), wrapped)
  const own = keyIn(world.profile, unwrapped)
  // A key that does not open is replaced by chance, so that every failure takes the same path.
  const key = own ?? freshKey(world.profile, world.random)
  const tree: Record<string, Tree[string]> = {}
  let whole = own !== undefined
  for (const [name, value] of Object.entries(members)) {
    if (!ENCIPHERED.has(name) || typeof value !== 'string') {
      tree[name] = value
      continue
    }
    const plain = await decipher(world.profile, key, value)
    if (plain === undefined) whole = false
    tree[name] = plain ?? ''
  }
  if (!whole) return failed
  steps.key = utf8(key)
  return { tree }
}

/** An element without rows is an empty list where the message has a list of that name. */
function withEmptyLists(type: MessageType, tree: Tree): Tree {
  const empty = namesOf(type).rows.filter(({ name, rows }) => rows !== undefined && tree[name] === '')
  return { ...tree, ...Object.fromEntries(empty.map(({ name }) => [name, []])) }
}
