// `sifang clinic`: one message on the table. What it is, what its signature covers, and which mistake makes it hold.
import { readFile, stat } from 'node:fs/promises'
import {
  examineWith,
  type Examined,
  type KnownKey,
  outcomeOf,
  type StepExamined,
  taken,
  testKeys,
  UNEXPLAINED,
} from '../conformance/conformance.ts'
import { readKeyFile, readRsaKeyFile, Secret, utf8 } from '../crypto/crypto.ts'
import { say } from '../reports/reports.ts'
import type { Profile } from '../wire/wire.ts'
import { profileNamed } from './profile.ts'
import { UsageError } from './usage.ts'

type ClinicCommand = {
  readonly key?: readonly string[]
  readonly secret?: string
  readonly profile?: string
  readonly seed?: string
  readonly json?: boolean
  readonly lang: 'zh' | 'en'
}

const FILE_BYTES_MAX = 1024 * 1024
/** certify's and up's. */
const SEEDS = ['1', 'up']
const EXITS = { right: 0, explained: 1, unexplained: 1, unread: 2, 'no key': 4 } as const

export async function clinicCommand(file: string, options: ClinicCommand): Promise<void> {
  const given = file === '-' ? await input() : await read(file)
  const { as, bytes } = taken(given)
  const profile = options.profile === undefined ? undefined : await profileNamed(options.profile)
  const own = await ownKeys(options)
  const seeds = options.seed === undefined ? SEEDS : [options.seed]
  const sets: readonly ((one: Profile) => Promise<readonly KnownKey[]>)[] =
    own === undefined ? seeds.map((seed) => (one: Profile) => testKeys(one, seed)) : [async () => own]
  const examined = await examineWith(
    bytes,
    sets.map((keysOf) => ({ keysOf, ...(profile !== undefined && { profile }) })),
  )
  const outcome = outcomeOf(examined)
  const { lang } = options
  const keys =
    own === undefined
      ? say(lang, 'clinic.keys.test', { seeds: seeds.join(', ') })
      : say(lang, 'clinic.keys.own', { files: own.map(({ name }) => name).join(', ') })
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ taken: as, bytes: bytes.length, outcome, ...examined })}\n`
      : `${[
          say(lang, `clinic.taken.${as}`, { n: bytes.length }),
          examined.what[lang],
          ...(examined.profile === undefined
            ? []
            : [say(lang, 'clinic.profile', { profile: examined.profile }), keys]),
          ...headLines(examined, lang),
          ...examined.steps.flatMap((step) => stepLines(step, lang)),
          '',
          say(lang, `clinic.outcome.${outcome}`, { because: UNEXPLAINED[lang] }),
        ].join('\n')}\n`,
  )
  process.exitCode = EXITS[outcome]
}

async function input(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > FILE_BYTES_MAX) throw new UsageError('stdin: larger than 1 MiB; give one message')
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

async function read(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > FILE_BYTES_MAX) throw new UsageError(`${file}: larger than 1 MiB; give one message or key`)
    return new Uint8Array(await readFile(file))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

/** Keys of one's own: a certificate names itself by its serial number, any other key stands for whichever is named. */
async function ownKeys({ key = [], secret }: ClinicCommand): Promise<readonly KnownKey[] | undefined> {
  if (key.length === 0 && secret === undefined) return undefined
  const files = await Promise.all(key.map(async (file) => keyIn(file, await read(file))))
  if (secret === undefined) return files
  const pair = { suite: 'sm3-shared', key: new Secret(utf8(secret), '[shared key]') } as const
  return [...files, { name: '--secret', publicKey: pair, privateKey: pair, bare: true }]
}

function keyIn(file: string, bytes: Uint8Array): KnownKey {
  const sm = readKeyFile(bytes)
  if (sm.kind === 'key') {
    const { publicKey, privateKey, certificate } = sm
    return {
      name: certificate?.serialDecimal ?? file,
      publicKey: { suite: 'sm', publicKey },
      ...(privateKey !== undefined && { privateKey }),
      ...(certificate === undefined && { bare: true }),
    }
  }
  const rsa = readRsaKeyFile(bytes)
  if (rsa.kind === 'refused')
    throw new UsageError(
      `${file}: neither an SM2 key (${sm.because}) nor an RSA key (${rsa.because}). What to do: ${sm.advice}.`,
    )
  const [certificate] = rsa.certificates
  return {
    name: certificate?.serial ?? file,
    publicKey: { suite: 'rsa', publicKey: rsa.publicKey },
    ...(rsa.privateKey !== undefined && { privateKey: rsa.privateKey }),
    ...(certificate === undefined && { bare: true }),
  }
}

function headLines({ head, faults }: Examined, lang: 'zh' | 'en'): readonly string[] {
  return [
    ...(head.length === 0 ? [] : ['']),
    ...head.map((fact) => `  ${fact[lang]}: ${fact.value}`),
    ...faults.map(({ field, offset, rule }) => {
      const place = offset === undefined ? '' : ` (${say(lang, 'clinic.at', { n: offset })})`
      return `  ✗ ${say(lang, 'clinic.fault')}: ${field}${place}: ${rule[lang]}`
    }),
  ]
}

const MARKS = {
  right: '✓',
  explained: '✗',
  unexplained: '✗',
  missing: '✗',
  'no key': '?',
  'not reached': '–',
} as const

function stepLines(
  { step, result, by, facts, needs, tried }: StepExamined,
  lang: 'zh' | 'en',
): readonly string[] {
  const count = tried === undefined ? '' : ` (${say(lang, 'clinic.tried', { n: tried })})`
  return [
    '',
    `${MARKS[result]} ${say(lang, `clinic.step.${step}`)}: ${say(lang, `clinic.result.${result}`)}${count}`,
    ...facts.map((fact) => `    ${fact[lang]}: ${fact.value}`),
    ...(needs === undefined ? [] : [`    ${needs[lang]}`]),
    ...by.flatMap((set, index) => [
      ...(index === 0 ? [] : [`  ${say(lang, 'clinic.or')}`]),
      ...set.flatMap((mistake) => [
        `  → ${mistake[lang]} [${mistake.id}]`,
        `    ${say(lang, 'clinic.fix')}: ${mistake.fix[lang]}`,
      ]),
    ]),
  ]
}
