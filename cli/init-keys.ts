// The two SM2 keys of somebody's system for its configuration: read from the files they have, or fresh for a trial.
import { randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, readKeyFile, toHex, writePem, writePkcs8 } from '../crypto/crypto.ts'
import { UsageError } from './usage.ts'

/** As the configuration has it. */
export type Certified = { readonly id: string; readonly publicKey: string }
type Key = { readonly publicKey: string; readonly serial?: string }
export type Own = {
  readonly sign: Key
  readonly encrypt: Key
  /** Private halves that nobody has yet. */
  readonly files: readonly { readonly path: string; readonly text: string }[]
}

const FILE_BYTES_MAX = 1024 * 1024

/** The public key that a file holds; of a private key only its public half is taken. */
export async function keyFrom(path: string): Promise<Key> {
  const bytes = await bytesOf(path)
  const key = readKeyFile(bytes, undefined)
  if (key.kind === 'refused') throw new UsageError(`${path}: ${key.because}. What to do: ${key.advice}.`)
  return {
    publicKey: toHex(key.publicKey),
    ...(key.certificate !== undefined && { serial: key.certificate.serialDecimal }),
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size <= FILE_BYTES_MAX) return Uint8Array.from(await readFile(path))
  } catch (error) {
    throw new UsageError(`${path}: cannot be read: ${(error as Error).message}`)
  }
  throw new UsageError(`${path}: larger than 1 MiB, so no key file`)
}

export async function freshKeys(folder: string): Promise<Own> {
  const pair = async (name: string) => {
    const made = await generateKeyPair('sm', (count) => Uint8Array.from(randomBytes(count)))
    if (made.suite !== 'sm') throw new Error('a pair of the suite sm was asked for')
    return {
      key: { publicKey: toHex(made.publicKey) },
      file: { path: join(folder, `sifang-${name}.pem`), text: writePem('PRIVATE KEY', writePkcs8(made)) },
    }
  }
  const [sign, encrypt] = [await pair('sign'), await pair('encrypt')]
  return { sign: sign.key, encrypt: encrypt.key, files: [sign.file, encrypt.file] }
}
