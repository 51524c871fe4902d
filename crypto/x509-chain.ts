// Whether a certificate may be believed now: a chain to a root that is trusted, every signature in it, what each may do, its
// dates, and a revocation list that holds. What is not shown is refused (fail closed, SEC-006).
import { equalBytes } from './bytes.ts'
import { verifyRsa } from './rsa.ts'
import { SM2_DEFAULT } from './sm2-options.ts'
import { verifySm2 } from './sm2-sign.ts'
import type { X509 } from './x509.ts'
import type { RevocationList } from './x509-list.ts'
import type { Signed } from './x509-parts.ts'
import { type KeyUsage, OID } from './x509-words.ts'

export type ChainFaultName =
  | 'unknown-issuer'
  | 'bad-signature'
  | 'not-a-ca'
  | 'path-too-long'
  | 'test-root'
  | 'wrong-usage'
  | 'not-yet-valid'
  | 'expired'
  | 'revoked'
  | 'no-fresh-list'

export type ChainFault = {
  readonly name: ChainFaultName
  // Which certificate of the chain: its subject and decimal serial number.
  readonly certificate: string
  readonly zh: string
  readonly en: string
}

export type ChainUse = 'sign' | 'encrypt' | 'server' | 'client'

export type ChainPolicy = {
  // What the leaf is used for; nothing is asked of its uses where this is left out.
  readonly use?: ChainUse
  // 'ignored' only where nobody publishes lists: then a revoked key is believed.
  readonly revocation?: 'required' | 'ignored'
  // Roots whose private keys everybody has. A production profile refuses them (SEC-038).
  readonly testRoots?: readonly X509[]
}

// A root, one or two authorities, the end: longer chains are somebody's trick.
const DEPTH_MAX = 6

const NEEDED: Readonly<Record<ChainUse, readonly KeyUsage[]>> = {
  sign: ['digitalSignature', 'nonRepudiation'],
  encrypt: ['keyEncipherment', 'dataEncipherment', 'keyAgreement'],
  server: ['digitalSignature'],
  client: ['digitalSignature'],
}
const PURPOSES: Readonly<Partial<Record<ChainUse, string>>> = {
  server: OID.serverAuth,
  client: OID.clientAuth,
}

// The first fault in the order of ChainFaultName, from the leaf upwards; undefined when there is none.
export function verifyChain(
  leaf: X509,
  intermediates: readonly X509[],
  roots: readonly X509[],
  lists: readonly RevocationList[],
  at: number,
  policy: ChainPolicy = {},
): ChainFault | undefined {
  const path = pathOf(leaf, intermediates, roots)
  if ('name' in path) return path
  return (
    authorityFault(path) ??
    testRootFault(path, policy.testRoots ?? []) ??
    (policy.use === undefined ? undefined : usageFault(leaf, policy.use)) ??
    path.map((one) => dateFault(one, at)).find((one) => one !== undefined) ??
    (policy.revocation === 'ignored' ? undefined : revocationFault(path, lists, at))
  )
}

type Path = readonly X509[]

// Leaf first, root last. Of several with the right name, the one whose key made the signature.
function pathOf(leaf: X509, intermediates: readonly X509[], roots: readonly X509[]): Path | ChainFault {
  const path = [leaf]
  for (let current = leaf; path.length < DEPTH_MAX; ) {
    const named = (all: readonly X509[]): readonly X509[] => all.filter((one) => mayBeIssuer(one, current))
    const candidates = [...named(roots), ...named(intermediates.filter((one) => !path.includes(one)))]
    if (candidates.length === 0)
      return fault(
        'unknown-issuer',
        current,
        '颁发者不可信或缺少中间证书',
        'its issuer is not known here: no trusted root, and no certificate in between, has that name',
      )
    const issuer = candidates.find((one) => signedBy(current, one))
    if (issuer === undefined)
      return fault(
        'bad-signature',
        current,
        '签名与颁发者的公钥不符',
        'its signature does not verify under the key of its issuer',
      )
    path.push(issuer)
    if (roots.includes(issuer)) return path
    current = issuer
  }
  return fault(
    'path-too-long',
    leaf,
    `证书链超过 ${DEPTH_MAX} 级`,
    `its chain is longer than ${DEPTH_MAX} certificates`,
  )
}

function mayBeIssuer(issuer: X509, of: X509): boolean {
  const ids = of.authorityKeyId === undefined || issuer.subjectKeyId === undefined
  return equalBytes(issuer.subject.der, of.issuer.der) && (ids || of.authorityKeyId === issuer.subjectKeyId)
}

// Which key was found to have signed what: the bytes of neither change.
const proven = new WeakMap<Signed, X509>()

function signedBy(what: Signed, issuer: X509): boolean {
  if (proven.get(what) === issuer) return true
  const { algorithm, signed, signature } = what
  const { key } = issuer
  const right =
    algorithm === 'sm2WithSm3'
      ? key.suite === 'sm' && verifySm2(key.publicKey, signed, signature, SM2_DEFAULT)
      : key.suite === 'rsa' && verifyRsa(key, signed, signature)
  if (right) proven.set(what, issuer)
  return right
}

