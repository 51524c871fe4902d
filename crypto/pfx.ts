// PFX files (PKCS#12, RFC 7292) and encrypted PKCS#8: the MAC first, then PBES2 (RFC 8018), then the bags. Older ciphers
// than PBES2's are recognised and not opened.
import { createDecipheriv, createHmac, hash, pbkdf2Sync } from 'node:crypto'
import { type Bytes, concat, equalBytes } from './bytes.ts'
import {
  children,
  content,
  type Der,
  KeyFileError,
  member,
  oid,
  only,
  readDer,
  smallInteger,
  TAG,
} from './der-tree.ts'
import { type Part, readCertificate, readPkcs8 } from './key-structures.ts'
import type { Secret } from './secret.ts'

export type Password = Secret<string>

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const BAG = '1.2.840.113549.1.12.10.1'
const X509 = '1.2.840.113549.1.9.22.1'
const PBES2 = '1.2.840.113549.1.5.13'
const PBKDF2 = '1.2.840.113549.1.5.12'
const CONTEXT_0 = 0xa0
const CONTEXT_0_PRIMITIVE = 0x80

// Block is the digest's own, in bytes: the key derivation of RFC 7292 fills whole blocks.
const DIGESTS: Readonly<Record<string, { readonly name: string; readonly block: number }>> = {
  '1.3.14.3.2.26': { name: 'sha1', block: 64 },
  '2.16.840.1.101.3.4.2.4': { name: 'sha224', block: 64 },
  '2.16.840.1.101.3.4.2.1': { name: 'sha256', block: 64 },
  '2.16.840.1.101.3.4.2.2': { name: 'sha384', block: 128 },
  '2.16.840.1.101.3.4.2.3': { name: 'sha512', block: 128 },
  '1.2.156.10197.1.401': { name: 'sm3', block: 64 },
}
const HMACS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
  '1.2.156.10197.1.401.2': 'sm3',
  '1.2.156.10197.1.401.3.1': 'sm3',
}
const HMAC_DEFAULT = 'sha1'
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly key: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', key: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', key: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', key: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', key: 24 },
  '1.2.156.10197.1.104.2': { name: 'sm4-cbc', key: 16 },
}

// Seconds, not minutes, for a file that somebody made to be slow.
const ITERATIONS_MAX = 2_000_000
const LOCKED = 'pass --password-file FILE, a file with the password on its first line'
const AGAIN =
  'write the file again with OpenSSL 3: openssl pkcs12 -in OLD -legacy -nodes | openssl pkcs12 -export -out NEW'

export function readEncryptedPkcs8(root: Der, password: Password | undefined): Part {
  const plain = unlockedPkcs8(root, password)
  return { ...readPkcs8(plain), form: 'a private key in PKCS#8, locked with a password' }
}

// The PrivateKeyInfo inside, of whatever kind its key is.
export function unlockedPkcs8(root: Der, password: Password | undefined): Der {
  if (password === undefined) {
    throw new KeyFileError('this private key is locked with a password', undefined, LOCKED)
  }
  const [algorithm, sealed] = children(root)
  const octets = member(root, sealed, TAG.octetString, 'the encryptedData')
  return decrypt(member(root, algorithm, TAG.sequence, 'the encryptionAlgorithm'), content(octets), password)
}

export function readPfx(root: Der, password: Password | undefined): readonly Part[] {
  return openPfx(root, password).map(({ kind, value, note }) => {
    if (kind === 'note') return { form: '', notes: [note] }
    return kind === 'key' ? readPkcs8(value) : readCertificate(value)
  })
}

// A key as PrivateKeyInfo, or a certificate, of whatever kind; or something to be said.
export type PfxBag =
  | { readonly kind: 'key' | 'certificate'; readonly value: Der; readonly note?: never }
  | { readonly kind: 'note'; readonly value?: never; readonly note: string }

