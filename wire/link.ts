// The link that opens a wallet for one order (App2App). Its sender signs it under a label of its own: nobody else makes
// one, no part of it can be changed, and no signature of a message serves for it. Names and form are ours.
import { type Bytes, concat, utf8, verify } from '../crypto/crypto.ts'
import type { RejectClass, Text } from './classes.ts'
import { faultOf, type PartyId } from './directory.ts'
import type { Sealer } from './envelope.ts'
import { lp } from './frame.ts'
import { beijingTime, readBeijingTime } from './time.ts'

type Instant = number

export type OrderLink = { readonly tn: string; readonly validUntil: Instant; readonly signcert: string }
export type LinkRefused = {
  readonly kind: 'refused'
  readonly class: Extract<RejectClass, 'REJ-FORMAT' | 'REJ-CERT' | 'REJ-SIG' | 'REJ-REPLAY'>
  readonly field: 'link' | 'tn' | 'until' | 'cert' | 'sign'
  readonly rule: Text
}
export type LinkRead = { readonly kind: 'link'; readonly link: OrderLink } | LinkRefused

const LABEL = utf8('sifang/1 link\0')
const FORM =
  /^sifang:\/\/pay\?tn=([0-9]{21})&until=([0-9]{14})&cert=([1-9][0-9]{0,39})&sign=([A-Za-z0-9_-]{1,400})$/

const signedBytes = (tn: string, until: string, cert: string): Bytes =>
  concat(LABEL, lp(utf8(tn)), lp(utf8(until)), lp(utf8(cert)))

export async function writeLink(
  world: Pick<Sealer, 'me' | 'clock' | 'keys' | 'directory'>,
  { tn, validUntil }: Pick<OrderLink, 'tn' | 'validUntil'>,
): Promise<string> {
  const certificate = world.directory.current(world.me, 'sign', world.clock.wall())
  if (certificate === undefined) throw new Error(`party ${world.me} has no valid sign certificate for a link`)
  const until = beijingTime(validUntil)
  const sign = await world.keys.sign(certificate.id, signedBytes(tn, until, certificate.id))
  return `sifang://pay?tn=${tn}&until=${until}&cert=${certificate.id}&sign=${Buffer.from(sign).toString('base64url')}`
}

/** What a link says, when `sender` signed it and its time is not over; otherwise the first reason why not. */
export async function readLink(
  world: Pick<Sealer, 'clock' | 'directory' | 'profile'>,
  text: string,
  sender: PartyId,
): Promise<LinkRead> {
  const match = FORM.exec(text)
  if (match === null)
    return refused('REJ-FORMAT', 'link', '不是本网络的唤起链接', 'is not an app link of this network')
  const [, tn = '', until = '', cert = '', sign = ''] = match
  const validUntil = readBeijingTime(until)
  if (validUntil === undefined)
    return refused('REJ-FORMAT', 'until', '不是真实存在的时间', 'is not a real time')
  const now = world.clock.wall()
  const certificate = world.directory.certificate(cert)
  if (certificate === undefined || certificate.use !== 'sign' || certificate.owner !== sender)
    return refused(
      'REJ-SIG',
      'cert',
      '证书不属于链接的签发方',
      'is no signing certificate of the link’s sender',
    )
  if (faultOf(certificate, now) !== undefined)
    return refused('REJ-CERT', 'cert', '证书已不可用', `is ${faultOf(certificate, now) ?? ''}`)
  const bytes = signedBytes(tn, until, cert)
  if (!(await verify(certificate.key, bytes, Buffer.from(sign, 'base64url'), world.profile.sm2)))
    return refused('REJ-SIG', 'sign', '签名与链接不符', 'does not verify over this link')
  // Only a link that is genuine is told that it came too late.
  if (now > validUntil)
    return refused('REJ-REPLAY', 'until', '链接已过有效期', 'is over: ask the shop for a new one')
  return { kind: 'link', link: { tn, validUntil, signcert: cert } }
}

const refused = (
  kind: LinkRefused['class'],
  field: LinkRefused['field'],
  zh: string,
  en: string,
): LinkRefused => ({
  kind: 'refused',
  class: kind,
  field,
  rule: { zh, en },
})
