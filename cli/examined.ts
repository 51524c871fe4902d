// Builds what a certification runs on: the subject (our institution over loopback HTTP, in process, or somebody
// else's system by its address), the stand-ins' stage, and the server at which the subject finds the switch.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  FEATURES,
  inProcessStage,
  INSTITUTION,
  type PageEvent,
  recorder,
  reference,
  seeded,
  type Stage,
  stage,
  stageClock,
  type Subject,
  subjectOver,
  SWITCH,
  type TestNetwork,
  testNetwork,
  VIRTUAL_START,
} from '../scenarios/scenarios.ts'
import { openStore, START, type Store } from '../store/store.ts'
import { type PartyId, type Profile, wireRoutes } from '../wire/wire.ts'
import type { SubjectConfig } from './config.ts'
import { httpSend, listen, type Listening } from './network.ts'
import { UsageError } from './usage.ts'

export type ExamOptions = {
  readonly profile: Profile
  readonly seed: string
  readonly inProcess: boolean
  readonly store?: string
  readonly config?: SubjectConfig
  readonly sink: (event: PageEvent) => void
}

export type Exam = { readonly stage: Stage; readonly network: TestNetwork; close(): Promise<void> }

export async function exam(options: ExamOptions): Promise<Exam> {
  if (!options.inProcess) return examOnSockets(options)
  const stage = await inProcessStage(options)
  return { stage, network: stage.network, close: async () => undefined }
}

async function examOnSockets(options: ExamOptions): Promise<Exam> {
  const { profile, seed, config } = options
  const virtual = config === undefined || config.features.includes('clock')
  const start = virtual ? VIRTUAL_START : Date.now()
  const random = seeded(`${profile.id}/${seed}`)
  const folder = await mkdtemp(join(tmpdir(), 'sifang-'))
  const open: Listening[] = []
  const close = async (): Promise<void> => {
    for (const one of open) await one.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const hub = await switchDoor(profile, config?.switchPort ?? 0)
    open.push(hub.listening)
    const urls = { [SWITCH]: hub.listening.url }
    const network = await testNetwork(profile, random, start, {
      urls,
      ...(config !== undefined && {
        foreign: { party: INSTITUTION, sign: config.sign, encrypt: config.encrypt },
      }),
    })
    const clock = stageClock(start)
    const subject = await subjectOf({ options, network, random, folder, start, open })
    let made = 0
    const storeFor = async (party: PartyId): Promise<Store> => {
      made += 1
      return openStore(`sqlite:${join(folder, `${party}-${made}.db`)}`, () => clock.now())
    }
    const built = stage({
      profile,
      clock,
      random,
      network,
      recorder: recorder(() => clock.now(), options.sink),
      subject,
      subjectId: INSTITUTION,
      storeFor,
    })
    hub.lead(built)
    return { stage: built, network, close }
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
  readonly open: Listening[]
}

async function subjectOf({ options, network, random, folder, start, open }: SubjectParts): Promise<Subject> {
  const { config } = options
  if (config !== undefined) {
    return subjectOver((path, init) => fetch(config.url + path, { ...init, redirect: 'error' }), {
      name: config.name,
      kind: 'http',
      url: config.url,
      features: new Set(config.features),
    })
  }
  const clock = stageClock(start)
  const address = options.store ?? `sqlite:${join(folder, 'institution.db')}`
  const reopen = (): Promise<Store> => openStore(address, () => clock.now())
  const store = await reopen()
  // A run begins from nothing, and nothing of anybody's is thrown away for it.
  for await (const _entry of store.journal(START)) {
    await store.close()
    throw new UsageError(
      `--store ${address.replace(/\/\/[^/]*@/, '//…@')}: holds data already; a certification begins from nothing, so name an empty store`,
    )
  }
  const served = reference({
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
  return subjectOver((path, init) => fetch(listening.url + path, init), {
    name: 'Sifang institution',
    kind: 'http',
    url: listening.url,
    features: new Set(FEATURES),
  })
}

/** The one address at which a subject finds the switch; whoever plays the switch on the page answers there. */
async function switchDoor(
  profile: Profile,
  port: number,
): Promise<{ listening: Listening; lead(to: Stage): void }> {
  let behind: Stage | undefined
  const silence = new Promise<never>(() => undefined)
  const app = wireRoutes(async (sealed) => {
    const answer = await behind?.incoming(INSTITUTION, SWITCH, sealed)
    return answer === undefined || answer === 'silence' ? silence : answer
  }, profile.values.bodyBytesMax)
  const listening = await listen((request) => app.fetch(request), port)
  return {
    listening,
    lead: (to) => {
      behind = to
    },
  }
}

export type Peer = {
  readonly id: PartyId
  readonly role: string
  readonly name: string
  readonly url?: string
  readonly certificates: readonly {
    readonly id: string
    readonly use: string
    readonly publicKey?: string
    readonly notBefore: string
    readonly notAfter: string
    readonly revokedAt?: string
  }[]
}

/** What the other side must know of us: parties, certificates with their public keys, and where the switch listens. */
export function peersOf(network: TestNetwork): readonly Peer[] {
  const iso = (at: number): string => new Date(at).toISOString()
  return network.parties.map(({ id, role, name, url }) => ({
    id,
    role,
    name,
    ...(url !== undefined && { url }),
    certificates: network.certificates
      .filter(({ owner }) => owner === id)
      .map(({ id: certificate, use, key, notBefore, notAfter, revokedAt }) => ({
        id: certificate,
        use,
        ...(key.suite === 'sm' && { publicKey: Buffer.from(key.publicKey).toString('hex') }),
        notBefore: iso(notBefore),
        notAfter: iso(notAfter),
        ...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
      })),
  }))
}