export function openPfx(root: Der, password: Password | undefined): readonly PfxBag[] {
  if (password === undefined) {
    throw new KeyFileError('this is a PFX file, locked with a password', undefined, LOCKED)
  }
  const [, authSafe, mac] = children(root)
  const safe = member(root, authSafe, TAG.sequence, 'the authSafe')
  const octets = dataOf(safe)
  const checked = mac !== undefined && checkMac(mac, content(octets), password)
  const contents = children(only(octets, TAG.sequence, 'the AuthenticatedSafe'))
  const bags = contents.flatMap((info) =>
    children(safeContents(info, password)).flatMap((bag) => readBag(bag, password)),
  )
  return checked ? bags : [{ kind: 'note', note: 'it has no MAC: nothing shows that it is whole' }, ...bags]
}

function safeContents(info: Der, password: Password): Der {
  const [type, explicit] = children(member(info, info, TAG.sequence, 'a ContentInfo'))
  const kind = oid(member(info, type, TAG.oid, 'the contentType'))
  if (kind === DATA) return only(dataOf(info), TAG.sequence, 'the SafeContents')
  if (kind !== ENCRYPTED_DATA) {
    throw new KeyFileError(`a part is of the type ${kind}, which is not opened here`, info.at, AGAIN)
  }
  const encrypted = only(member(info, explicit, CONTEXT_0, 'the content'), TAG.sequence, 'the EncryptedData')
  const inner = member(encrypted, children(encrypted)[1], TAG.sequence, 'the EncryptedContentInfo')
  const [, algorithm, sealed] = children(inner)
  const bytes = content(member(inner, sealed, CONTEXT_0_PRIMITIVE, 'the encryptedContent'))
  const plain = decrypt(
    member(inner, algorithm, TAG.sequence, 'the contentEncryptionAlgorithm'),
    bytes,
    password,
  )
  return member(plain, plain, TAG.sequence, 'the SafeContents')
}

function readBag(bag: Der, password: Password): readonly PfxBag[] {
  const [type, explicit] = children(member(bag, bag, TAG.sequence, 'a SafeBag'))
  const kind = oid(member(bag, type, TAG.oid, 'the bagId'))
  const value = only(member(bag, explicit, CONTEXT_0, 'the bagValue'), TAG.sequence, 'the content of the bag')
  if (kind === `${BAG}.1`) return [{ kind: 'key', value }]
  if (kind === `${BAG}.2`) return [{ kind: 'key', value: unlockedPkcs8(value, password) }]
  if (kind !== `${BAG}.3`) return [{ kind: 'note', note: `a bag of the type ${kind} was passed over` }]
  const [form, wrapped] = children(value)
  if (oid(member(value, form, TAG.oid, 'the certId')) !== X509) return []
  const octets = only(member(value, wrapped, CONTEXT_0, 'the certValue'), TAG.octetString, 'the certificate')
  return [{ kind: 'certificate', value: only(octets, TAG.sequence, 'the Certificate') }]
}

// The OCTET STRING of a ContentInfo that holds data.
function dataOf(info: Der): Der {
  const [type, explicit] = children(info)
  if (oid(member(info, type, TAG.oid, 'the contentType')) !== DATA) {
    throw new KeyFileError('this PFX is signed with a certificate instead of a password', info.at, AGAIN)
  }
  return only(member(info, explicit, CONTEXT_0, 'the content'), TAG.octetString, 'the data')
}

function checkMac(mac: Der, bytes: Bytes, password: Password): true {
  const [info, salt, count] = children(member(mac, mac, TAG.sequence, 'the macData'))
  const [algorithm, expected] = children(member(mac, info, TAG.sequence, 'the mac'))
  const name = algorithmName(member(mac, algorithm, TAG.sequence, 'the algorithm of the MAC'))
  const digest = DIGESTS[name]
  if (digest === undefined) throw new KeyFileError(`its MAC is of the kind ${name}`, mac.at, AGAIN)
  const key = pkcs12Key(
    digest,
    password,
    content(member(mac, salt, TAG.octetString, 'the salt of the MAC')),
    count === undefined ? 1 : iterations(member(mac, count, TAG.integer, 'the iterations of the MAC')),
  )
  const computed = new Uint8Array(createHmac(digest.name, key).update(bytes).digest())
  if (!equalBytes(computed, content(member(mac, expected, TAG.octetString, 'the MAC')))) throw wrongPassword()
  return true
}

