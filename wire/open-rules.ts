// What `open` can say against a message before any key is touched, as one ordered list: the first row that applies is
// the one that is said. One row, one line; this file is laid out by hand.
import type { RejectClass } from './classes.ts'
import { type Certificate, type CertificateFault, faultOf } from './directory.ts'
import type { Awaited, OpenStep, Refused, Sealed, Sealer } from './envelope.ts'
import { PATH_PREFIX, type Parts } from './frame.ts'
import type { Head } from './head.ts'
import { isMessageType, maySend, type RequestType, SENDERS } from './messages.ts'

type Rule = readonly [broken: boolean, RejectClass, OpenStep, field: string, zh: string, en: string]

export function refuse(kind: RejectClass, step: OpenStep, field: string, zh: string, en: string): Refused {
  return { kind: 'refused', class: kind, step, field, rule: { zh, en } }
}

const first = (rules: readonly Rule[]): Refused | undefined => {
  const rule = rules.find(([broken]) => broken)
  return rule === undefined ? undefined : refuse(rule[1], rule[2], rule[3], rule[4], rule[5])
}

/** form, method, address and reference, of a head that could be read. */
export function formOf(world: Sealer, sealed: Sealed, parts: Parts, head: Head, awaited: Awaited): Refused | undefined {
  const { profile, me } = world
  const ste = head.order === 'sign-then-encrypt'
  const mine = head.order === profile.order
  return first([
    [!isMessageType(head.type), 'REJ-TYPE', 'form', 'type', '未知报文类型', 'is not a message type of this network'],
    [mine && ste && parts.sign.length > 0, 'REJ-FORMAT', 'form', 'sign', '先签名后加密时签名在加密块内，此处必须为空', 'must be empty: in sign-then-encrypt the signature travels inside the sealed block'],
    [mine && !ste && parts.sign.length === 0, 'REJ-SIG', 'signature', 'sign', '签名缺失', 'the signature is missing'],
    [head.profile !== profile.id, 'REJ-FORMAT', 'form', 'profile', `本方使用配置档 ${profile.id}`, `this party speaks profile ${profile.id}`],
    [head.suite !== profile.suite, 'REJ-SIG', 'method', 'suite', `算法由配置档规定：${profile.suite}`, `the suite is fixed by the profile: ${profile.suite}`],
    [!mine, 'REJ-SIG', 'method', 'order', `次序由配置档规定：${profile.order}`, `the order is fixed by the profile: ${profile.order}`],
    [head.to !== me, 'REJ-ROUTE', 'address', 'to', `本方是 ${me}`, `this party is ${me}`],
    ...('requests' in awaited ? requestRules(sealed, head, awaited.requests) : replyRules(head, awaited.replyTo)),
  ])
}

function requestRules(sealed: Sealed, head: Head, requests: readonly string[]): readonly Rule[] {
  const taken = requests.includes(head.type) && head.path === PATH_PREFIX + head.type
  return [
    [sealed.path !== head.path, 'REJ-SIG', 'address', 'path', `报文签的是 ${head.path}，却投递到 ${sealed.path}`, `was signed for ${head.path} but posted to ${sealed.path}`],
    [!taken, 'REJ-TYPE', 'address', 'type', '本方在此路径不接受该报文', 'this party does not take this message here'],
    [head.ref !== '-', 'REJ-FORMAT', 'reference', 'ref', '请求报文的 ref 必须是“-”', 'must be “-” in a request'],
  ]
}

function replyRules(head: Head, { type, to, ref }: { readonly type: string; readonly to: string; readonly ref: string }): readonly Rule[] {
  return [
    [head.type !== `${type}.reply`, 'REJ-TYPE', 'reference', 'type', `应为 ${type}.reply`, `must be ${type}.reply`],
    [head.from !== to, 'REJ-ROUTE', 'reference', 'from', `应答应来自 ${to}`, `the reply must come from ${to}`],
    [head.ref !== ref, 'REJ-ROUTE', 'reference', 'ref', '这不是对该请求的应答', 'names another request: this is not the reply to what was sent'],
  ]
}

export const WORN: Readonly<Record<CertificateFault, string>> = {
  'not yet valid': '尚未生效',
  expired: '已过期',
  revoked: '已吊销',
  untrusted: '不可信：证书链不成立',
  'no fresh revocation list': '无法确认未被吊销：没有仍然有效的吊销列表',
}
export const wornEn = (worn: CertificateFault): string =>
  worn === 'no fresh revocation list' ? 'cannot be believed: there is no fresh revocation list' : `is ${worn}`

/** certificate: both exist, are in date and belong to whom the head says, for the use it says; and the message is its
 *  sender's to send, which can be said only now that the sender is proven. */
export function certificatesOf(world: Sealer, head: Head, now: number): Certificate | Refused {
  const signer = world.directory.certificate(head.signcert)
  const mine = world.directory.certificate(head.enccert)
  if (signer === undefined) return refuse('REJ-CERT', 'certificate', 'signcert', '目录中没有此证书', 'is not in the directory')
  const worn = faultOf(signer, now)
  const role = world.directory.party(head.from)?.role
  const type = head.type as RequestType
  const right = head.ref === '-' ? SENDERS[type] : role
  const refused = first([
    [signer.owner !== head.from, 'REJ-CERT', 'certificate', 'signcert', `证书不属于 ${head.from}`, `does not belong to ${head.from}`],
    [signer.use !== 'sign', 'REJ-CERT', 'certificate', 'signcert', '这是加密证书，不能用于签名', 'is an encryption certificate and cannot sign'],
    [worn !== undefined, 'REJ-CERT', 'certificate', 'signcert', `证书${worn === undefined ? '' : WORN[worn]}`, worn === undefined ? '' : wornEn(worn)],
    [mine === undefined || mine.owner !== world.me || mine.use !== 'encrypt', 'REJ-CERT', 'certificate', 'enccert', '不是本方的加密证书', 'is not an encryption certificate of this party'],
    [mine !== undefined && faultOf(mine, now) !== undefined, 'REJ-CERT', 'certificate', 'enccert', '加密证书已失效', 'is out of date or revoked'],
    [head.ref === '-' && !maySend(type, role), 'REJ-ROUTE', 'certificate', 'from', `此报文应由 ${right ?? ''} 发出，而非 ${role ?? '未知方'}`, `this message is the ${right ?? ''}’s to send, not the ${role ?? 'unknown party'}’s`],
  ])
  return refused ?? signer
}
