// `sifang init`: a commented sifang.config.yaml for somebody's own system, or the workflow that runs the exam in CI. It
// asks only on a terminal; every question has a flag. Nothing that is there is ever written over.
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { commandLine, say } from '../reports/reports.ts'
import { readConfig } from './config.ts'
import { CERTIFICATE_ID, check, DEFAULTS, featuresOf, type InitCommand } from './init-answers.ts'
import { type Certified, freshKeys, keyFrom, type Own } from './init-keys.ts'
import { configText, workflowText } from './init-text.ts'
import { UsageError } from './usage.ts'

const CONFIG = 'sifang.config.yaml'

export async function initCommand(given: InitCommand): Promise<void> {
  if (given.ci !== undefined) return workflow(given)
  const out = given.out ?? CONFIG
  await nothingThere(out)
  check(given)
  const options = await answered(given)
  check(options)
  const own = await ownKeys(options, dirname(out))
  const text = configText({
    name: options.name ?? DEFAULTS.name,
    url: options.url ?? DEFAULTS.url,
    sign: certified(own.sign, options.signId, '1001'),
    encrypt: certified(own.encrypt, options.encryptId, '1002'),
    features: featuresOf(options.features),
    port: options.port ?? DEFAULTS.port,
    seed: options.seed ?? DEFAULTS.seed,
  })
  for (const { path, text: pem } of own.files) await write(path, pem, 0o600)
  await write(out, text, 0o644)
  await readable(out)
  tell(options, out, own)
}

/** The flags, and on a terminal whatever they left open. */
async function answered(given: InitCommand): Promise<InitCommand> {
  if (given.yes === true) return given
  if (process.stdin.isTTY === true && process.stdout.isTTY === true) {
    const { questions } = await import('./init-questions.ts')
    return { ...given, ...(await questions(given)) }
  }
  if (given.url !== undefined) return given
  throw new UsageError(say(given.lang, 'cli.init.terminal'))
}

/** Theirs, as their files say; or fresh pairs for a trial, whose private halves go into files of their own. */
async function ownKeys({ sign, encrypt }: InitCommand, folder: string): Promise<Own> {
  if (sign !== undefined && encrypt !== undefined)
    return { sign: await keyFrom(sign), encrypt: await keyFrom(encrypt), files: [] }
  const fresh = await freshKeys(folder)
  for (const { path } of fresh.files) await nothingThere(path)
  return fresh
}

const certified = (
  { serial, publicKey }: Own['sign'],
  id: string | undefined,
  without: string,
): Certified => ({
  id: id ?? (serial !== undefined && CERTIFICATE_ID.test(serial) ? serial : without),
  publicKey,
})

async function nothingThere(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return
  throw new UsageError(`${path}: is there already, and nothing is written over; name another file with --out`)
}

async function write(path: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'wx', mode)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new UsageError(`${path}: cannot be written: ${(error as Error).message}`)
  }
}

/** What we wrote must be what certify reads; if it is not, the fault is ours and the file does not stay. */
async function readable(path: string): Promise<void> {
  try {
    await readConfig(path)
  } catch (error) {
    await rm(path, { force: true })
    throw new Error(`the configuration that was made cannot be read: ${(error as Error).message}`)
  }
}

function tell({ lang, json, features }: InitCommand, out: string, own: Own): void {
  const files = own.files.map(({ path }) => path)
  const next = [
    commandLine('certify', ['--config', out, '--peers']),
    commandLine('certify', ['--config', out]),
  ]
  if (json === true)
    return void process.stdout.write(`${JSON.stringify({ config: out, keys: files, next })}\n`)
  const lines = [
    say(lang, 'cli.init.written', { file: out }),
    ...(files.length === 0 ? [] : [say(lang, 'cli.init.keys', { files: files.join(', ') })]),
    ...(featuresOf(features).length > 0 ? [] : [say(lang, 'cli.init.features', { file: out })]),
    say(lang, 'cli.init.peers'),
    `  ${next[0] ?? ''}`,
    say(lang, 'cli.next', { command: next[1] ?? '' }),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function workflow({ ci, out, json, lang }: InitCommand): Promise<void> {
  if (ci !== 'github') throw new UsageError(`--ci ${ci ?? ''}: only github is there`)
  const text = workflowText()
  if (out !== undefined) {
    await nothingThere(out)
    await write(out, text, 0o644)
  }
  if (json === true)
    process.stdout.write(`${JSON.stringify({ workflow: text, ...(out !== undefined && { file: out }) })}\n`)
  else process.stdout.write(out === undefined ? text : `${say(lang, 'cli.init.written', { file: out })}\n`)
}
