// A whole exam inside one process: our institution, or our acquirer, over memory, on a stage of its own, from one seed. What simulation,
// races and quick tests run on; nothing here touches a socket or a file.
import { memoryStore, type Store } from '../store/store.ts'
import { claimedType, type Profile } from '../wire/wire.ts'
import { seeded } from './chance.ts'
import { stageClock } from './clock.ts'
import type { PageEvent } from './events.ts'
import type { Gate } from './gate.ts'
import { PARTIES, testNetwork } from './parties.ts'
import { recorder } from './recorder.ts'
import { inProcess, type Send } from './reference.ts'
import { type Stage, stage } from './stage.ts'
import type { Role } from './subject.ts'
import { tillInProcess } from './till-reference.ts'

/** Monday morning in Beijing: where virtual time begins, so that a seed gives the same run on any day. */
export const VIRTUAL_START = Date.parse('2026-06-15T10:00:00+08:00')

export type InProcessOptions = {
  readonly profile: Profile
  readonly seed: string
  readonly sink: (event: PageEvent) => void
  readonly gate?: Gate
  /** Whose exam it is; an institution's where nothing is said. */
  readonly role?: Role
}

export async function inProcessStage(options: InProcessOptions): Promise<Stage> {
  const { profile, seed, sink, gate, role = 'account-institution' } = options
  const me = PARTIES[role]
  const random = seeded(`${profile.id}/${seed}`)
  const network = await testNetwork(profile, random, VIRTUAL_START)
  const clock = stageClock(VIRTUAL_START)
  const behind: { stage?: Stage } = {}
  const send: Send = (to, sealed, deadline) => {
    const go: () => ReturnType<Send> = () =>
      behind.stage?.deliver(me, to, sealed, deadline) ?? Promise.resolve({ kind: 'not_sent' })
    return gate?.pass(`${me} send ${claimedType(sealed)} to ${to}`, go) ?? go()
  }
  const storeOn = (now: () => number): Store => {
    const disk = memoryStore({ now })
    return gate?.guard(disk, me) ?? disk
  }
  const made = role === 'acquirer' ? tillInProcess : inProcess
  const subject = made({ network, random, storeOn, start: VIRTUAL_START, send })
  behind.stage = stage({
    profile,
    clock,
    random,
    network,
    subject,
    recorder: recorder(() => clock.now(), sink),
    subjectId: me,
    storeFor: async () => memoryStore({ now: () => clock.now() }),
    ...(gate !== undefined && { gate }),
  })
  return behind.stage
}
