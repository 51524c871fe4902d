// What becomes of entries and of jobs, on every backend.
import { expect, test } from 'vitest'
import { all, journalOf, type Play, storeContract } from './contract.ts'
import { type Entry, type EntryDraft, type JobDraft, START, type Store } from './store.ts'

const url = process.env['SIFANG_POSTGRES_URL']
storeContract('journal', url, journalPromises)
storeContract('claims', url, claimPromises)
storeContract('leases', url, leasePromises)

const append = (store: Store, ...entries: readonly EntryDraft[]): Promise<undefined> =>
  store.change([], () => ({ append: entries, result: undefined }))
const enqueue = (store: Store, ...jobs: readonly JobDraft[]): Promise<undefined> =>
  store.change([], () => ({ enqueue: jobs, result: undefined }))
const bodies = (entries: readonly Entry[]): unknown[] => entries.map(({ body }) => body)
const ids = (jobs: readonly { readonly id: string }[]): string[] => jobs.map(({ id }) => id)
const job = (id: string, dueAt: number): JobDraft => ({ id, kind: 'ask', dueAt, body: { id } })

function journalPromises(play: Play): void {
  test(
    'entries come in order, filtered as asked, from a position on',
    play(async (store) => {
      await append(
        store,
        { item: 'p', kind: 'sent', body: 1 },
        { item: 'q', kind: 'sent', body: 2 },
        { item: 'p', kind: 'done', body: 3 },
      )
      await append(store, { item: 'p', kind: 'told', body: 4 })
      const entries = await journalOf(store, 4)
      expect(bodies(entries)).toEqual([1, 2, 3, 4])
      const positions = entries.map(({ position }) => position)
      expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => (a < b ? -1 : 1)))
      expect(positions.every((position) => START < position)).toBe(true)
      expect(bodies(await all(store.journal(positions[1] ?? '')))).toEqual([3, 4])
      expect(bodies(await all(store.journal(positions[3] ?? '')))).toEqual([])
      expect(bodies(await all(store.journal(START, { item: 'p' })))).toEqual([1, 3, 4])
      expect(bodies(await all(store.journal(START, { kinds: ['sent', 'told'] })))).toEqual([1, 2, 4])
      expect(bodies(await all(store.journal(START, { kinds: [] })))).toEqual([])
      const both = { item: 'p', kinds: ['sent', 'told'] }
      expect(bodies(await all(store.journal(positions[0] ?? '', both)))).toEqual([4])
      expect(await all(store.journal(START, { item: 'nothing' }))).toEqual([])
    }),
  )
  test(
    'a history shows the change that its caller has just made, however many others are under way',
    play(async (store) => {
      const own = Array.from({ length: 50 }, async (_, index) => {
        await append(store, { item: `i/${index}`, kind: 'k', body: index })
        return bodies(await store.history(`i/${index}`))
      })
      expect(await Promise.all(own)).toEqual(own.map((_, index) => [index]))
    }),
  )
  test(
    'a journal of many pages is whole, and ends at what was there although its reader appends',
    play(async (store) => {
      const drafts = Array.from({ length: 2_500 }, (_, body) => ({ item: `i${body % 3}`, kind: 'k', body }))
      await append(store, ...drafts)
      await journalOf(store, drafts.length)
      const read: unknown[] = []
      for await (const { body } of store.journal(START)) {
        read.push(body)
        if (read.length % 500 === 0) await append(store, { item: 'new', kind: 'k', body: 'new' })
      }
      expect(read).toEqual(drafts.map(({ body }) => body))
      expect(await all(store.journal(START, { item: 'i0' }))).toHaveLength(834)
    }),
  )
}

