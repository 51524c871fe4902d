// Certificate revocation lists (RFC 5280, clause 5), read as strictly as certificates. A list says until when it holds:
// whoever has no list that holds now does not know who is revoked.
import { type Bytes, toHex } from './bytes.ts'
import { children, content, type Der, member, only, readDer, smallInteger, TAG } from './der-tree.ts'
import { derOf, refusals, type X509Refusal } from './x509.ts'
import {
  checkSameAlgorithm,
  checkUnderstood,
  type Extension,
  type Name,
  readExtensions,
  readName,
  readSerial,
  readSigned,
  readTime,
  type Signed,
} from './x509-parts.ts'
import { OID, REASONS, X509Error } from './x509-words.ts'

export type RevocationList = Signed & {
  readonly kind: 'list'
  readonly der: Bytes
  readonly issuer: Name
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly number?: string
  // By decimal serial number.
  readonly revoked: ReadonlyMap<string, Revocation>
}

export type Revocation = { readonly at: number; readonly reason: string }

const VERSION_2 = 1
const CONTEXT_0 = 0xa0

export function readRevocationList(bytes: Bytes): RevocationList | X509Refusal {
  return refusals(() => readList(derOf(bytes, 'X509 CRL')))
}

function readList(der: Bytes): RevocationList {
  const { tbs, outer, parts } = readSigned(readDer(der))
  const [version, algorithm, issuer, thisUpdate, nextUpdate, ...rest] = children(tbs)
  if (version?.tag !== TAG.integer || smallInteger(version) !== VERSION_2)
    throw new X509Error('应为第 2 版吊销列表', 'this must be a list of version 2', version?.at ?? tbs.at)
  checkSameAlgorithm(member(tbs, algorithm, TAG.sequence, 'the signature algorithm'), outer)
  const list = rest[0]?.tag === TAG.sequence ? rest[0] : undefined
  const [explicit, more] = list === undefined ? rest : rest.slice(1)
  if (more !== undefined || (explicit !== undefined && explicit.tag !== CONTEXT_0))
    throw new X509Error('吊销列表之后还有内容', 'something follows the list', (more ?? explicit)?.at)
  const extensions = readExtensions(tbs, explicit)
  // A list of differences, or one about some certificates only, says so in a critical extension and is refused here.
  checkUnderstood(extensions, [])
  const times = [readTime(tbs, thisUpdate, 'thisUpdate'), readTime(tbs, nextUpdate, 'nextUpdate')] as const
  if (times[0] > times[1])
    throw new X509Error('nextUpdate 早于 thisUpdate', 'nextUpdate is before thisUpdate', nextUpdate?.at)
  const number = numberOf(extensions)
  return {
    kind: 'list',
    ...parts,
    der,
    issuer: readName(member(tbs, issuer, TAG.sequence, 'the issuer'), 'the issuer'),
    thisUpdate: times[0],
    nextUpdate: times[1],
    ...(number !== undefined && { number }),
    revoked: list === undefined ? new Map() : readEntries(list),
  }
}

function numberOf(extensions: readonly Extension[]): string | undefined {
  const found = extensions.find(({ id }) => id === OID.crlNumber)
  if (found === undefined) return undefined
  const digits = toHex(content(only(found.value, TAG.integer, 'the cRLNumber')))
  if (digits === '' || digits >= '8')
    throw new X509Error('吊销列表编号不合规', 'the cRLNumber must not be negative', found.value.at)
  return BigInt(`0x${digits}`).toString()
}

function readEntries(list: Der): ReadonlyMap<string, Revocation> {
  const found = new Map<string, Revocation>()
  for (const entry of children(list)) {
    const [serial, date, extra, more] = children(member(list, entry, TAG.sequence, 'an entry'))
    if (more !== undefined) throw new X509Error('条目之后还有内容', 'something follows an entry', more.at)
    const number = readSerial(member(entry, serial, TAG.integer, 'the serial number')).toString()
    if (found.has(number))
      throw new X509Error(`序列号 ${number} 出现两次`, `the serial number ${number} is there twice`, entry.at)
    found.set(number, { at: readTime(entry, date, 'revocationDate'), reason: reasonOf(extra) })
  }
  if (found.size === 0)
    throw new X509Error('空的条目表应当省略', 'a list without entries leaves them out', list.at)
  return found
}

// The extensions of an entry stand in no tag of their own.
function reasonOf(extra: Der | undefined): string {
  if (extra === undefined) return REASONS[0] ?? ''
  const wrapped = { ...extra, start: extra.at, end: extra.end }
  const extensions = readExtensions(extra, wrapped)
  checkUnderstood(extensions, [])
  const found = extensions.find(({ id }) => id === OID.reason)
  if (found === undefined) return REASONS[0] ?? ''
  const number = content(only(found.value, TAG.enumerated, 'the reasonCode'))
  const reason = number.length === 1 ? REASONS[number[0] ?? -1] : undefined
  if (reason === undefined)
    throw new X509Error('不认识的吊销原因', 'the reason of a revocation is not known here', found.value.at)
  return reason
}
