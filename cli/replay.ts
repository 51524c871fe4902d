// `sifang replay FILE`: plays a tape once more, as it was or mutated, and says what the subject answered differently and
// which invariants do not hold. Without mutations any difference counts; with them the invariants alone decide.
import { readFile, stat } from 'node:fs/promises'
import { type Ruling, rulings } from '../conformance/conformance.ts'
import { preflight } from '../conformance/conformance.ts'
import { say } from '../reports/reports.ts'
import {
  type Difference,
  inwardRequests,
  lacking,
  type Mutation,
  readMutations,
  readTape,
  replay,
  type Replayed,
  requestName,
  type Stage,
  type Tape,
} from '../scenarios/scenarios.ts'
import { maskText } from '../wire/wire.ts'
import { profileNamed } from './profile.ts'
import { readConfig, type SubjectConfig } from './config.ts'
import { exam } from './examined.ts'
import { UsageError } from './usage.ts'

type Lang = 'zh' | 'en'
export type ReplayCommand = {
  readonly mutate?: string
  readonly profile?: string
  readonly config?: string
  readonly seed: string
  readonly list?: boolean
  readonly json?: boolean
  readonly lang: Lang
}

const TAPE_BYTES_MAX = 256 << 20

export async function replayCommand(file: string, options: ReplayCommand): Promise<void> {
  const { lang } = options
  const tape = await tapeOf(file, lang)
  if (options.list === true) return list(tape, options)
  const mutations = mutationsOf(options.mutate, tape, lang)
  const profile = await profileNamed(options.profile ?? tape.head.profile)
  const config = options.config === undefined ? undefined : await readConfig(options.config)
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt)
  const held = await exam({
    profile,
    seed: config?.seed ?? options.seed,
    inProcess: config === undefined,
    sink: () => undefined,
    stop: stop.signal,
    lang,
    ...(config !== undefined && { config }),
  })
  try {
    await ready(held.stage, config, lang)
    const tag = config === undefined ? undefined : `r${Date.now().toString(36).slice(-7)}`
    const given = { stage: held.stage, tape, mutations, stop: stop.signal, ...(tag !== undefined && { tag }) }
    const missing = lacking(given)
    if (missing.length > 0)
      throw new UsageError(say(lang, 'cli.replay.lacking', { features: missing.join(', ') }), 4)
    begin(file, tape, mutations, profile.id, options)
    const done = await replay(given)
    const judged = rulings(done.seen)
    const exit = stop.signal.aborted ? 130 : exitOf(done, judged, mutations)
    process.exitCode = exit
    if (options.json === true) tellMachine(file, tape, { done, judged, mutations, exit })
    else tell(file, { done, judged, mutations }, lang)
  } finally {
    process.off('SIGINT', interrupt)
    await held.close()
  }
}

async function tapeOf(file: string, lang: Lang): Promise<Tape> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true)
    throw new UsageError(
      `${file}: there is no such file; record one with sifang certify --tapes or sifang up --tape FILE`,
    )
  if (found.size > TAPE_BYTES_MAX)
    throw new UsageError(`${file}: is ${found.size} bytes long, and a tape may have ${TAPE_BYTES_MAX}`)
  const read = readTape(await readFile(file, 'utf8'))
  if ('tape' in read) return read.tape
  const { line, said } = read.fault
  throw new UsageError(say(lang, 'cli.replay.fault', { file, line, said: said[lang] }))
}

function mutationsOf(text: string | undefined, tape: Tape, lang: Lang): readonly Mutation[] {
  if (text === undefined) return []
  const read = readMutations(text, tape)
  if ('mutations' in read) return read.mutations
  throw new UsageError(read.fault[lang])
}

/** Nothing is said about somebody's system before it is known to be there and to fit. */
async function ready(stage: Stage, config: SubjectConfig | undefined, lang: Lang): Promise<void> {
  const trouble = config === undefined ? undefined : await preflight(stage)
  if (trouble !== undefined)
    throw new UsageError(trouble.because[lang], trouble.cause === 'environment' ? 3 : 2)
}

function begin(
  file: string,
  tape: Tape,
  mutations: readonly Mutation[],
  profile: string,
  { json, lang }: ReplayCommand,
): void {
  if (json === true) return
  const requests = inwardRequests(tape).length
  const calls = tape.lines.filter(({ kind }) => kind === 'call').length
  const { recorded } = tape.head
  const lines = [say(lang, 'cli.replay.start', { file, recorded, profile, requests, calls })]
  if (mutations.length > 0)
    lines.push(say(lang, 'cli.replay.mutations', { mutations: mutations.map(({ text }) => text).join(', ') }))
  process.stderr.write(`${lines.join('\n')}\n`)
}

