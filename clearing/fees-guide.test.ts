// docs/fees.md: its example is read, its tables are computed. UPDATE_GOLDEN=1 writes the computed columns anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { charge, sidesOf } from './fees.ts'
import { readFeeStandards } from './fees-read.ts'
import { standardFor } from './fees-standard.ts'
import { PARTIES } from './fees-testing.ts'

const FILE = join(import.meta.dirname, '../docs/fees.md')
const page = readFileSync(FILE, 'utf8')

const example = (): unknown => {
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  return parse(yaml ?? '')
}

const cells = (row: string): readonly string[] => row.split('|').map((cell) => cell.trim())

/** The row of a payment, as it is written above its computed columns. */
function paymentRow(business: string, time: string, order: bigint, paid: bigint): string {
  const read = readFeeStandards(example())
  const standards = read.kind === 'standards' ? read.standards : []
  const standard = standardFor(standards, { business, time, currency: 'CNY' })
  if (standard === undefined) throw new Error(`no standard for ${business}`)
  const sale = { time, order, paid, gross: order }
  const charged = charge(standard, sale, PARTIES)
  const { payerPays, merchantNet } = sidesOf(charged, sale)
  const role = (party: string): string => Object.entries(PARTIES).find(([, id]) => id === party)?.[0] ?? party
  const fees = charged.rows.map(
    ({ rule, side, fee, shares }) =>
      `${rule} ${side} ${fee} (${shares.map(({ to, amount }) => `${role(to)} ${amount}`).join(', ')})`,
  )
  return `| ${[business, time, order, paid, fees.join('; '), payerPays, merchantNet].join(' | ')} |`
}

/** The row of a fault: the one value is put into the example, and there is the one fault. */
function faultRow(place: string, value: string): string {
  const changed = example()
  const steps = place.split(/[.[\]]+/).filter((step) => step !== '')
  const last = steps.pop() ?? ''
  let inner = changed as Record<string, unknown>
  for (const step of steps) inner = inner[step] as Record<string, unknown>
  expect(Object.hasOwn(inner, last), `${place} is in the example`).toBe(true)
  inner[last] = JSON.parse(value)
  const read = readFeeStandards(changed)
  const faults = read.kind === 'refused' ? read.faults : []
  expect(faults, `${place} ${value}`).toHaveLength(1)
  const told = (language: 'zh' | 'en'): string =>
    faults.map(({ place: at, said }) => `\`${at}\` ${said[language]}`).join('')
  return `| \`${place}\` | \`${value}\` | ${told('zh')} | ${told('en')} |`
}

const computed = (line: string): string => {
  const row = cells(line)
  if (/^[0-9]{20}$/.test(row[1] ?? ''))
    return paymentRow(row[1] ?? '', row[2] ?? '', BigInt(row[3] ?? ''), BigInt(row[4] ?? ''))
  if (row[1]?.startsWith('`standards') === true)
    return faultRow(row[1].slice(1, -1), (row[2] ?? '').slice(1, -1))
  return line
}

test('the example is a standard', () => {
  expect(readFeeStandards(example())).toMatchObject({ kind: 'standards' })
})

test('every row of the tables is what is computed', () => {
  const now = page.split('\n').map(computed).join('\n')
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(FILE, now)
  expect(now.split('\n').filter((line) => /^\| [0-9`]/.test(line)).length).toBeGreaterThan(30)
  expect(readFileSync(FILE, 'utf8').split('\n')).toEqual(now.split('\n'))
})