// RFC 7292, appendix B.2, for the MAC (ID 3). A MAC key is as long as the digest, so one round gives all of it.
function pkcs12Key(
  digest: { readonly name: string; readonly block: number },
  password: Password,
  salt: Bytes,
  count: number,
): Bytes {
  const bmp = Buffer.from(`${password.reveal()}\0`, 'utf16le').swap16()
  const filled = (bytes: Bytes): Bytes => {
    const length = Math.ceil(bytes.length / digest.block) * digest.block
    return Uint8Array.from({ length }, (_, index) => bytes[index % bytes.length] ?? 0)
  }
  let key = concat(new Uint8Array(digest.block).fill(3), filled(salt), filled(bmp))
  for (let round = 0; round < count; round++) key = hash(digest.name, key, 'buffer')
  return key
}

// PBES2: PBKDF2 with an HMAC, then a cipher in CBC. One wrong password in 256 leaves a valid padding, but no DER.
function decrypt(algorithm: Der, sealed: Bytes, password: Password): Der {
  const [name, parameters] = children(algorithm)
  const scheme = oid(member(algorithm, name, TAG.oid, 'the name of the encryption'))
  if (scheme !== PBES2) {
    throw new KeyFileError(`its encryption is ${scheme}, older than PBES2`, algorithm.at, AGAIN)
  }
  const [kdf, encryption] = children(member(algorithm, parameters, TAG.sequence, 'the parameters of PBES2'))
  const [cipherName, iv] = children(member(algorithm, encryption, TAG.sequence, 'the encryptionScheme'))
  const found = oid(member(algorithm, cipherName, TAG.oid, 'the cipher'))
  const cipher = CIPHERS[found]
  if (cipher === undefined) throw new KeyFileError(`its cipher is ${found}`, algorithm.at, AGAIN)
  const key = pbkdf2(member(algorithm, kdf, TAG.sequence, 'the keyDerivationFunc'), cipher.key, password)
  const vector = content(member(algorithm, iv, TAG.octetString, 'the iv'))
  try {
    const decipher = createDecipheriv(cipher.name, key, vector)
    return readDer(concat(decipher.update(sealed), decipher.final()))
  } catch {
    throw wrongPassword()
  }
}

function pbkdf2(kdf: Der, keyBytes: number, password: Password): Bytes {
  const [name, parameters] = children(kdf)
  const found = oid(member(kdf, name, TAG.oid, 'the name of the key derivation'))
  if (found !== PBKDF2) throw new KeyFileError(`its key derivation is ${found}`, kdf.at, AGAIN)
  const sequence = member(kdf, parameters, TAG.sequence, 'the parameters of PBKDF2')
  const [salt, count, ...rest] = children(sequence)
  const prf = rest.find(({ tag }) => tag === TAG.sequence)
  const hmac = prf === undefined ? HMAC_DEFAULT : HMACS[algorithmName(prf)]
  if (hmac === undefined) throw new KeyFileError('its HMAC is not known here', kdf.at, AGAIN)
  return pbkdf2Sync(
    Buffer.from(password.reveal(), 'utf8'),
    content(member(sequence, salt, TAG.octetString, 'the salt')),
    iterations(member(sequence, count, TAG.integer, 'the iterationCount')),
    keyBytes,
    hmac,
  )
}

function iterations(der: Der): number {
  const count = smallInteger(der)
  if (count >= 1 && count <= ITERATIONS_MAX) return count
  throw new KeyFileError(`iterations must be from 1 to ${ITERATIONS_MAX}, they are ${count}`, der.at, AGAIN)
}

function algorithmName(algorithm: Der): string {
  return oid(member(algorithm, children(algorithm)[0], TAG.oid, 'the name of an algorithm'))
}

function wrongPassword(): KeyFileError {
  return new KeyFileError(
    'the password does not open it, or the file is damaged',
    undefined,
    'try another --password-file; only its first line is read',
  )
}
