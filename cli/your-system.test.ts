// docs/your-system.md is what somebody builds a wallet from: nothing that the exam speaks may be missing there, and its
// configurations must be such as are read.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FEATURES } from '../scenarios/scenarios.ts'
import { CLASSES, type Field, HEAD_NAMES, MESSAGES, PROFILES, type RequestType } from '../wire/wire.ts'
import { readConfig } from './config.ts'
import { PLACEHOLDERS } from './spawn-config.ts'

const guide = await readFile(fileURLToPath(new URL('../docs/your-system.md', import.meta.url)), 'utf8')
const KEY =
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13'
const TAKEN: readonly RequestType[] = ['debit', 'debit.query', 'debit.reverse', 'credit', 'notify.payer']
const SENT: readonly RequestType[] = ['token.apply', 'code.apply']

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sifang-guide-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The cells of every table row whose first cell names this. */
function row(name: string): readonly string[] {
  const line = guide
    .split('\n')
    .find((one) => one.startsWith('|') && one.split('|')[1]?.includes(`\`${name}\``))
  return (line ?? '').split('|').map((cell) => cell.trim())
}

test('features, placeholders, head lines and profiles each have their place', () => {
  for (const name of [...FEATURES, ...Object.keys(PLACEHOLDERS).map((one) => `\${${one}}`), ...HEAD_NAMES])
    expect(row(name).length, name).toBeGreaterThan(3)
  for (const name of Object.keys(PROFILES)) expect(guide).toContain(`\`${name}\``)
})

test('every message stands there with exactly its fields', () => {
  const spelt = ({ unionpay, presence }: Field): string =>
    `\`${unionpay}\`${presence === 'optional' ? '?' : ''}`
  for (const type of [...TAKEN, ...SENT])
    expect(row(type).join(' '), type).toContain(MESSAGES[type].map(spelt).join(' '))
})

test('every field of a request or a reply has a row with its form', () => {
  const fields = [...TAKEN, ...SENT].flatMap((type): readonly Field[] => [
    ...MESSAGES[type],
    ...MESSAGES[`${type}.reply` as keyof typeof MESSAGES],
  ])
  for (const { unionpay, lengthMax, format } of fields) {
    const [, , form = ''] = row(unionpay)
    expect(form, unionpay).not.toBe('')
    if (format === 'digits' && lengthMax > 1 && lengthMax < 100 && unionpay !== 'errOffset')
      expect(form, unionpay).toContain(String(lengthMax))
  }
})

test('every class that a wallet may say stands there with its code', () => {
  const said = [...guide.matchAll(/\| ([A-Z]+(?:[-_][A-Z]+)*) (?=\| (\w\w) )/g)].map(
    ([, name, code]) => `${name} ${code}`,
  )
  const known = new Map(CLASSES.map(({ class: name, unionpay }) => [name as string, unionpay as string]))
  expect(said.length).toBe(22)
  expect(said.filter((one) => known.get(one.split(' ')[0] ?? '') !== one.split(' ')[1])).toEqual([])
})

test('its configurations are read', async () => {
  const shown = [...guide.matchAll(/```yaml\n([^`]+)```/g)].map(([, text]) => text ?? '')
  expect(shown).toHaveLength(2)
  for (const [index, text] of shown.entries()) {
    const path = join(folder, `${index}.yaml`)
    await writeFile(path, text.replaceAll('04…', KEY))
    expect((await readConfig(path)).name).toBe('my wallet')
  }
})
