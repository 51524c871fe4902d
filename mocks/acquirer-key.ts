// The switch's encryption certificate is followed by the next while it still holds: from a month before its end it is asked for
// once a day, by a job, and what was learnt is kept, so that it is known after a restart as well (SEC-008).
import { type Job, kind } from '../store/store.ts'
import { fetchSwitchKey, learntKey, switchKeyEnds } from '../wire/wire.ts'
import type { AcquirerWorld } from './acquirer-records.ts'

/** The last one that was learnt, empty where there is none yet; and when it was last asked for. */
type SwitchKey = { readonly askedAt: number; readonly pem: string }
const switchKeys = kind<SwitchKey>('switch-key')

/** Reads nothing as long as the certificate in use is far from its end. */
export async function watchSwitchKey(world: AcquirerWorld): Promise<void> {
  const { switchId } = world
  if (!switchKeyEnds(world, switchId)) return
  const known = switchKeys.in(await world.store.read([switchKeys.key(switchId)]), switchId)
  const now = world.clock.wall()
  if (known !== undefined && known.pem !== '') learntKey(world, switchId, known.pem, now)
  if (!switchKeyEnds(world, switchId)) return
  await world.store.change([switchKeys.key(switchId)], (rows) => {
    const { askedAt, pem = '' } = switchKeys.in(rows, switchId) ?? {}
    if (askedAt !== undefined && now - askedAt < world.profile.values.keyGapMs) return { result: undefined }
    return {
      put: [switchKeys.put(switchId, { askedAt: now, pem })],
      enqueue: [{ id: 'switch-key', kind: 'switch-key', dueAt: now, body: {} }],
      result: undefined,
    }
  })
}

/** One question; without an answer the next comes a day later. */
export async function askSwitchKey(world: AcquirerWorld, job: Job): Promise<void> {
  const { switchId } = world
  const fetched = await fetchSwitchKey(world, switchId)
  await world.store.change([switchKeys.key(switchId)], (rows) => {
    const askedAt = switchKeys.in(rows, switchId)?.askedAt ?? world.clock.wall()
    return {
      finish: [job],
      ...(fetched.kind === 'learnt' && { put: [switchKeys.put(switchId, { askedAt, pem: fetched.pem })] }),
      ...(fetched.kind === 'none' && {
        append: [{ item: 'switch-key', kind: 'switch-key', body: { because: fetched.because } }],
      }),
      result: undefined,
    }
  })
}
