// What `sifang keys show` says of certificates, of revocation lists and of RSA keys: whose, from when to when, for what, both
// spellings of the number, and whether the chain holds. The roots are the test network's and those of --ca.
import {
  isListOf,
  type KeyFileRefusal,
  readRevocationList,
  readRsaKeyFile,
  readX509,
  type RevocationList,
  type Secret,
  sm3,
  testAuthority,
  testRoots,
  toHex,
  utf8,
  verifyChain,
  writePem,
  type X509,
} from '../crypto/crypto.ts'
import { UsageError } from './usage.ts'

type Lang = 'zh' | 'en'
type Text = Readonly<Record<Lang, string>>

/** Certificates and lists that are given beside the file. */
export type Beside = { readonly ca: readonly X509[]; readonly crl: readonly RevocationList[] }

export type JudgedCertificate = {
  readonly subject: string
  readonly issuer: string
  readonly notBefore: string
  readonly notAfter: string
  readonly serialDecimal: string
  readonly serialHex: string
  readonly sm3: string
  readonly key: string
  readonly use: readonly string[]
  /** holds, or the name of the first fault. */
  readonly chain: string
  readonly chainText: Text
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g
const iso = (at: number): string => new Date(at).toISOString()

/** Every certificate in a file: PEM blocks of that label, or one DER. What is no strict certificate is passed over. */
export function certificatesIn(bytes: Uint8Array): readonly X509[] {
  return blocks(bytes, 'CERTIFICATE').flatMap((one) => {
    const read = readX509(one)
    return read.kind === 'refused' ? [] : [read]
  })
}

/** Every revocation list in a file. */
function listsIn(bytes: Uint8Array): readonly RevocationList[] {
  return blocks(bytes, 'X509 CRL').flatMap((one) => {
    const read = readRevocationList(one)
    return read.kind === 'refused' ? [] : [read]
  })
}

function blocks(bytes: Uint8Array, label: string): readonly Uint8Array[] {
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.includes('-----BEGIN ')) return [bytes]
  return [...text.matchAll(BLOCK)].filter(([, name]) => name === label).map(([block]) => utf8(block))
}

export function judgedCertificate(
  one: X509,
  others: readonly X509[],
  { ca, crl }: Beside,
  now: number,
): JudgedCertificate {
  const tests = testRoots()
  const between = [...others, ...(['sm', 'rsa'] as const).map((suite) => testAuthority(suite).issuing)]
  const roots = [...tests, ...ca]
  const fault = verifyChain(one, between, roots, crl, now, crl.length === 0 ? { revocation: 'ignored' } : {})
  const test = verifyChain(one, between, roots, [], now, { revocation: 'ignored', testRoots: tests })
  return {
    subject: one.subject.text,
    issuer: one.issuer.text,
    notBefore: iso(one.notBefore),
    notAfter: iso(one.notAfter),
    serialDecimal: one.serial,
    serialHex: one.serialHex,
    sm3: toHex(sm3(one.der)),
    key: one.key.suite,
    use: one.authority === undefined ? (one.keyUsage ?? []) : ['CA', ...(one.keyUsage ?? [])],
    chain: fault?.name ?? 'holds',
    chainText: fault ?? holds(test?.name === 'test-root', crl.length > 0),
  }
}

function holds(isTest: boolean, listed: boolean): Text {
  const zh = isTest ? '成立，根为公开的测试根：仅用于测试' : '成立'
  const en = isTest ? 'holds, under the public test root: good for tests only' : 'holds'
  if (listed) return { zh, en }
  return {
    zh: `${zh}；未判断吊销（用 --crl 给出吊销列表）`,
    en: `${en}; revocation not judged (give the lists with --crl)`,
  }
}

const WORDS = {
  found: { zh: '内容', en: 'found' },
  note: { zh: '注意', en: 'note' },
  private: { zh: '私钥', en: 'private key' },
  matches: { zh: '有，与公钥相符（不显示）', en: 'yes, and it belongs to the public key; never shown' },
  absent: { zh: '无', en: 'none' },
  fingerprint: { zh: '公钥指纹（SM3）', en: 'fingerprint (SM3)' },
  subject: { zh: '证书主体', en: 'subject' },
  issuer: { zh: '颁发者', en: 'issuer' },
  valid: { zh: '有效期', en: 'valid' },
  serial: { zh: '序列号', en: 'serial, decimal' },
  serialHex: { zh: '序列号（十六进制）', en: 'serial, hex' },
  use: { zh: '用途', en: 'use' },
  chain: { zh: '证书链', en: 'chain' },
  certificate: { zh: '证书指纹（SM3）', en: 'certificate (SM3)' },
  list: { zh: '吊销列表', en: 'revocation list' },
  number: { zh: '编号', en: 'number' },
  signature: { zh: '签名', en: 'signature' },
  revoked: { zh: '已吊销', en: 'revoked' },
} as const satisfies Readonly<Record<string, Text>>

type RowName = keyof typeof WORDS
const LABEL_COLUMNS = 24

/** One line: what it is, in a column, and its value. */
function rowIn(lang: Lang, name: RowName, value: string): string {
  const label = WORDS[name][lang]
  // A Chinese character is two columns wide.
  const columns = Array.from(label).reduce((sum, sign) => sum + (sign > '\u2e80' ? 2 : 1), 0)
  return `${label}${' '.repeat(Math.max(1, LABEL_COLUMNS - columns))}${value}`
}

