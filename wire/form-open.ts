// Opening a form: the steps of FORM_STEPS, each of which refuses before the next one runs.
import { messageOf } from './codec.ts'
import { type Certificate, faultOf } from './directory.ts'
import type { Awaited, Opened, Refused, Sealed, Sealer } from './envelope.ts'
import { type Form, valueIn } from './form.ts'
import { methodOf } from './form-methods.ts'
import { heard, nameOfRow, type PlaceFault } from './form-places.ts'
import {
  type Dialect,
  domainOf,
  ECHOED,
  ENCRYPT_CERT,
  headOfForm,
  isBodyType,
  isLineType,
  isSignedBy,
  NOTHING,
  openText,
  readForm,
  readRef,
  refOfForm,
} from './frame-form.ts'
import { toHex } from '../crypto/crypto.ts'
import { maySend, type MessageType, type RequestType, SENDERS } from './messages.ts'
import { refuse, WORN, wornEn } from './open-rules.ts'
import type { Steps } from './open-sealed.ts'

/** A refusal that says where in the message. */
const at = (form: Form, refused: Refused): Refused => {
  const member = form.members.get(refused.field)
  return member === undefined ? refused : { ...refused, offset: member.valueAt }
}

export async function openForm(
  dialect: Dialect,
  world: Sealer,
  sealed: Sealed,
  awaited: Awaited,
  steps: Steps,
): Promise<Opened | Refused> {
  const isReply = 'replyTo' in awaited
  const unread = unreadable(world, sealed, isReply)
  if (unread !== undefined) return unread
  const read = readForm(sealed)
  if ('fault' in read) return { kind: 'refused', class: 'REJ-FORMAT', step: 'form', ...read.fault }
  const { form } = read
  const type = dialect.typeOf(form, sealed.path)
  const said = headOfForm(dialect, sealed)
  if (said !== undefined) steps.head = said
  const shape = shapeOf(dialect, world, form, type)
  if (shape !== undefined) return at(form, shape)
  const request = type as RequestType
  const back = isReply ? {} : replyTo(dialect, world, form, sealed, request)
  const refused = (one: Refused): Refused => ({ ...at(form, one), ...back })
  const addressed =
    'replyTo' in awaited
      ? replyRules(form, request, awaited.replyTo)
      : requestRules(dialect, sealed, request, awaited.requests)
  if (addressed !== undefined) return refused(addressed)
  const signer = signerOf(
    dialect,
    world,
    form,
    request,
    'replyTo' in awaited ? awaited.replyTo.to : undefined,
  )
  if ('kind' in signer) return refused(signer)
  if (!(await isSignedBy(world, dialect, form, signer)))
    return refused(
      refuse(
        'REJ-SIG',
        'signature',
        'signature',
        '签名缺失或与报文不符',
        'is missing or does not verify over this message',
      ),
    )
  const whole = (isReply ? `${request}.reply` : request) as MessageType
  const content = await contentOf(dialect, world, withoutEcho(form, awaited), whole, steps)
  if ('kind' in content) return refused(content)
  return {
    kind: 'opened',
    head: { ...(said as NonNullable<typeof said>), from: signer.owner, nonce: toHex(world.random(16)) },
    from: signer.owner,
    message: content.message,
    ref: isReply ? NOTHING : (refOfForm(dialect, sealed) ?? ''),
    sealed,
  }
}

/** size and content type: what is said before anything is read. */
function unreadable(world: Sealer, sealed: Sealed, isReply: boolean): Refused | undefined {
  const { bodyBytesMax } = world.profile.values
  if (sealed.bytes.length > bodyBytesMax)
    return refuse(
      'REJ-SIZE',
      'size',
      '(message)',
      `最多 ${bodyBytesMax} 字节`,
      `may hold at most ${bodyBytesMax} bytes`,
    )
  if (!(isReply ? isLineType : isBodyType)(sealed.contentType)) {
    const wanted = isReply ? 'text/html' : 'application/x-www-form-urlencoded'
    return refuse(
      'REJ-TYPE',
      'form',
      'content-type',
      `必须是 ${wanted}，UTF-8 或 GBK`,
      `must be ${wanted}, in UTF-8 or GBK`,
    )
  }
  return undefined
}