type Outcome = {
  readonly done: Replayed
  readonly judged: readonly Ruling[]
  readonly mutations: readonly Mutation[]
}

function exitOf(done: Replayed, judged: readonly Ruling[], mutations: readonly Mutation[]): number {
  if (judged.some(({ result }) => result === 'disputed')) return 5
  if (judged.some(({ result }) => result === 'violated')) return 1
  if (done.sent + done.calls === 0) return 4
  return mutations.length === 0 && done.differences.length > 0 ? 1 : 0
}

/** Codes and tokens stand in paths as well, and a terminal is no place for them. */
const masked = (text: string): string => text.replace(/(?<![0-9])[0-9]{16,19}(?![0-9])/g, maskText)

function tellMachine(
  file: string,
  { head }: Tape,
  { done, judged, mutations, exit }: Outcome & { exit: number },
) {
  const { sent, calls, compared, differences, effects, strange } = done
  const invariants = judged.map(({ invariant, result, by, because, evidence }) => ({
    invariant,
    result,
    by,
    because,
    evidence,
  }))
  const told = {
    file,
    recorded: head.recorded,
    mutations: mutations.map(({ text }) => text),
    sent,
    calls,
    compared,
    differences,
    effects,
    strange,
    invariants,
    exit,
  }
  process.stdout.write(`${masked(JSON.stringify(told))}\n`)
}

function tell(file: string, { done, judged, mutations }: Outcome, lang: Lang): void {
  const lines: string[] = []
  if (done.sent + done.calls === 0) lines.push(say(lang, 'cli.replay.empty', { file }))
  for (const one of done.differences) lines.push(`≠ ${differenceLine(one, lang)}`)
  for (const { mutation, what, answer } of done.effects) {
    const said = Object.entries(answer).map(([name, value]) =>
      name === 'class' ? value : `${name} ${value}`,
    )
    lines.push(`  ${say(lang, 'cli.replay.effect', { mutation, what, answer: said.join(', ') })}`)
  }
  for (const { invariant, result, because } of judged) {
    if (result === 'violated')
      lines.push(`✗ ${say(lang, 'cli.replay.violated', { invariant, because: because[lang] })}`)
    if (result === 'disputed')
      lines.push(`✗ ${say(lang, 'cli.replay.disputed', { invariant, because: because[lang] })}`)
  }
  const of = (result: Ruling['result']): number => judged.filter((one) => one.result === result).length
  const { compared, differences, strange } = done
  const violated = of('violated') + of('disputed')
  lines.push(
    say(lang, 'cli.replay.compared', { compared, differ: differences.length }),
    say(lang, 'cli.replay.invariants', { holds: of('holds'), violated, open: of('undecidable') }),
  )
  if (mutations.length > 0 && differences.length > 0) lines.push(say(lang, 'cli.replay.mutated'))
  if (differences.length > 0 && strange.length > 0)
    lines.push(say(lang, 'cli.replay.strange', { messages: strange.join(', ') }))
  process.stdout.write(`${masked(lines.join('\n'))}\n`)
}

function differenceLine({ n, line, what, member, expected, observed }: Difference, lang: Lang): string {
  if (n !== undefined) return say(lang, 'cli.replay.message', { n, what, member, expected, observed })
  if (line === 0) return say(lang, 'cli.replay.ask', { what })
  return say(lang, 'cli.replay.line', { line, what, member, expected, observed })
}

function list(tape: Tape, { json, lang }: ReplayCommand): void {
  const rows = inwardRequests(tape).map((one) => {
    const fields = one.made?.fields ?? one.fields ?? {}
    const { order, amount } = fields as { order?: string; amount?: bigint }
    return {
      n: one.n,
      type: requestName(one),
      ...(order !== undefined && { order }),
      ...(amount !== undefined && { amount: String(amount) }),
      bent: one.made !== undefined,
    }
  })
  if (json === true) return void process.stdout.write(`${JSON.stringify({ ...tape.head, requests: rows })}\n`)
  const lines = rows.map(
    ({ n, type, order = '', amount = '' }) =>
      `  ${String(n).padStart(4)}  ${type.padEnd(16)} ${order.padEnd(34)} ${amount}`,
  )
  process.stdout.write(`${[say(lang, 'cli.replay.asked'), ...lines].join('\n')}\n`)
}