function authorityFault(path: Path): ChainFault | undefined {
  for (const [index, one] of path.entries()) {
    if (index === 0) continue
    if (one.authority === undefined)
      return fault(
        'not-a-ca',
        one,
        '不是 CA 证书，却颁发了证书',
        'has issued a certificate and is no authority (basicConstraints)',
      )
    if (one.keyUsage !== undefined && !one.keyUsage.includes('keyCertSign'))
      return fault(
        'not-a-ca',
        one,
        '其 keyUsage 不允许签发证书',
        'has issued a certificate and may not (keyUsage lacks keyCertSign)',
      )
    // Authorities below it that are not the leaf (RFC 5280, clause 4.2.1.9).
    const below = index - 1
    if (one.authority.pathLength !== undefined && below > one.authority.pathLength)
      return fault(
        'path-too-long',
        one,
        `其下最多 ${one.authority.pathLength} 级 CA，现有 ${below} 级`,
        `allows ${one.authority.pathLength} authorities below it, there are ${below}`,
      )
  }
  return undefined
}

function testRootFault(path: Path, testRoots: readonly X509[]): ChainFault | undefined {
  const root = path.at(-1)
  if (root === undefined || !testRoots.some((one) => equalBytes(one.der, root.der))) return undefined
  return fault(
    'test-root',
    root,
    '这是测试根证书，生产配置不接受',
    'is the root of a test network, whose key everybody has: not taken in production',
  )
}

function usageFault(leaf: X509, use: ChainUse): ChainFault | undefined {
  const { keyUsage, extendedKeyUsage, authority } = leaf
  const purpose = PURPOSES[use]
  const needed = NEEDED[use]
  const wrong =
    authority !== undefined ||
    (keyUsage !== undefined && !needed.some((one) => keyUsage.includes(one))) ||
    (purpose !== undefined && extendedKeyUsage !== undefined && !extendedKeyUsage.includes(purpose))
  if (!wrong) return undefined
  const held = authority !== undefined ? 'CA' : [...(keyUsage ?? []), ...(extendedKeyUsage ?? [])].join(', ')
  return fault(
    'wrong-usage',
    leaf,
    `用途不符：现为 ${held}，需要 ${needed.join(' 或 ')}`,
    `may not be used so: it is for ${held}, and ${needed.join(' or ')} is needed`,
  )
}

const iso = (at: number): string => new Date(at).toISOString()

function dateFault(one: X509, at: number): ChainFault | undefined {
  if (at < one.notBefore)
    return fault(
      'not-yet-valid',
      one,
      `自 ${iso(one.notBefore)} 起有效`,
      `is valid from ${iso(one.notBefore)} on`,
    )
  if (at > one.notAfter)
    return fault('expired', one, `已于 ${iso(one.notAfter)} 过期`, `ran out at ${iso(one.notAfter)}`)
  return undefined
}

// Every certificate but the root, which nobody above it could revoke.
function revocationFault(path: Path, lists: readonly RevocationList[], at: number): ChainFault | undefined {
  for (const [index, one] of path.slice(0, -1).entries()) {
    const issuer = path[index + 1]
    const known = lists.filter((list) => issuer !== undefined && isListOf(list, issuer))
    // A list that has run out still tells who was revoked.
    const found = known
      .map(({ revoked }) => revoked.get(one.serial))
      .find((entry) => entry !== undefined && entry.at <= at)
    if (found !== undefined)
      return fault(
        'revoked',
        one,
        `已于 ${iso(found.at)} 吊销（${found.reason}）`,
        `was revoked at ${iso(found.at)} (${found.reason})`,
      )
    if (!known.some(({ thisUpdate, nextUpdate }) => thisUpdate <= at && at < nextUpdate)) {
      const newest = Math.max(...known.map(({ nextUpdate }) => nextUpdate))
      const until = known.length === 0 ? '' : `; the newest held until ${iso(newest)}`
      return fault(
        'no-fresh-list',
        one,
        `没有仍然有效的吊销列表（${issuer?.subject.text ?? ''}）`,
        `no revocation list of its issuer holds now${until}`,
      )
    }
  }
  return undefined
}

// Its issuer's name, right to issue lists, and signature; not whether it holds now.
export function isListOf(list: RevocationList, issuer: X509): boolean {
  const may = issuer.keyUsage === undefined || issuer.keyUsage.includes('cRLSign')
  return may && equalBytes(list.issuer.der, issuer.subject.der) && signedBy(list, issuer)
}

function fault(name: ChainFaultName, one: X509, zh: string, en: string): ChainFault {
  const certificate = `${one.subject.text}, ${one.serial}`
  return { name, certificate, zh: `证书（${certificate}）：${zh}`, en: `certificate (${certificate}): ${en}` }
}
