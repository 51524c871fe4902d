// The published vectors are all here, each once, and each file of them is read by a test.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

// Counted in gm-vectors.json, from which these files were cut.
const PUBLISHED = 124
// Not published: made by OpenSSL 3.0.19 with the commands' own defaults, all of the key of GB/T 32918.5, annex A.
const OURS = ['key-files.json']

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const files = readdirSync(new URL('vectors', import.meta.url))

describe('the published vectors', () => {
  it(`are ${PUBLISHED}, each with an id of its own`, () => {
    const ids = files
      .filter((name) => !OURS.includes(name))
      .flatMap((name) =>
        (JSON.parse(read(`vectors/${name}`)) as { readonly id: string }[]).map(({ id }) => id),
      )
    expect(ids.length).toBe(PUBLISHED)
    expect(new Set(ids).size).toBe(PUBLISHED)
  })

  it('are read by a test, file by file', () => {
    const tests = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.test.ts'))
    const all = tests.map((name) => read(name)).join('\n')
    expect(files.filter((name) => !all.includes(`from './vectors/${name}'`))).toEqual([])
  })
})