export function certificateRows(one: JudgedCertificate, lang: Lang): readonly string[] {
  const row = (name: RowName, value: string): string => rowIn(lang, name, value)
  return [
    row('subject', one.subject),
    row('issuer', one.issuer),
    row('valid', `${one.notBefore} … ${one.notAfter}`),
    row('serial', one.serialDecimal),
    row('serialHex', one.serialHex),
    row('use', one.use.join(', ') || '–'),
    row('chain', one.chainText[lang]),
    row('certificate', one.sm3),
  ]
}

export type Printed = { readonly json: object; readonly lines: readonly string[] }

export const readByOthers = (file: string): string => `others on this machine may read it: chmod 600 ${file}`

/** A file with an RSA key or certificates about one; the refusal is readRsaKeyFile's. `file` where others may read it. */
export function rsaPrinted(
  bytes: Uint8Array,
  { password, file }: { readonly password?: Secret<string> | undefined; readonly file?: string },
  beside: Beside,
  lang: Lang,
  now: number,
): Printed | KeyFileRefusal {
  const read = readRsaKeyFile(bytes, password)
  if (read.kind === 'refused') return read
  const { found, publicKey, privateKey, certificates } = read
  const notes = [
    ...read.notes,
    ...(privateKey === undefined || file === undefined ? [] : [readByOthers(file)]),
  ]
  const judged = certificates.map((one) => judgedCertificate(one, certificates, beside, now))
  const fingerprint = toHex(sm3(publicKey))
  const publicKeyPem = writePem('PUBLIC KEY', publicKey)
  return {
    json: {
      suite: 'rsa',
      found,
      notes,
      private: privateKey !== undefined,
      publicKeyPem,
      fingerprint,
      certificates: judged,
    },
    lines: [
      rowIn(lang, 'found', `RSA: ${found}`),
      ...notes.map((note) => rowIn(lang, 'note', note)),
      rowIn(lang, 'private', WORDS[privateKey === undefined ? 'absent' : 'matches'][lang]),
      rowIn(lang, 'fingerprint', fingerprint),
      ...judged.flatMap((one) => certificateRows(one, lang)),
      publicKeyPem.trimEnd(),
    ],
  }
}

/** Certificates about a key of neither suite, such as P-256 for TLS. */
export function certificatesPrinted(
  bytes: Uint8Array,
  beside: Beside,
  lang: Lang,
  now: number,
): Printed | undefined {
  const certificates = certificatesIn(bytes)
  if (certificates.length === 0) return undefined
  const judged = certificates.map((one) => judgedCertificate(one, certificates, beside, now))
  return { json: { certificates: judged }, lines: judged.flatMap((one) => certificateRows(one, lang)) }
}

/** Undefined where the file holds no revocation list. */
export function listsPrinted(
  bytes: Uint8Array,
  { ca }: Beside,
  lang: Lang,
  now: number,
): Printed | undefined {
  const lists = listsIn(bytes)
  if (lists.length === 0) return undefined
  const told = lists.map((list) => ({
    issuer: list.issuer.text,
    thisUpdate: iso(list.thisUpdate),
    nextUpdate: iso(list.nextUpdate),
    number: list.number ?? null,
    fresh: list.thisUpdate <= now && now < list.nextUpdate,
    signature: signatureOf(list, ca),
    revoked: [...list.revoked].map(([serial, { at, reason }]) => ({
      serialDecimal: serial,
      serialHex: BigInt(serial).toString(16),
      at: iso(at),
      reason,
    })),
  }))
  const row = (name: RowName, value: string): string => rowIn(lang, name, value)
  return {
    json: { lists: told },
    lines: told.flatMap((one) => [
      row('list', FRESH[one.fresh ? 'yes' : 'no'][lang]),
      row('issuer', one.issuer),
      row('valid', `${one.thisUpdate} … ${one.nextUpdate}`),
      ...(one.number === null ? [] : [row('number', one.number)]),
      row('signature', SIGNATURES[one.signature][lang]),
      ...one.revoked.map(({ serialDecimal, serialHex, at, reason }) =>
        row('revoked', `${serialDecimal} (${serialHex})  ${at}  ${reason}`),
      ),
    ]),
  }
}

const FRESH = {
  yes: { zh: '仍然有效', en: 'holds now' },
  no: { zh: '已过期或尚未生效，不能据此判断', en: 'does not hold now: nothing can be judged by it' },
} as const
const SIGNATURES = {
  holds: { zh: '成立', en: 'holds' },
  'unknown issuer': {
    zh: '颁发者未知：用 --ca 给出其证书',
    en: 'its issuer is not known: give its certificate with --ca',
  },
  'does not hold': { zh: '不成立', en: 'does not hold' },
} as const

/** Its issuer is looked for among the authorities that are known. */
function signatureOf(list: RevocationList, ca: readonly X509[]): keyof typeof SIGNATURES {
  const tests = (['sm', 'rsa'] as const).map((suite) => testAuthority(suite))
  const known = [...tests.flatMap(({ root, issuing }) => [root, issuing]), ...ca]
  const named = known.filter(({ subject }) => toHex(subject.der) === toHex(list.issuer.der))
  if (named.length === 0) return 'unknown issuer'
  return named.some((issuer) => isListOf(list, issuer)) ? 'holds' : 'does not hold'
}

export function besideOf(ca: readonly Uint8Array[], crl: readonly Uint8Array[]): Beside {
  const found = { ca: ca.flatMap(certificatesIn), crl: crl.flatMap(listsIn) }
  if (ca.length > 0 && found.ca.length === 0)
    throw new UsageError('--ca: the file holds no certificate in PEM or DER')
  if (crl.length > 0 && found.crl.length === 0)
    throw new UsageError('--crl: the file holds no revocation list in PEM or DER')
  return found
}
