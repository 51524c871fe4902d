// A switch that is killed in the middle of what it does: from then on it reaches nobody, and its successor begins anew.
import { expect, test } from 'vitest'
import { ACQUIRER_A, BANK, seeded, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { memoryStore, type Store } from '../store/store.ts'
import type { SwitchWorld } from '../switch/switch.ts'
import { PROFILES, type Reply, seal, type Sealed } from '../wire/wire.ts'
import { livingSwitch } from './living-switch.ts'
import { realClock } from './real-clock.ts'

const profile = PROFILES['sim'] ?? expect.fail('sim')

test('what it had begun is counted and never ends; the store is the same, the world is new', async () => {
  const random = seeded('living')
  const network = await testNetwork(profile, random, realClock.wall())
  const sent: string[] = []
  const held = Promise.withResolvers<void>()
  const store = memoryStore({ now: () => realClock.wall() })
  const waiting: Store = {
    ...store,
    change: async (keys, decide) => {
      await held.promise
      return store.change(keys, decide)
    },
  }
  const sealer = (me: string) => ({
    me,
    profile,
    clock: realClock,
    random,
    keys: network.keysOf(me),
    directory: network.directory,
  })
  const send = async (to: string): Promise<Reply> => {
    sent.push(to)
    return { kind: 'not_sent' }
  }
  const world: SwitchWorld = { ...sealer(SWITCH), store: waiting, send, bankId: BANK }
  const stop = new AbortController()
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const living = livingSwitch(world, failed, stop.signal)
  const order = { order: 'ORDER001', orderTime: '20260615100000' }
  const asked = { acquirer: ACQUIRER_A, merchant: '777290058110048', reversal: 'REVERSAL1', ...order }
  const reversal = async (): Promise<Sealed> =>
    (await seal(sealer(ACQUIRER_A), { type: 'reversal', to: SWITCH, fields: asked })).sealed
  let ended = false
  const over = (): void => {
    ended = true
  }
  living
    .receive(await reversal())
    .then(over)
    .catch(failed)
  const dead = living.world()
  expect(living.crash()).toBe(1)
  held.resolve()
  const unheard: Sealed = { path: '/', contentType: '', bytes: new Uint8Array() }
  dead.send('anybody', unheard, 0).then(over).catch(failed)
  expect(sent, 'the dead reach nobody').toEqual([])
  expect(await living.world().send('anybody', unheard, 0)).toEqual({ kind: 'not_sent' })
  expect(sent).toEqual(['anybody'])
  // The one that lives does what it is asked, on the same store; by then the dead one's answer would have come as well.
  expect(await living.receive(await reversal())).toMatchObject({ path: '/sifang/1/reversal' })
  expect([ended, failures]).toEqual([false, []])
  stop.abort()
  await living.stopped()
})
