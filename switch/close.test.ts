// A clearing day from its cut to its files: closed once, with what the journal says, and published at its hour.
import { describe, expect, test } from 'vitest'
import { INSTITUTION } from '../scenarios/scenarios.ts'
import type { Store } from '../store/store.ts'
import { at, CUT, DAY, NEXT, evening, closes, publishes, fetched, itemsIn } from '../test/evening.ts'
import { fourParties } from '../test/four-parties.ts'
import { bookItems, collected, itemsOfDays } from './feed-book.ts'
import { clear, closeDay, closedDay, fileOf, publishFiles, refeedDays, startClearing } from './switch.ts'

describe('the close', () => {
  test('waits for the window, then closes what the journal says, and sums to zero', async () => {
    const world = await evening()
    await world.stage.advance(CUT + 2 * 60_000)
    expect(await closedDay(world.switchWorld(), DAY)).toBeUndefined()
    expect(await closeDay(world.switchWorld(), DAY)).toMatchObject({ kind: 'early' })
    await closes(world)
    const closed = (await closedDay(world.switchWorld(), DAY)) ?? expect.fail('closed')
    const { positions } = await clear(world.switchWorld(), DAY)
    expect(closed.positions.map(({ party, net }) => `${party} ${net}`).sort()).toEqual(
      positions.map(({ party, net }) => `${party} ${net}`).sort(),
    )
    expect(closed.nets.reduce((sum, { net }) => sum + net, 0n)).toBe(0n)
    expect(closed.sums.reduce((sum, { items }) => sum + items, 0)).toBe(5)
    expect(world.failures).toEqual([])
  })

  test('a day waits for what is in flight, and takes it', async () => {
    const other = await fourParties(CUT - 5_000, 'in flight')
    await other.wallet('POST', '/control/users', { id: 'bob', balance: '10000' })
    await other.wallet('POST', '/wallet/users/bob/sign-up')
    await startClearing(other.switchWorld())
    other.stage.faults.push({ what: 'lose reply', type: 'credit', times: 9 })
    const orderTime = other.sell('SALE-A-0009', await other.codeOf('bob'), 900n)
    await other.stage.settle()
    other.begin(
      other.desk.refund({
        order: 'BACK-A-0009',
        orderTime,
        of: { order: 'SALE-A-0009', orderTime },
        amount: 100n,
      }),
    )
    await other.stage.advance(CUT + 200_000)
    expect(await closeDay(other.switchWorld(), DAY)).toEqual({ kind: 'waits', items: 1 })
    await other.stage.advance(CUT + 30 * 60_000)
    const closed = (await closedDay(other.switchWorld(), DAY)) ?? expect.fail('closed')
    expect(closed.sums.map(({ out, back }) => [out, back])).toEqual([[900n, 100n]])
  })

  test('a book that lost a line is mended before it is closed', async () => {
    const world = await evening()
    const { store } = world.switchWorld()
    await closeDay(world.switchWorld(), DAY)
    await refeedDays(world.switchWorld(), DAY, NEXT)
    const [line] = await collected(itemsOfDays(store, DAY, DAY))
    const key = bookItems.key(`${line?.transaction ?? ''}.${line?.kind ?? ''}`)
    await store.change([key], () => ({ remove: [key], result: undefined }))
    expect(await collected(itemsOfDays(store, DAY, DAY))).toHaveLength(4)
    await closes(world)
    expect(await collected(itemsOfDays(store, DAY, DAY))).toHaveLength(5)
    expect(await closedDay(world.switchWorld(), DAY)).toMatchObject({ state: 'CLOSED' })
  })
})

/** A store that is cut off at its k-th step, with that step done or not. */
function cutOff(store: Store, at: number, when: 'before' | 'after'): { store: Store; steps: () => number } {
  let steps = 0
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    steps += 1
    if (steps < at) return act()
    if (steps === at && when === 'after') await act()
    throw new Error('cut off')
  }
  return {
    steps: () => steps,
    store: {
      ...store,
      change: (keys, decide) => step(() => store.change(keys, decide)),
      read: (keys) => step(() => store.read(keys)),
      scan: (...args) => step(() => store.scan(...args)),
    },
  }
}

