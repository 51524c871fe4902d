// sifang.config.yaml: how to reach a system that is not ours. Read strictly; every fault is said with file, line,
// column, what was expected and what to write, before any message is sent.
import { readFile } from 'node:fs/promises'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { fromHex, type PublicKey, wrap } from '../crypto/crypto.ts'
import { FEATURES, type Feature } from '../scenarios/scenarios.ts'
import { UsageError } from './usage.ts'

const CertificateId = z
  .string()
  .regex(/^[1-9][0-9]{0,39}$/, 'a certificate id is 1 to 40 decimal digits without leading zero')
const PublicKeyHex = z
  .string()
  .regex(/^04[0-9a-fA-F]{128}$/, 'an SM2 public key is 04 followed by 128 hexadecimal digits (x and y)')
const Certificate = z.strictObject({ id: CertificateId, publicKey: PublicKeyHex })

const Config = z.strictObject({
  subject: z.strictObject({
    name: z.string().min(1),
    url: z.url({ protocol: /^https?$/, error: 'an address such as http://127.0.0.1:18081' }),
    sign: Certificate,
    encrypt: Certificate,
    features: z.array(z.enum(FEATURES)),
  }),
  /** Where our side listens, so that the subject can reach the switch. */
  switch: z
    .strictObject({
      port: z
        .string()
        .regex(/^[0-9]{1,5}$/, 'a port number')
        .default('18080'),
    })
    .prefault({}),
  /** The test keys of our side follow from it: the same seed, the same keys. */
  seed: z.string().min(1).default('1'),
})

export type SubjectConfig = {
  readonly name: string
  readonly url: string
  readonly sign: { readonly id: string; readonly key: PublicKey }
  readonly encrypt: { readonly id: string; readonly key: PublicKey }
  readonly features: readonly Feature[]
  readonly switchPort: number
  readonly seed: string
}

/** Wrapping something for it is the one thing that only a point of the curve allows. */
async function isKey(hex: string): Promise<boolean> {
  try {
    await wrap({ suite: 'sm', publicKey: fromHex(hex.toLowerCase()) }, new Uint8Array(16), (length) =>
      new Uint8Array(length).fill(1),
    )
    return true
  } catch {
    return false
  }
}

export async function readConfig(path: string): Promise<SubjectConfig> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    throw new UsageError(`${path}: there is no such file; README.md, “Your own system”, shows what it holds`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines })
  const at = (offset: number): string => `${path}:${lines.linePos(offset).line}:${lines.linePos(offset).col}`
  const [error] = document.errors
  if (error !== undefined)
    throw new UsageError(`${at(error.pos[0])}: is not YAML: ${error.message.split('\n')[0] ?? ''}`)
  const parsed = Config.safeParse(document.toJS())
  if (!parsed.success) {
    const said = parsed.error.issues.map((issue) => {
      const keys = issue.path.filter((part): part is string | number => typeof part !== 'symbol')
      let offset = 0
      for (let length = keys.length; length > 0 && offset === 0; length -= 1) {
        const node = document.getIn(keys.slice(0, length), true)
        if (isNode(node) && node.range !== null && node.range !== undefined) offset = node.range[0]
      }
      return `${at(offset)}: ${keys.join('.') || 'the configuration'}: ${issue.message}`
    })
    throw new UsageError(said.join('\n'))
  }
  const { subject, switch: own, seed } = parsed.data
  for (const use of ['sign', 'encrypt'] as const) {
    if (await isKey(subject[use].publicKey)) continue
    const node = document.getIn(['subject', use, 'publicKey'], true)
    throw new UsageError(
      `${at(isNode(node) && node.range !== null && node.range !== undefined ? node.range[0] : 0)}: subject.${use}.publicKey: is not a point of the curve sm2p256v1; was a digit lost or changed in copying?`,
    )
  }
  const key = (hex: string): PublicKey => ({ suite: 'sm', publicKey: fromHex(hex.toLowerCase()) })
  return {
    name: subject.name,
    url: subject.url.replace(/\/$/, ''),
    sign: { id: subject.sign.id, key: key(subject.sign.publicKey) },
    encrypt: { id: subject.encrypt.id, key: key(subject.encrypt.publicKey) },
    features: subject.features,
    switchPort: Number(own.port),
    seed,
  }
}
