// sifang.config.yaml: how to reach a system that is not ours, or how to start it. Read strictly; every fault is said with
// file, line, column, what was expected and what to write, before any message is sent.
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { fromHex, type PublicKey, wrap } from '../crypto/crypto.ts'
import { FEATURES, type Feature, offsetOf, type Role, ROLES } from '../scenarios/scenarios.ts'
import { type ClientTls, clientTls } from './client-tls.ts'
import { asksFor, Spawn, spawnConfig, type SpawnConfig, unknownPlaceholders } from './spawn-config.ts'
import { UsageError } from './usage.ts'

const CertificateId = z
  .string()
  .regex(/^[1-9][0-9]{0,39}$/, 'a certificate id is 1 to 40 decimal digits without leading zero')
const PublicKeyHex = z
  .string()
  .regex(/^04[0-9a-fA-F]{128}$/, 'an SM2 public key is 04 followed by 128 hexadecimal digits (x and y)')
const Certificate = z.strictObject({ id: CertificateId, publicKey: PublicKeyHex })

const ADDRESS = 'an address such as http://127.0.0.1:18081'

const SubjectSection = z
  .strictObject({
    name: z.string().min(1),
    url: z.url({ protocol: /^https?$/, error: ADDRESS }).optional(),
    spawn: Spawn.optional(),
    sign: Certificate.optional(),
    encrypt: Certificate.optional(),
    /** PEM files for an address under https: what we show as a client, and whom we believe. */
    tls: z
      .strictObject({ cert: z.string().min(1), key: z.string().min(1), ca: z.string().min(1).optional() })
      .optional(),
    /** Which part in the network it plays. */
    role: z.enum(ROLES).default('account-institution'),
    features: z.array(z.enum(FEATURES)),
  })
  .superRefine(({ url, spawn, sign, encrypt, tls }, found) => {
    const fault = (path: readonly (string | number)[], message: string): void =>
      found.addIssue({ code: 'custom', path: [...path], message })
    if (url === undefined && spawn === undefined)
      fault(['url'], `${ADDRESS}; or, in its place, spawn: how it is started`)
    if (tls !== undefined && url?.startsWith('https:') !== true)
      fault(['tls'], 'is for an address under https: write subject.url: https://…, or leave it out')
    if (tls !== undefined && spawn !== undefined)
      fault(['tls'], 'is for a system that runs already: leave subject.spawn out')
    const keys = 'id and public key of its certificate, { id: …, publicKey: 04… }'
    if ((spawn === undefined || encrypt !== undefined) && sign === undefined) fault(['sign'], keys)
    if ((spawn === undefined || sign !== undefined) && encrypt === undefined) fault(['encrypt'], keys)
    if (spawn === undefined) return
    for (const { path, message } of unknownPlaceholders(spawn)) fault(['spawn', ...path], message)
    const handed = asksFor(spawn, 'keys')
    if (sign === undefined && !handed)
      fault(
        ['spawn'],
        'write ${keys} in the command or the environment, so that it gets the test keys we make for it; or give its own certificates as subject.sign and subject.encrypt',
      )
    if (sign !== undefined && handed)
      fault(
        ['spawn'],
        '${keys} hands over test keys of ours, but subject.sign says that it has its own: leave one out',
      )
  })

const Config = z.strictObject({
  subject: SubjectSection,
  /** Where our side listens, so that the subject can reach the switch; a free port for a subject that is told. */
  switch: z
    .strictObject({
      port: z
        .string()
        .regex(/^[0-9]{1,5}$/, 'a port number')
        .optional(),
    })
    .prefault({}),
  /** The test keys of our side follow from it: the same seed, the same keys. */
  seed: z.string().min(1).default('1'),
})

type OwnKey = { readonly id: string; readonly key: PublicKey }

export type SubjectConfig = {
  readonly name: string
  /** Where it is reached; absent for a subject that we start and tell its port. */
  readonly url?: string
  readonly spawn?: SpawnConfig
  /** What we bring to its handshake, PEM (SEC-035). */
  readonly tls?: ClientTls
  /** Its own certificates; absent where it gets test keys of ours. */
  readonly keys?: { readonly sign: OwnKey; readonly encrypt: OwnKey }
  readonly role: Role
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
    throw new UsageError(`${path}: there is no such file; docs/your-system.md shows what it holds`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines })
  const at = (offset: number): string => `${path}:${lines.linePos(offset).line}:${lines.linePos(offset).col}`
  const [error] = document.errors
  if (error !== undefined)
    throw new UsageError(`${at(error.pos[0])}: is not YAML: ${error.message.split('\n')[0] ?? ''}`)
  const said = (keys: readonly (string | number)[], message: string): string =>
    `${at(offsetOf(document, keys))}: ${keys.join('.') || 'the configuration'}: ${message}`
  const parsed = Config.safeParse(document.toJS())
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path: keys, message }) =>
      said(
        keys.filter((part): part is string | number => typeof part !== 'symbol'),
        message,
      ),
    )
    throw new UsageError(faults.join('\n'))
  }
  const { sign, encrypt, spawn } = parsed.data.subject
  for (const [use, own] of Object.entries({ sign, encrypt }))
    if (own !== undefined && !(await isKey(own.publicKey)))
      throw new UsageError(
        said(
          ['subject', use, 'publicKey'],
          'is not a point of the curve sm2p256v1; was a digit lost or changed in copying?',
        ),
      )
  const folder = resolve(dirname(path), spawn?.folder ?? '.')
  if (!(await isFolder(folder)))
    throw new UsageError(
      said(
        ['subject', 'spawn', 'folder'],
        `there is no folder ${folder}; it is looked for from where this file is`,
      ),
    )
  const tls = parsed.data.subject.tls
  const client =
    tls === undefined
      ? undefined
      : await clientTls(tls, dirname(path), (key, why) => said(['subject', 'tls', key], why))
  return { ...configOf(parsed.data, folder), ...(client !== undefined && { tls: client }) }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

function configOf({ subject, switch: own, seed }: z.infer<typeof Config>, folder: string): SubjectConfig {
  const { name, url, spawn, sign, encrypt, role, features } = subject
  const owned = ({ id, publicKey }: z.infer<typeof Certificate>): OwnKey => ({
    id,
    key: { suite: 'sm', publicKey: fromHex(publicKey.toLowerCase()) },
  })
  return {
    name,
    ...(url !== undefined && { url: url.replace(/\/$/, '') }),
    ...(spawn !== undefined && { spawn: spawnConfig(spawn, folder) }),
    ...(sign !== undefined &&
      encrypt !== undefined && { keys: { sign: owned(sign), encrypt: owned(encrypt) } }),
    role,
    features,
    switchPort: Number(own.port ?? (spawn === undefined ? '18080' : '0')),
    seed,
  }
}
