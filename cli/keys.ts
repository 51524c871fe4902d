// `sifang keys`: a fresh SM2 pair, a key from anywhere in our own form, or what a file holds. A private key goes into a
// file of mode 0600 and nowhere else.
import { randomBytes } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import {
  type Certificate,
  generateKeyPair,
  type KeyFile,
  type KeyFileRefusal,
  readKeyFile,
  Secret,
  sm3,
  toHex,
  writePem,
  writePkcs8,
  writeSpki,
} from '../crypto/crypto.ts'
import {
  type Beside,
  besideOf,
  certificateRows,
  certificatesIn,
  certificatesPrinted,
  type JudgedCertificate,
  judgedCertificate,
  listsPrinted,
  type Printed,
  readByOthers,
  rsaPrinted,
} from './keys-certificates.ts'
import { UsageError } from './usage.ts'

type KeysCommand = {
  // What `import` and `show` read.
  readonly file?: string
  readonly out?: string
  readonly passwordFile?: string
  // Files with authorities that are believed besides the test network's, and with revocation lists.
  readonly ca?: string
  readonly crl?: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

const FILE_BYTES_MAX = 1024 * 1024
const PRIVATE_MODE = 0o600
const PUBLIC_MODE = 0o644
// Group and others.
const ANYONE = 0o077

const WORDS = {
  found: { zh: '内容', en: 'found' },
  note: { zh: '注意', en: 'note' },
  private: { zh: '私钥', en: 'private key' },
  matches: { zh: '有，与公钥相符（不显示）', en: 'yes, and it belongs to the public key; never shown' },
  absent: { zh: '无', en: 'none' },
  publicKey: { zh: '公钥（04‖x‖y）', en: 'public key, 04 ‖ x ‖ y' },
  bare: { zh: '公钥（x‖y）', en: 'public key, x ‖ y' },
  fingerprint: { zh: '公钥指纹（SM3）', en: 'fingerprint (SM3)' },
  subject: { zh: '证书主体', en: 'subject' },
  issuer: { zh: '颁发者', en: 'issuer' },
  valid: { zh: '有效期', en: 'valid' },
  serial: { zh: '序列号', en: 'serial, decimal' },
  serialHex: { zh: '序列号（十六进制）', en: 'serial, hex' },
  certificate: { zh: '证书指纹（SM3）', en: 'certificate (SM3)' },
  written: { zh: '已写入', en: 'written' },
} as const

const LABEL_COLUMNS = 24

export async function keysCommand(action: 'new' | 'import' | 'show', options: KeysCommand): Promise<void> {
  const other = action === 'show' ? await otherThanSm2(options) : undefined
  if (other !== undefined)
    return void process.stdout.write(
      `${options.json === true ? JSON.stringify(other.json, null, 2) : other.lines.join('\n')}\n`,
    )
  const key = action === 'new' ? await fresh() : await keyIn(options)
  const judged = action === 'show' ? await ownCertificate(key, options) : undefined
  const written = action === 'show' ? undefined : await written600(key, options.out)
  const printed =
    options.json === true
      ? JSON.stringify({ ...asJson(key, written), ...(judged !== undefined && { judged }) }, null, 2)
      : asText(key, written, options.lang, judged).join('\n')
  process.stdout.write(`${printed}\n`)
  if (action === 'new' && written === undefined)
    process.stderr.write('The private key was not kept. To keep it: sifang keys new --out FILE\n')
}

// Revocation lists, RSA keys, and certificates about keys that are neither; undefined where the file is SM2's.
async function otherThanSm2(options: KeysCommand): Promise<Printed | undefined> {
  const { file, passwordFile, lang } = options
  if (file === undefined) return undefined
  const { bytes, mode } = await read(file)
  const beside = await besideIn(options)
  const now = Date.now()
  const lists = listsPrinted(bytes, beside, lang, now)
  if (lists !== undefined) return lists
  const password = passwordFile === undefined ? undefined : await passwordIn(passwordFile)
  const sm2 = readKeyFile(bytes, password)
  if (sm2.kind === 'key') return undefined
  const bare = password === undefined && process.platform !== 'win32' && (mode & ANYONE) !== 0
  const rsa = rsaPrinted(bytes, { password, ...(bare && { file }) }, beside, lang, now)
  if ('lines' in rsa) return rsa
  const certificates = certificatesPrinted(bytes, beside, lang, now)
  // Of the two refusals, the one of the reader whose key it is.
  if (certificates === undefined && sm2.because.includes('RSA')) throw refusal(file, rsa)
  return certificates
}

async function besideIn({ ca, crl }: KeysCommand): Promise<Beside> {
  const bytesIn = async (file: string | undefined): Promise<readonly Uint8Array[]> =>
    file === undefined ? [] : [(await read(file)).bytes]
  return besideOf(await bytesIn(ca), await bytesIn(crl))
}

// The certificate of this key, where the file holds one that is strict.
async function ownCertificate(key: KeyFile, options: KeysCommand): Promise<JudgedCertificate | undefined> {
  if (key.certificate === undefined || options.file === undefined) return undefined
  const all = certificatesIn((await read(options.file)).bytes)
  const own = all.find(({ serial }) => serial === key.certificate?.serialDecimal)
  return own && judgedCertificate(own, all, await besideIn(options), Date.now())
}

async function fresh(): Promise<KeyFile> {
  const pair = await generateKeyPair('sm', (count) => Uint8Array.from(randomBytes(count)))
  if (pair.suite !== 'sm') throw new Error('a pair of the suite sm was asked for')
  return {
    kind: 'key',
    found: 'a fresh SM2 pair',
    notes: [],
    publicKey: pair.publicKey,
    privateKey: pair,
  }
}

async function keyIn({ file, passwordFile }: KeysCommand): Promise<KeyFile> {
  if (file === undefined) throw new UsageError('name the key file: sifang keys show FILE')
  const { bytes, mode } = await read(file)
  const password = passwordFile === undefined ? undefined : await passwordIn(passwordFile)
  const key = readKeyFile(bytes, password)
  if (key.kind === 'refused') throw refusal(file, key)
  const bare = key.privateKey !== undefined && password === undefined
  if (!bare || process.platform === 'win32' || (mode & ANYONE) === 0) return key
  return { ...key, notes: [...key.notes, readByOthers(file)] }
}

function refusal(file: string, { because, at, advice }: KeyFileRefusal): UsageError {
  const where = at === undefined ? '' : ` (at byte ${at} of the DER)`
  return new UsageError(`${file}: ${because}${where}. What to do: ${advice}.`)
}

async function read(file: string): Promise<{ readonly bytes: Uint8Array; readonly mode: number }> {
  try {
    const { size, mode } = await stat(file)
    if (size > FILE_BYTES_MAX) throw new UsageError(`${file}: larger than 1 MiB, so no key file.`)
    return { bytes: Uint8Array.from(await readFile(file)), mode }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${file}: ${reason(error)}.`)
  }
}

// Its first line; an editor's line end is no part of a password.
async function passwordIn(file: string): Promise<Secret<string>> {
  const { bytes } = await read(file)
  const [line = ''] = Buffer.from(bytes).toString('utf8').split(/\r?\n/)
  return new Secret(line, '[password]')
}

// Never over a file that is there: it may be somebody's only copy.
async function written600(key: KeyFile, out: string | undefined): Promise<string | undefined> {
  if (out === undefined) return undefined
  const text =
    key.privateKey === undefined
      ? writePem('PUBLIC KEY', writeSpki(key.publicKey))
      : writePem('PRIVATE KEY', writePkcs8(key.privateKey))
  try {
    const file = await open(out, 'wx', key.privateKey === undefined ? PUBLIC_MODE : PRIVATE_MODE)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new UsageError(`${out}: ${reason(error)}.`)
  }
  return out
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or folder',
    EISDIR: 'this is a folder, name a file',
    EACCES: 'permission denied; see who owns it with ls -l',
    EEXIST: 'there is a file of this name, and keys are never written over: choose another --out',
  }
  return known[code ?? ''] ?? message
}

type Shown = {
  readonly found: string
  readonly notes: readonly string[]
  readonly private: boolean
  readonly publicKey: string
  readonly publicKeyBare: string
  readonly publicKeyPem: string
  readonly fingerprint: string
  readonly certificate: Certificate | null
  readonly written: string | null
}

// Built member by member from what is public; the private key is not among them.
function asJson(key: KeyFile, written: string | undefined): Shown {
  const spki = writeSpki(key.publicKey)
  return {
    found: key.found,
    notes: key.notes,
    private: key.privateKey !== undefined,
    publicKey: toHex(key.publicKey),
    publicKeyBare: toHex(key.publicKey.subarray(1)),
    publicKeyPem: writePem('PUBLIC KEY', spki),
    fingerprint: toHex(sm3(spki)),
    certificate: key.certificate ?? null,
    written: written ?? null,
  }
}

function asText(
  key: KeyFile,
  written: string | undefined,
  lang: 'zh' | 'en',
  judged: JudgedCertificate | undefined,
): readonly string[] {
  const shown = asJson(key, written)
  const { certificate } = shown
  const row = (name: keyof typeof WORDS, value: string): string => {
    const label = WORDS[name][lang]
    // A Chinese character is two columns wide.
    const columns = Array.from(label).reduce((sum, sign) => sum + (sign > '\u2e80' ? 2 : 1), 0)
    return `${label}${' '.repeat(Math.max(1, LABEL_COLUMNS - columns))}${value}`
  }
  return [
    row('found', shown.found),
    ...shown.notes.map((note) => row('note', note)),
    row('private', WORDS[shown.private ? 'matches' : 'absent'][lang]),
    row('publicKey', shown.publicKey),
    row('bare', shown.publicKeyBare),
    row('fingerprint', shown.fingerprint),
    ...(judged === undefined ? [] : certificateRows(judged, lang)),
    ...(certificate === null || judged !== undefined
      ? []
      : [
          row('subject', certificate.subject),
          row('issuer', certificate.issuer),
          row('valid', `${certificate.notBefore} … ${certificate.notAfter}`),
          row('serial', certificate.serialDecimal),
          row('serialHex', certificate.serialHex),
          row('certificate', certificate.sm3),
        ]),
    shown.publicKeyPem.trimEnd(),
    ...(written === undefined ? [] : [row('written', written)]),
  ]
}
