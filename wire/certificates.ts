// X.509 certificates as rows of the directory: whose a certificate is, what it is for, and whether its chain is believed.
// How a subject names its party is ours: CN=<eight digits>:SIGN or :ENC.
import {
  type Bytes,
  type ChainFaultName,
  certifies,
  type PublicKey,
  readX509,
  type RevocationList,
  testRoots,
  verifyChain,
  type X509,
} from '../crypto/crypto.ts'
import type { Text } from './classes.ts'
import type { Certificate, CertificateFault, ChainState, PartyId } from './directory.ts'

type Instant = number

/** Whom a party believes: roots, what lies between, and where revocation lists come from. */
export type Trust = {
  roots(): readonly X509[]
  intermediates(): readonly X509[]
  /** Those that hold at that time; an empty list means that nobody can say who is revoked, and then nobody is believed. */
  lists(now: Instant): readonly RevocationList[]
  /** In production the roots of test networks are no roots, whoever put them among them (SEC-038). */
  readonly testRoots: 'accepted' | 'refused'
}

/** What a row says of its certificate; it must say the same. */
export type CertificateRow = Omit<Certificate, 'x509'>

const USE_WORDS = { sign: 'SIGN', encrypt: 'ENC' } as const
const COMMON_NAME = /^([0-9]{8}):(SIGN|ENC)$/

export const commonNameOf = (owner: PartyId, use: Certificate['use']): string => `${owner}:${USE_WORDS[use]}`

/** A row with its certificate behind it: signed, read and judged when somebody first looks. */
export function certified(row: CertificateRow, issue: () => Bytes, trust: Trust): Certificate {
  let made: Bytes | undefined
  const der = (): Bytes => (made ??= issue())
  let found: X509 | ChainState | undefined
  const read = (): X509 | ChainState => (found ??= readFor(row, der()))
  let judged: Judged | undefined
  return {
    ...row,
    x509: {
      der,
      issuer: () => {
        const one = read()
        return 'fault' in one ? '' : one.issuer.text
      },
      faultAt: (now) => {
        const one = read()
        if ('fault' in one) return one
        if (judged === undefined || now < judged.from || now >= judged.until)
          judged = judge(one, row, trust, now)
        return judged.state
      },
    },
  }
}

export type CertificateRefused = { readonly kind: 'refused'; readonly rule: Text }

/** A certificate that somebody sent, PEM or DER, as a row that is believed now; or why it is none. */
export function certificateFrom(bytes: Bytes, trust: Trust, now: Instant): Certificate | CertificateRefused {
  const read = readX509(bytes)
  if (read.kind === 'refused') return { kind: 'refused', rule: { zh: read.zh, en: read.en } }
  const [, owner = '', word] = COMMON_NAME.exec(read.subject.commonName ?? '') ?? []
  const key = keyOf(read)
  if (word === undefined || key === undefined)
    return {
      kind: 'refused',
      rule: {
        zh: `主体 ${read.subject.text} 不是“八位机构代码:SIGN 或 ENC”，或公钥不用于报文`,
        en: `the subject ${read.subject.text} is not eight digits and :SIGN or :ENC, or its key is none for messages`,
      },
    }
  const row: CertificateRow = {
    id: read.serial,
    owner,
    use: word === 'SIGN' ? 'sign' : 'encrypt',
    key,
    notBefore: read.notBefore,
    notAfter: read.notAfter,
  }
  const certificate = certified(row, () => read.der, trust)
  const state = certificate.x509?.faultAt(now)
  return state === undefined ? certificate : { kind: 'refused', rule: { zh: state.zh, en: state.en } }
}

function keyOf({ key }: X509): PublicKey | undefined {
  return key.suite === 'sm' || key.suite === 'rsa' ? key : undefined
}

/** The certificate must be about this row: number, owner and use, key, dates. */
function readFor(row: CertificateRow, der: Bytes): X509 | ChainState {
  const read = readX509(der)
  if (read.kind === 'refused') return { fault: 'untrusted', zh: read.zh, en: read.en }
  const same =
    read.serial === row.id &&
    read.subject.commonName === commonNameOf(row.owner, row.use) &&
    // Certificates count whole seconds.
    Math.floor(row.notBefore / 1000) * 1000 === read.notBefore &&
    Math.floor(row.notAfter / 1000) * 1000 === read.notAfter &&
    certifies(read, row.key)
  if (same) return read
  return {
    fault: 'untrusted',
    zh: `证书 ${row.id} 的内容与登记不符（序列号、主体、有效期或公钥）`,
    en: `certificate ${row.id} is about something else than its row (serial number, subject, dates or key)`,
  }
}

/** What was found, and for how long it stays so. */
type Judged = { readonly state: ChainState | undefined; readonly from: Instant; readonly until: Instant }

const FAULTS: Readonly<Record<ChainFaultName, CertificateFault>> = {
  'unknown-issuer': 'untrusted',
  'bad-signature': 'untrusted',
  'not-a-ca': 'untrusted',
  'path-too-long': 'untrusted',
  'test-root': 'untrusted',
  'wrong-usage': 'untrusted',
  'not-yet-valid': 'not yet valid',
  expired: 'expired',
  revoked: 'revoked',
  'no-fresh-list': 'no fresh revocation list',
}

/** The answer can change only at an instant that a certificate or a list names. */
function judge(read: X509, { use }: CertificateRow, trust: Trust, now: Instant): Judged {
  const [roots, intermediates] = [trust.roots(), trust.intermediates()]
  const lists = trust.lists(now)
  const found = verifyChain(read, intermediates, roots, lists, now, {
    use,
    ...(trust.testRoots === 'refused' && { testRoots: testRoots() }),
  })
  const instants = [
    ...[read, ...intermediates, ...roots].flatMap(({ notBefore, notAfter }) => [notBefore, notAfter + 1]),
    ...lists.flatMap(({ thisUpdate, nextUpdate, revoked }) => [
      thisUpdate,
      nextUpdate,
      ...[...revoked.values()].map(({ at }) => at),
    ]),
  ]
  return {
    state: found && { fault: FAULTS[found.name], zh: found.zh, en: found.en },
    from: Math.max(...instants.filter((one) => one <= now), Number.NEGATIVE_INFINITY),
    // Without a list to wait for, one may come at any time.
    until:
      lists.length === 0 ? now : Math.min(...instants.filter((one) => one > now), Number.POSITIVE_INFINITY),
  }
}