function claimPromises(play: Play): void {
  test(
    'due jobs are claimed in the order in which they fell due, and no others',
    play(async (store, { at }) => {
      expect(await store.nextDue()).toBeUndefined()
      await enqueue(store, job('c', at), job('a', at + 1), job('b', at - 5), job('d', at))
      expect(await store.nextDue()).toBe(at - 5)
      const claimed = await store.claim(at, 2, 100, 'node')
      expect(claimed).toMatchObject([job('b', at - 5), job('c', at)])
      expect(ids(await store.claim(at, 9, 100, 'node'))).toEqual(['d'])
      expect(await store.claim(at, 9, 100, 'node')).toEqual([])
      expect(await store.nextDue()).toBe(at + 1)
      expect(await store.claim(at + 1, 0, 100, 'node')).toEqual([])
      await expect(store.claim(at, 1, 0, 'node')).rejects.toThrow('lease')
    }),
  )
  test(
    'two nodes that claim at once never hold one job',
    play(async (store, clock, open) => {
      const jobs = Array.from({ length: 200 }, (_, index) => job(`j${index}`, clock.at))
      await enqueue(store, ...jobs)
      const other = await open() // over memory it shows a store of its own
      const nodes = (await other.nextDue()) === undefined ? [store, store] : [store, other]
      const claims = Array.from({ length: 40 }, (_, index) =>
        (nodes[index % 2] ?? store).claim(clock.at, 7, 100, `node${index % 2}`),
      )
      const claimed = (await Promise.all(claims)).flat()
      expect(new Set(ids(claimed)).size).toBe(claimed.length)
      expect(new Set(claimed.map(({ lease }) => lease)).size).toBe(claimed.length)
      const rest = await store.claim(clock.at, 200, 100, 'late')
      expect(claimed.length + rest.length).toBe(200)
    }),
  )
  test(
    'a job whose lease ended can be claimed again, and its first holder cannot finish it any more',
    play(async (store, { at }) => {
      await enqueue(store, job('j', at))
      const first = await store.claim(at, 1, 100, 'slow')
      expect(await store.nextDue()).toBe(at + 100)
      expect(await store.claim(at + 99, 1, 100, 'fast')).toEqual([])
      const second = await store.claim(at + 100, 1, 100, 'fast')
      expect(ids(second)).toEqual(['j'])
      const late = store.change(['a/1'], () => ({
        put: [{ key: 'a/1', value: 1 }],
        append: [{ item: 'i', kind: 'k', body: 1 }],
        enqueue: [job('k', at)],
        finish: first,
        result: undefined,
      }))
      await expect(late).rejects.toMatchObject({ name: 'JobLost', jobId: 'j' })
      expect((await store.read(['a/1'])).size).toBe(0)
      expect(await store.history('i')).toEqual([])
      expect(await store.nextDue()).toBe(at + 200)
      const finish = (): Promise<undefined> => store.change([], () => ({ finish: second, result: undefined }))
      await finish()
      expect(await store.nextDue()).toBeUndefined()
      await expect(finish()).rejects.toMatchObject({ name: 'JobLost', jobId: 'j' })
    }),
  )
}

function leasePromises(play: Play): void {
  test(
    'a lease from before never fits a job of the same id that came later',
    play(async (store, { at }) => {
      await enqueue(store, job('j', at))
      const old = await store.claim(at, 1, 100, 'node')
      await store.change([], () => ({ finish: old, enqueue: [job('j', at)], result: undefined }))
      const held = await store.claim(at, 1, 100, 'node')
      expect(ids(held)).toEqual(['j'])
      const stale = store.change([], () => ({ finish: old, result: undefined }))
      await expect(stale).rejects.toMatchObject({ name: 'JobLost' })
      await store.change([], () => ({ finish: held, result: undefined }))
    }),
  )
  test(
    'a job put under the id of another replaces it and ends its lease',
    play(async (store, { at }) => {
      await enqueue(store, job('j', at))
      const held = await store.claim(at, 1, 100, 'node')
      await enqueue(store, { ...job('j', at + 50), body: 'new' })
      const finish = store.change([], () => ({ finish: held, result: undefined }))
      await expect(finish).rejects.toMatchObject({ name: 'JobLost' })
      expect(await store.nextDue()).toBe(at + 50)
      expect(await store.claim(at + 50, 1, 100, 'node')).toMatchObject([
        { id: 'j', dueAt: at + 50, body: 'new' },
      ])
    }),
  )
  test(
    'a cancelled job is gone, held or not; one that never was is no error',
    play(async (store, { at }) => {
      await enqueue(store, job('held', at), job('waiting', at + 1))
      const held = await store.claim(at, 1, 100, 'node')
      await store.change([], () => ({ cancel: ['held', 'waiting', 'nobody'], result: undefined }))
      expect(await store.nextDue()).toBeUndefined()
      const finish = store.change([], () => ({ finish: held, result: undefined }))
      await expect(finish).rejects.toMatchObject({ name: 'JobLost' })
      await store.change([], () => ({ cancel: ['j'], enqueue: [job('j', at)], result: undefined }))
      expect(await store.nextDue()).toBe(at)
    }),
  )
}
