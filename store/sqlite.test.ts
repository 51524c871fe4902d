// What only SQLite can get wrong: other processes on the file, groups that fail as a whole, sudden death.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { all, increment, valueOf } from './contract.ts'
import { changeUntilKilled } from './crash-child.ts'
import { sqliteStore } from './sqlite.ts'
import { type Key, START, type Store } from './store.ts'

let folder = ''
const path = (): string => join(folder, 'store.db')
const open = (lockWaitMs = 10): Store => sqliteStore({ path: path(), now: () => 1, lockWaitMs })
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sifang-sqlite-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Started from text, so that the file needs no command line of its own. */
const child = (name: string, changes: number) => {
  const file = pathToFileURL(join(import.meta.dirname, 'crash-child.ts')).href
  const given = [path(), name, changes].map((each) => JSON.stringify(each)).join(', ')
  const text = `import { ${changeUntilKilled.name} } from '${file}'; await ${changeUntilKilled.name}(${given})`
  return spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

test('a file that another process keeps locked gives a clear error, and works again afterwards', async () => {
  const store = open()
  const other = new DatabaseSync(path())
  other.exec('BEGIN IMMEDIATE')
  await expect(increment(store, 'a/1')).rejects.toThrow(/another process kept the SQLite file .* locked/)
  expect(await valueOf(store, 'a/1')).toBeUndefined()
  other.exec('COMMIT')
  expect(await increment(store, 'a/1')).toBe(1)
  other.close()
  await store.close()
})

test('a file that is none of ours gives a clear error', () => {
  const other = new DatabaseSync(path())
  other.exec('PRAGMA user_version = 99')
  other.close()
  expect(() => open()).toThrow('store version 99')
  expect(() => sqliteStore({ path: join(folder, 'no', 'folder.db'), now: () => 1 })).toThrow(
    'folder.db could not',
  )
})

test('a commit that fails rejects every change of its group, and the next group is whole', async () => {
  const store = open()
  const other = new DatabaseSync(path())
  // A deferred constraint is looked at no sooner than at COMMIT.
  other.exec(`CREATE TABLE empty (id INTEGER PRIMARY KEY);
    CREATE TABLE promise (id INTEGER REFERENCES empty DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER broken AFTER INSERT ON rows WHEN NEW.key = 'a/broken' BEGIN INSERT INTO promise VALUES (1); END`)
  other.close()
  const keys: Key[] = ['a/1', 'a/broken', 'a/2']
  const outcomes = await Promise.allSettled(keys.map((key) => increment(store, key)))
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect((await store.read(keys)).size).toBe(0)
  expect(await increment(store, 'a/1')).toBe(1)
  await store.close()
})

test('more changes than a group holds all come through, in the order in which they were asked for', async () => {
  const store = open()
  const asked = Array.from({ length: 1_000 }, () => increment(store, 'a/1'))
  expect(await Promise.all(asked)).toEqual(asked.map((_, index) => index + 1))
  await store.close()
})

test('closing commits what was still waiting', async () => {
  const store = open()
  const waiting = increment(store, 'a/1')
  await store.close()
  expect(await waiting).toBe(1)
  const again = open()
  expect(await valueOf(again, 'a/1')).toBe(1)
  await again.close()
})

test('expired rows leave the file', async () => {
  const clock = { at: 1 }
  const store = sqliteStore({ path: path(), now: () => clock.at })
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => {
      const put = { key: `nonce/${index}`, value: 1, expiresAt: 10, indexed: { by: 'x' } } as const
      return store.change([put.key], () => ({ put: [put], result: undefined }))
    }),
  )
  clock.at = 10
  await increment(store, 'a/1')
  await store.close()
  const file = new DatabaseSync(path())
  expect(
    file.prepare('SELECT (SELECT COUNT(*) FROM rows) AS rows, COUNT(*) AS marks FROM marks').get(),
  ).toEqual({
    rows: 1,
    marks: 0,
  })
  file.close()
})

test('four processes that start at once on a new file share it', async () => {
  const children = Array.from({ length: 4 }, (_, index) => child(`child${index}`, 40))
  for (const each of children) each.stdout.resume()
  const codes = await Promise.all(children.map((each) => once(each, 'exit')))
  expect(codes).toEqual(children.map(() => [0, null]))
  const store = open()
  expect(await valueOf(store, 'count/all')).toBe(160)
  await store.close()
})

test('a process killed at any moment has lost nothing that it acknowledged, and left no half change', async () => {
  let seed = 20_250_301
  const chance = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const acknowledged: string[] = []
  for (let round = 0; round < 5; round++) {
    acknowledged.push(
      ...(await killedAfter(child(`round${round}`, Number.MAX_SAFE_INTEGER), 1 + chance(400))),
    )
    const store = open()
    const entries = await all(store.journal(START))
    for (const id of acknowledged) expect(await store.history(id)).toHaveLength(1)
    for (const { item, body } of entries) {
      const rows = await store.read([`left/${item}`, `right/${item}`])
      expect([...rows.values()]).toEqual([body, body])
    }
    expect(await store.scan('side', 'left/', 'left/~', 100_000)).toHaveLength(entries.length)
    expect(await store.scan('side', 'right/', 'right/~', 100_000)).toHaveLength(entries.length)
    expect(await valueOf(store, 'count/all')).toBe(entries.length)
    await store.close()
  }
})

/** Whole lines that the process printed until it was killed, at least `lines` of them. */
async function killedAfter(killed: ReturnType<typeof child>, lines: number): Promise<string[]> {
  let printed = ''
  const exited = once(killed, 'close')
  for await (const chunk of killed.stdout) {
    printed += String(chunk)
    if (printed.split('\n').length > lines) killed.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return printed.split('\n').slice(0, -1)
}
