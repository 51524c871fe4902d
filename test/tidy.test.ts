// The house rules hold in every file that git knows, and each rule reports what was planted for it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gitKnown, ROOT } from './sources.ts'
import {
  findingsIn,
  findingsInLock,
  findingsInPath,
  LINES_PER_FILE,
  LINES_PER_FUNCTION,
  LONG_FILES,
  LONG_FUNCTIONS,
  needless,
  RULES,
} from './tidy.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const planted = (path: string, text: string): readonly string[] =>
  findingsIn(path, `// Planted.\n${text}\n`, {}, {})

describe('the house as it stands', () => {
  const sources = gitKnown('*.ts', '*.tsx', '*.js', '*.mjs', '*.cjs')

  test('every source file is tidy', () => {
    expect(sources).toContain('test/tidy.ts')
    expect(sources.flatMap((path) => findingsIn(path, read(path), LONG_FILES, LONG_FUNCTIONS))).toEqual([])
  })

  test('every file is named for what it does', () => {
    expect(gitKnown().flatMap(findingsInPath)).toEqual([])
  })

  test('the lock file names no registry and lacks no platform', () => {
    expect(findingsInLock('package-lock.json', read('package-lock.json'))).toEqual([])
  })

  test('the lists of what may be long have only shrunk', () => {
    const known = new Set(sources)
    expect(
      needless((path) => (known.has(path) ? read(path) : undefined), LONG_FILES, LONG_FUNCTIONS),
    ).toEqual([])
  })
})

describe('each rule', () => {
  const lines = RULES.flatMap((rule) => rule.planted.map((line) => ({ line, rule })))

  test.each(lines)('reports $line', ({ line, rule }) => {
    const findings = planted('switch/planted.ts', line)
    expect(findings).toContainEqual(
      expect.stringContaining(`switch/planted.ts:2: write ${rule.write} instead of `),
    )
  })

  test.each(lines)('lets $line stand where it belongs', ({ line, rule }) => {
    for (const place of rule.except) {
      const path = place.endsWith('/') ? `${place}planted.ts` : place.replace('*', 'any/planted')
      expect(planted(path, line).filter((finding) => finding.includes(`write ${rule.write} `))).toEqual([])
    }
  })

  test('reads code, not comments and strings', () => {
    const text = [
      '/** Never Date.now(). */',
      "const a = 'process.exit(1)' // not Math.random()",
      'const b = `console.log ${a} setTimeout(`',
      'const c = /parseFloat(/',
    ].join('\n')
    expect(planted('switch/planted.ts', text)).toEqual([])
  })

  test('reads the code inside a template', () => {
    expect(planted('switch/planted.ts', 'const b = `at\n${Date.now()}`')).toEqual([
      'switch/planted.ts:3: write world.clock instead of Date.now',
    ])
  })
})

describe('sizes', () => {
  const filler = (lines: number): string => '  step()\n'.repeat(lines)
  const fn = (lines: number): string => `export function pay() {\n${filler(lines - 2)}}`
  const file = (lines: number): string => `// Planted.\n${'step()\n'.repeat(lines - 1)}`

  test('a function that fits a screen passes, one line more does not', () => {
    expect(planted('switch/pay.ts', fn(LINES_PER_FUNCTION))).toEqual([])
    expect(planted('switch/pay.ts', fn(LINES_PER_FUNCTION + 1))).toEqual([
      'switch/pay.ts:2: write two functions instead of 71 lines of pay',
    ])
  })

  test('arrows and methods are measured, a chapter of tests is not', () => {
    const body = filler(LINES_PER_FUNCTION)
    expect(planted('a.ts', `const pay = () => {\n${body}}`)).toHaveLength(1)
    expect(planted('a.ts', `const all = { pay() {\n${body}} }`)).toHaveLength(1)
    expect(planted('a.ts', `run(() => {\n${body}})`)).toHaveLength(1)
    expect(planted('a.test.ts', `describe('pay', () => {\n${body}})`)).toEqual([])
    expect(planted('a.test.ts', `test('pay', () => {\n${body}})`)).toHaveLength(1)
  })

  test('a file of 400 lines passes, one of 401 does not', () => {
    expect(findingsIn('switch/pay.ts', file(LINES_PER_FILE), {}, {})).toEqual([])
    expect(findingsIn('switch/pay.ts', file(LINES_PER_FILE + 1), {}, {})).toEqual([
      'switch/pay.ts:1: write two files instead of 401 lines',
    ])
  })

  test('a listed name may be as long as listed and no longer', () => {
    const listed = { 'switch/pay.ts': { lines: 500, because: 'planted' } }
    const functions = { 'switch/pay.ts#pay': { lines: 80, because: 'planted' } }
    expect(findingsIn('switch/pay.ts', file(500), listed, {})).toEqual([])
    expect(findingsIn('switch/pay.ts', file(501), listed, {})).toHaveLength(1)
    expect(findingsIn('switch/pay.ts', `// Planted.\n${fn(80)}`, {}, functions)).toEqual([])
    expect(findingsIn('switch/pay.ts', `// Planted.\n${fn(81)}`, {}, functions)).toHaveLength(1)
  })

  test('a listed name that has become short, or is gone, leaves the list', () => {
    const listed = {
      'a.ts': { lines: 500, because: 'planted' },
      'gone.ts': { lines: 500, because: 'planted' },
    }
    const functions = { 'a.ts#pay': { lines: 80, because: 'planted' } }
    const found = (text: string): readonly string[] =>
      needless((path) => (path === 'a.ts' ? text : undefined), listed, functions)
    expect(found(`${fn(71)}\n${filler(400)}`)).toEqual(['gone.ts'])
    expect(found('// Short.\n')).toEqual(['a.ts', 'gone.ts', 'a.ts#pay'])
  })
})

describe('names and openings', () => {
  test('a file must say what it is for', () => {
    expect(findingsIn('a.ts', 'export const a = 1\n', {}, {})).toHaveLength(1)
    expect(findingsIn('a.ts', '#!/usr/bin/env node\n// Why.\n', {}, {})).toEqual([])
    expect(findingsIn('a.ts', '\n/* Why. */\n', {}, {})).toEqual([])
  })

  test('empty names are refused', () => {
    const names = [
      'wire/messageHandler.ts',
      'cli/key-manager.ts',
      'test/helpers.ts',
      'utils/a.ts',
      'src/a.ts',
    ]
    expect(names.flatMap(findingsInPath)).toHaveLength(names.length)
    expect(findingsInPath('wire/envelope.ts')).toEqual([])
  })

  test('a registry in the lock file is reported', () => {
    expect(findingsInLock('package-lock.json', '{\n  "resolved": "https://example.test/a.tgz"\n}')).toEqual([
      'package-lock.json:2: write nothing instead of "resolved"',
    ])
  })

  test('a platform that the lock file lacks is reported', () => {
    const optionalDependencies = { 'a-linux': '1.0.0', 'a-darwin': '1.0.0' }
    const packages = { 'node_modules/a': { optionalDependencies }, 'node_modules/a-linux': {} }
    expect(findingsInLock('package-lock.json', JSON.stringify({ packages }))).toEqual([
      'package-lock.json:1: write an older release of node_modules/a instead of one without a-darwin',
    ])
  })
})