const SERIAL = /^[1-9][0-9]{0,39}$/

/** form and method: what can be said of a form whoever sent it. */
function shapeOf(
  dialect: Dialect,
  world: Sealer,
  form: Form,
  type: RequestType | undefined,
): Refused | undefined {
  const { member, of } = dialect.method
  const method = methodOf(of, world.profile)
  if (valueIn(form, 'version') !== dialect.version)
    return refuse('REJ-FORMAT', 'form', 'version', `必须是 ${dialect.version}`, `must be ${dialect.version}`)
  if (type === undefined)
    return refuse(
      'REJ-TYPE',
      'form',
      dialect.typeMember,
      '缺失或不是本网络的报文类型',
      'is missing, or names no message of this network',
    )
  for (const name of ['certId', ENCRYPT_CERT]) {
    const value = valueIn(form, name)
    if (name === 'certId' ? !SERIAL.test(value ?? '') : value !== undefined && !SERIAL.test(value))
      return refuse(
        'REJ-FORMAT',
        'form',
        name,
        '十进制证书序号，无前导零',
        'a decimal certificate number without leading zero',
      )
  }
  if (valueIn(form, member) !== method.code)
    return refuse(
      'REJ-SIG',
      'method',
      member,
      `签名方法由配置档规定：${method.code}`,
      `the method is fixed by the profile: ${method.code}`,
    )
  return undefined
}

function requestRules(
  dialect: Dialect,
  sealed: Sealed,
  type: RequestType,
  requests: readonly string[],
): Refused | undefined {
  if (sealed.path !== dialect.pathOf(type))
    return refuse(
      'REJ-TYPE',
      'address',
      'path',
      `此报文应投递到 ${dialect.pathOf(type)}`,
      `this message is posted to ${dialect.pathOf(type)}`,
    )
  if (!requests.includes(type))
    return refuse(
      'REJ-TYPE',
      'address',
      dialect.typeMember,
      '本方在此路径不接受该报文',
      'this party does not take this message here',
    )
  return undefined
}

function replyRules(
  form: Form,
  type: RequestType,
  awaited: { readonly type: string; readonly ref: string },
): Refused | undefined {
  if (type !== awaited.type)
    return refuse(
      'REJ-TYPE',
      'reference',
      '(message)',
      `应为 ${awaited.type} 的应答`,
      `must be the reply to ${awaited.type}`,
    )
  for (const [name, value] of readRef(awaited.ref))
    if (valueIn(form, name) !== value)
      return refuse(
        'REJ-ROUTE',
        'reference',
        name,
        '与所发请求不同，这不是它的应答',
        'is not the request’s: this is not the reply to what was sent',
      )
  return undefined
}

/** Whom a sealed refusal can be addressed to: who the message says sent it, or whose certificate it names. */
function replyTo(
  dialect: Dialect,
  world: Sealer,
  form: Form,
  sealed: Sealed,
  type: RequestType,
): Pick<Refused, 'replyTo'> {
  const member = dialect.senderMember(type)
  const owner = world.directory.certificate(valueIn(form, 'certId') ?? '')?.owner
  const to = (member === undefined ? undefined : valueIn(form, member)) ?? owner
  if (to === undefined || to === world.me || world.directory.party(to) === undefined) return {}
  return { replyTo: { to, type: `${type}.reply` as MessageType, ref: refOfForm(dialect, sealed) ?? '' } }
}

