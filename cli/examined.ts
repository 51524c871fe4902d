// Builds what a certification runs on: the subject (our institution over loopback HTTP or in process, or somebody
// else's system), the stand-ins' stage, and the server at which the subject finds the switch.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  inProcessStage,
  OFFERED,
  type PageEvent,
  PARTIES,
  recorder,
  reference,
  type Role,
  seeded,
  type Stage,
  stage,
  stageClock,
  type Subject,
  subjectOver,
  SWITCH,
  tillReference,
  type TestNetwork,
  testNetwork,
  VIRTUAL_START,
} from '../scenarios/scenarios.ts'
import { memoryStore, openStore, START, type Store } from '../store/store.ts'
import { type PartyId, type Profile, wireRoutes } from '../wire/wire.ts'
import type { SubjectConfig } from './config.ts'
import { askAt } from './http-client.ts'
import { httpSend, listen, type Listening } from './network.ts'
import { type Stranger, stranger } from './stranger.ts'
import { UsageError } from './usage.ts'

export type ExamOptions = {
  readonly profile: Profile
  readonly seed: string
  readonly inProcess: boolean
  readonly store?: string
  readonly config?: SubjectConfig
  /** Who is judged; the configuration's own role, an institution where nothing is said. */
  readonly role?: Role
  readonly sink: (event: PageEvent) => void
  /** For a subject that we start: where what it says is kept, what ends the waiting for it, and how we say so. */
  readonly log?: string
  readonly stop?: AbortSignal
  readonly lang?: 'zh' | 'en'
}

export type Exam = {
  readonly stage: Stage
  readonly network: TestNetwork
  /** One sentence on a subject that we started and that ended by itself. */
  ended?(withinMs: number): Promise<string | undefined>
  close(): Promise<void>
}

const roleIn = ({ role, config }: Pick<ExamOptions, 'role' | 'config'>): Role =>
  role ?? config?.role ?? 'account-institution'

export async function exam(options: ExamOptions): Promise<Exam> {
  const { config, profile } = options
  if (config !== undefined && (options.inProcess || options.store !== undefined))
    throw new UsageError(
      `${options.inProcess ? '--in-process' : '--store'} is about our own institution, and --config names ${config.name}: leave one of them out`,
    )
  if (config?.keys !== undefined && profile.suite !== 'sm')
    throw new UsageError(
      `--profile ${profile.id}: its parties share secrets, and the configuration names SM2 public keys; use unionpay, or start the subject and hand it keys: subject.spawn with \${keys}, without sign and encrypt`,
    )
  if (!options.inProcess) return examOnSockets(options)
  const stage = await inProcessStage(options)
  return { stage, network: stage.network, close: async () => undefined }
}

async function examOnSockets(options: ExamOptions): Promise<Exam> {
  const { profile, seed, config } = options
  const start = startFor(config)
  const random = seeded(`${profile.id}/${seed}`)
  const folder = await mkdtemp(join(tmpdir(), 'sifang-'))
  const open: { close(): Promise<void> }[] = []
  const close = async (): Promise<void> => {
    for (const one of open.toReversed()) await one.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const me = PARTIES[roleIn(options)]
    const hub = await switchDoor(profile, config?.switchPort ?? 0, me)
    open.push(hub.listening)
    const urls = { [SWITCH]: hub.listening.url }
    const network = await testNetwork(profile, random, start, {
      urls,
      ...(config?.keys !== undefined && { foreign: { party: me, ...config.keys } }),
    })
    const clock = stageClock(start)
    const { subject, process: started } = await subjectOf({ options, network, random, folder, start, open })
    const built = stage({
      profile,
      clock,
      random,
      network,
      recorder: recorder(() => clock.now(), options.sink),
      subject,
      subjectId: me,
      // A stand-in that is killed gets its own store back; nothing of it outlives the page, so no disk is asked to keep it.
      storeFor: async () => memoryStore({ now: () => clock.now() }),
    })
    hub.lead(built)
    return { stage: built, network, close, ...(started !== undefined && { ended: started.ended }) }
  } catch (error) {
    await close()
    throw error
  }
}

