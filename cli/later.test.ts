// What `sifang up` loads before it listens, and that a call which comes before a server is loaded is answered by it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { later } from './later.ts'

/** Packages that take longer to load than a party to start, and that nobody needs in order to take messages. */
const HEAVY = /^(zod|@hono\/zod-openapi|yaml|pg|fast-check|picocolors|@clack\/prompts|commander|msw)(\/|$)/

test('nothing is loaded before somebody calls, and once for all who do', async () => {
  const loaded: string[] = []
  const gate = Promise.withResolvers<void>()
  const api = later(async () => {
    loaded.push('begun')
    await gate.promise
    loaded.push('there')
    return { fetch: (request) => new Response(`${loaded.at(-1) ?? ''} ${new URL(request.url).pathname}`) }
  })
  expect(loaded).toEqual([])
  const calls = ['/a', '/b'].map((path) => api.fetch(new Request(`http://127.0.0.1${path}`)))
  const whole = api.load()
  gate.resolve()
  expect(await Promise.all(calls.map(async (call) => (await call).text()))).toEqual(['there /a', 'there /b'])
  await whole
  expect(loaded).toEqual(['begun', 'there'])
})

test('what cannot be loaded is said to whoever calls, and to whoever loads', async () => {
  const api = later(() => Promise.reject(new Error('broken')))
  await expect(api.fetch(new Request('http://127.0.0.1/'))).rejects.toThrow('broken')
  await expect(api.load()).rejects.toThrow('broken')
})

test('up loads parties and their messages before it listens; no shapes, no pages, no words', async () => {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return
    seen.add(path)
    const text = await readFile(path, 'utf8')
    // An import inside a function waits until it is called; one of types alone is none.
    for (const [, from = ''] of text.matchAll(/^(?:import|export) (?!type\b)[^;'"]*?from '([^']+)'/gm)) {
      if (!from.startsWith('.')) packages.add(from)
      else if (from.endsWith('.ts')) await follow(join(path, '..', from))
    }
  }
  await follow(join(import.meta.dirname, 'up.ts'))
  expect([...packages]).toContain('hono')
  expect([...packages].filter((name) => HEAVY.test(name))).toEqual([])
  const rooms = [...seen].map((path) => path.slice(join(import.meta.dirname, '..').length + 1))
  expect(rooms).toContain('institution/debit.ts')
  expect(rooms.filter((name) => /^(reports|conformance)\/|scenarios\/(page|load|stage)/.test(name))).toEqual(
    [],
  )
})