describe('a close that is cut off', () => {
  async function ended(at: number, when: 'before' | 'after') {
    const world = await evening(false)
    await closes(world)
    const whole = world.switchWorld()
    const cut = cutOff(whole.store, at, when)
    const act = async (store: Store): Promise<void> => {
      await closeDay({ ...whole, store }, DAY)
      if ((await closedDay({ store }, DAY))?.version === 0) await publishFiles({ ...whole, store }, DAY)
    }
    const died = await act(cut.store).then(
      () => false,
      () => true,
    )
    await act(whole.store)
    const entries = (await world.switchJournal())
      .filter(({ item }) => item === `day:${DAY}`)
      .map(({ kind }) => kind)
    const file = (await fileOf(whole, DAY, INSTITUTION, 1)) ?? expect.fail('file')
    const closed = (await closedDay(whole, DAY)) ?? expect.fail('closed')
    return {
      died,
      steps: cut.steps(),
      entries,
      version: closed.version,
      positions: closed.positions,
      items: await itemsIn(world, file, DAY),
    }
  }

  test('before or after any step: the day is closed once, published once, and whole', async () => {
    const { died, steps, ...right } = await ended(Number.POSITIVE_INFINITY, 'before')
    expect([died, right.entries, right.version, right.items.length]).toEqual([
      false,
      ['closed', 'published'],
      1,
      5,
    ])
    expect(steps).toBeGreaterThan(15)
    for (let at = 1; at <= steps; at += 1)
      for (const when of ['before', 'after'] as const) {
        const { died: over, steps: _steps, ...one } = await ended(at, when)
        expect(over, `${when} step ${at}`).toBe(true)
        expect(one, `${when} step ${at}`).toEqual(right)
      }
  })
})

describe('files', () => {
  test('not ready, none and empty are three answers', async () => {
    const world = await evening()
    expect((await fetched(world, DAY)).class).toBe('PENDING')
    await closes(world)
    expect((await fetched(world, DAY)).class).toBe('PENDING')
    expect(await fetched(world, '20270101')).toMatchObject({ class: 'NOT_FOUND', code: '98' })
    await publishes(world)
    const file = await fetched(world, DAY)
    expect(file).toMatchObject({ class: 'OK', fields: { version: '1', part: '1', parts: '1' } })
    const items = await itemsIn(world, Buffer.from(file.fields.fileContent ?? '', 'base64'), DAY)
    expect(items.map(({ kind, amount }) => `${kind} ${amount}`).sort()).toEqual(
      ['purchase 1000', 'purchase 700', 'purchase 500', 'reversal 500', 'refund 300'].sort(),
    )
    await world.stage.advance(at('2026-06-18T09:00:01'))
    const empty = await fetched(world, '20260617')
    expect(empty.class).toBe('OK')
    expect(await itemsIn(world, Buffer.from(empty.fields.fileContent ?? '', 'base64'), '20260617')).toEqual(
      [],
    )
  })

  test('what is mended after publication is a second version', async () => {
    const world = await evening()
    await publishes(world)
    const { store } = world.switchWorld()
    const first = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 1)) ?? expect.fail('file')
    const [line] = await collected(itemsOfDays(store, DAY, DAY))
    if (line === undefined) expect.fail('a line')
    const id = `${line.transaction}.${line.kind}`
    await store.change([bookItems.key(id)], () => ({
      put: [bookItems.put(id, { ...line, amount: 1n })],
      result: undefined,
    }))
    expect(await refeedDays(world.switchWorld(), DAY, DAY)).toMatchObject({ mended: 1, days: [DAY] })
    expect(await closedDay(world.switchWorld(), DAY)).toMatchObject({ version: 2 })
    const second = (await fileOf(world.switchWorld(), DAY, INSTITUTION, 2)) ?? expect.fail('file')
    expect(await itemsIn(world, second, DAY)).toEqual(await itemsIn(world, first, DAY))
    expect(await refeedDays(world.switchWorld(), DAY, DAY)).toMatchObject({ mended: 0, days: [] })
    expect(await closedDay(world.switchWorld(), DAY)).toMatchObject({ version: 2 })
  })
})
