// Control digits as institutions get them: a hundred at a time, never the same twice on a day, and for the sender alone.
import { beforeEach, expect, test } from 'vitest'
import { ACQUIRER_A, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { type FourParties, fourParties } from '../test/four-parties.ts'
import { call, type Fields } from '../wire/wire.ts'
import { hasControlDigits, strangeDigits } from './control-digits.ts'

const START = Date.parse('2026-06-15T10:00:00+08:00')
let world: FourParties
beforeEach(async () => {
  world = await fourParties(START, 'control digits')
})

async function fetch(institution = INSTITUTION): Promise<Fields<'control.fetch.reply'> & { class: string }> {
  const from = { ...world.stage.sealer(INSTITUTION), store: undefined }
  const [reply] = await Promise.all([
    call(from, 'control.fetch', SWITCH, { institution }, 5_000),
    world.stage.settle(),
  ])
  if (reply.kind !== 'answered') throw new Error(reply.because)
  return { ...reply.fields, class: reply.class }
}
const given = ({ controls = [] }: Fields<'control.fetch.reply'>): readonly string[] =>
  controls.flatMap(({ front, numbers }) => numbers.split('|').map((last) => front + last))

test('a hundred at a time, none twice, and anew on the next day', async () => {
  const [first, second] = [await fetch(), await fetch()]
  expect(first).toMatchObject({ class: 'OK', institution: INSTITUTION, clearingDay: '20260615' })
  const all = [...given(first), ...given(second)]
  expect(all).toHaveLength(200)
  expect(new Set(all).size).toBe(200)
  for (const one of all) expect(one).toMatch(/^\d{6}$/)
  await world.stage.advance(START + 24 * 3_600_000)
  const next = await fetch()
  expect(next).toMatchObject({ class: 'OK', clearingDay: '20260616' })
  expect(given(next)).toEqual(given(first))
})

test('for nobody else’s name', async () => {
  expect(await fetch(ACQUIRER_A)).toMatchObject({ class: 'REJ-CERT' })
})

test('a number is known by its form; digits that were not handed out here are written down', () => {
  const number = `20260615${'7'.repeat(16)}1000099`
  expect(hasControlDigits(number)).toBe(true)
  for (const wrong of [number.slice(1), `${number}0`, `${number.slice(0, 24)}0000099`, 'B0123456789abcdef'])
    expect(hasControlDigits(wrong)).toBe(false)
  const rows = new Map([[`control-digits/${INSTITUTION}.20260615`, { count: 100 }]] as const)
  expect(strangeDigits(rows, INSTITUTION, number)).toEqual([])
  expect(strangeDigits(rows, INSTITUTION, `${number.slice(0, -6)}000100`)).toHaveLength(1)
  expect(strangeDigits(rows, ACQUIRER_A, number)).toHaveLength(1)
})