/** certificate: known, in date, its owner's to sign with; and the message is that party's to send. */
function signerOf(
  dialect: Dialect,
  world: Sealer,
  form: Form,
  type: RequestType,
  awaitedFrom: string | undefined,
): Certificate | Refused {
  const no = (zh: string, en: string): Refused => refuse('REJ-CERT', 'certificate', 'certId', zh, en)
  const signer = world.directory.certificate(valueIn(form, 'certId') ?? '')
  if (signer === undefined) return no('目录中没有此证书', 'is not in the directory')
  const member = awaitedFrom === undefined ? dialect.senderMember(type) : undefined
  const claimed = awaitedFrom ?? (member === undefined ? undefined : valueIn(form, member))
  if (member !== undefined && claimed === undefined)
    return refuse(
      'REJ-FORMAT',
      'certificate',
      member,
      '必填字段缺失：发送方机构代码',
      'is missing: it says which institution sends',
    )
  if (claimed !== undefined && claimed !== signer.owner)
    return no(`证书不属于 ${claimed}`, `does not belong to ${claimed}`)
  if (signer.use !== 'sign')
    return no('这是加密证书，不能用于签名', 'is an encryption certificate and cannot sign')
  const worn = faultOf(signer, world.clock.wall())
  if (worn !== undefined) return no(`证书${WORN[worn]}`, wornEn(worn))
  const role = world.directory.party(signer.owner)?.role
  if (awaitedFrom === undefined && !maySend(type, role))
    return refuse(
      'REJ-ROUTE',
      'certificate',
      'certId',
      `此报文应由 ${SENDERS[type]} 发出，而非 ${role ?? '未知方'}`,
      `this message is the ${SENDERS[type]}’s to send, not the ${role ?? 'unknown party'}’s`,
    )
  return signer
}

/** A reply without the members that only say which request it answers. */
function withoutEcho(form: Form, awaited: Awaited): Form {
  const echoed = 'replyTo' in awaited ? (valueIn(form, ECHOED) ?? '').split('.') : []
  const members = new Map(form.members)
  for (const [name] of 'replyTo' in awaited ? readRef(awaited.replyTo.ref) : [])
    if (echoed.includes(name)) members.delete(name)
  return { ...form, members }
}

const SEALED_RULE = {
  zh: '密文无法还原',
  en: 'does not open with the certificate that the message names',
} as const

async function contentOf(
  dialect: Dialect,
  world: Sealer,
  form: Form,
  type: MessageType,
  steps: Steps,
): Promise<{ message: Opened['message'] } | Refused> {
  const certId = valueIn(form, ENCRYPT_CERT)
  const mine = certId === undefined ? undefined : world.directory.certificate(certId)
  if (certId !== undefined) {
    if (mine === undefined || mine.owner !== world.me || mine.use !== 'encrypt')
      return refuse(
        'REJ-CERT',
        'certificate',
        ENCRYPT_CERT,
        '不是本方的加密证书',
        'is not an encryption certificate of this party',
      )
    if (faultOf(mine, world.clock.wall()) !== undefined)
      return refuse('REJ-CERT', 'certificate', ENCRYPT_CERT, '加密证书已失效', 'is out of date or revoked')
  }
  const open = mine === undefined ? async () => undefined : openText(world, mine)
  const content = await heard(dialect.places, type, form, open)
  if ('fault' in content) return placeRefusal(content.fault)
  steps.domain = domainOf(Object.entries(content.tree))
  const decoded = messageOf(type, content.tree, world.profile.network)
  if ('message' in decoded) return { message: decoded.message as Opened['message'] }
  const field = nameOfRow(dialect.places, type, decoded.fault.field)
  const offset = form.members.get(/^[A-Za-z0-9_]+/.exec(field)?.[0] ?? '')?.valueAt
  return {
    kind: 'refused',
    class: 'REJ-FORMAT',
    step: 'fields',
    ...decoded.fault,
    field,
    ...(offset !== undefined && { offset }),
  }
}

function placeRefusal({ crypto, ...fault }: PlaceFault): Refused {
  return crypto === true
    ? { kind: 'refused', class: 'REJ-CRYPTO', step: 'decrypt', ...fault, rule: SEALED_RULE }
    : { kind: 'refused', class: 'REJ-FORMAT', step: 'parts', ...fault }
}