type SubjectParts = {
  readonly options: ExamOptions
  readonly network: TestNetwork
  readonly random: (length: number) => Uint8Array
  readonly folder: string
  readonly start: number
  readonly open: { close(): Promise<void> }[]
}

async function subjectOf(parts: SubjectParts): Promise<Stranger> {
  const { options, network, folder, open } = parts
  const { config, log, stop, lang = 'en' } = options
  if (config === undefined) return { subject: await ownSubject(parts) }
  const theirs = await stranger({
    config,
    network,
    folder,
    lang,
    ...(log !== undefined && { log }),
    ...(stop !== undefined && { stop }),
  })
  const { process: started } = theirs
  if (started !== undefined) open.push({ close: () => started.stop() })
  return theirs
}

async function ownSubject({ options, network, random, folder, start, open }: SubjectParts): Promise<Subject> {
  const clock = stageClock(start)
  const role = roleIn(options)
  const acquires = role === 'acquirer'
  const address = options.store ?? `sqlite:${join(folder, acquires ? 'acquirer.db' : 'institution.db')}`
  // Our own file is gone with the run; a restart finds it again whether or not the disk was made to keep it.
  const flushed = options.store !== undefined
  const reopen = (): Promise<Store> => openStore(address, () => clock.now(), { flushed })
  const store = await reopen()
  // A run begins from nothing, and nothing of anybody's is thrown away for it.
  for await (const _entry of store.journal(START)) {
    await store.close()
    throw new UsageError(
      `--store ${address.replace(/\/\/[^/]*@/, '//…@')}: holds data already; a certification begins from nothing, so name an empty store`,
    )
  }
  const served = (acquires ? tillReference : reference)({
    network,
    random,
    store,
    clock: clock.view(),
    moved: clock,
    send: httpSend(
      () => network.directory,
      () => clock.now(),
    ),
    ...(address !== 'memory:' && { reopen }),
  })
  const listening = await listen((request) => served.app().fetch(request), 0)
  open.push(listening)
  return subjectOver(askAt(listening.url), {
    name: acquires ? 'Sifang acquirer' : 'Sifang institution',
    kind: 'http',
    url: listening.url,
    features: new Set(OFFERED[role]),
  })
}

class Silence extends Error {}

/** The one address at which a subject finds the switch; whoever plays the switch on the page answers there. */
async function switchDoor(
  profile: Profile,
  port: number,
  subject: PartyId,
): Promise<{ listening: Listening; lead(to: Stage): void }> {
  let behind: Stage | undefined
  const app = wireRoutes(async (sealed) => {
    const answer = await behind?.incoming(subject, SWITCH, sealed)
    if (answer === undefined || answer === 'silence') throw new Silence()
    return answer
  }, profile)
  // Nobody sits out a wait in real time that a clock moved by hand would skip: a gateway that gave up says as little.
  app.onError((error, c) => c.body(null, error instanceof Silence ? 504 : 500))
  const listening = await listen((request) => app.fetch(request), port)
  return {
    listening,
    lead: (to) => {
      behind = to
    },
  }
}

/** The network as the subject must know it, without playing anything: nobody listens and nothing is started. */
export async function networkFor(options: ExamOptions): Promise<TestNetwork> {
  const { profile, seed, config } = options
  const port = config?.switchPort ?? 0
  return testNetwork(profile, seeded(`${profile.id}/${seed}`), startFor(config), {
    ...(port > 0 && { urls: { [SWITCH]: `http://127.0.0.1:${port}` } }),
    ...(config?.keys !== undefined && { foreign: { party: PARTIES[roleIn(options)], ...config.keys } }),
  })
}

/** Virtual time for whoever follows it; the time on the wall for everybody else. */
function startFor(config: SubjectConfig | undefined): number {
  return config === undefined || config.features.includes('clock') ? VIRTUAL_START : Date.now()
}
