// A profile as a file: what is written is read back, every key can be set, and a wrong one is told with its place.
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { FLAG_CHOICES, LEGAL, PROFILES } from '../wire/wire.ts'
import { profileYaml, ProfileFile, readProfile } from './profile-file.ts'

const FOLDER = new URL('../docs/profiles/', import.meta.url)
const golden = process.env['UPDATE_GOLDEN'] === '1'

function kept(name: string, text: string): void {
  const path = new URL(name, FOLDER)
  if (golden) writeFileSync(path, text)
  expect(readFileSync(path, 'utf8')).toBe(text)
}

describe('the built-in profiles', () => {
  test.each(Object.values(PROFILES).map((profile) => [profile.id, profile] as const))(
    '%s is legal, and its file in docs is the same profile',
    (id, profile) => {
      const { networks, suites, orders } = LEGAL[profile.frame]
      expect(networks).toContain(profile.network)
      expect(suites).toContain(profile.suite)
      expect(orders).toContain(profile.order)
      const text = profileYaml(profile)
      expect(readProfile(text)).toEqual({ profile })
      kept(`${id}.yaml`, text)
    },
  )

  test('the schema in docs is the one that files are read by', () => {
    kept('profile.schema.json', `${JSON.stringify(z.toJSONSchema(ProfileFile), null, 2)}\n`)
  })
})

describe('a file of one’s own', () => {
  const from = (more: string): ReturnType<typeof readProfile> =>
    readProfile(`id: mine\nextends: unionpay\n${more}`)

  test('says only what is different', () => {
    const read = from('values:\n  codeLifeMs: 30s\n  cutOff: "24:00"\n  codeDayMinor:\n    B: "1"\n')
    const built = PROFILES['unionpay']
    expect(read).toMatchObject({
      profile: {
        id: 'mine',
        values: {
          codeLifeMs: 30_000,
          cutOff: { hour: 24, minute: 0 },
          codeDayMinor: { ...built?.values.codeDayMinor, B: 1n },
          userWaitMs: built?.values.userWaitMs,
        },
        flags: built?.flags,
      },
    })
  })

  test.each(
    Object.entries(FLAG_CHOICES).flatMap(([flag, choices]) => choices.map((one) => [flag, one] as const)),
  )('flag %s can be %s', (flag, choice) => {
    expect(from(`flags:\n  ${flag}: ${choice}\n`)).toMatchObject({ profile: { flags: { [flag]: choice } } })
  })

  test.each([
    ['values:\n  codeLifeMs: 30\n', 4, 'values.codeLifeMs: a duration with its unit'],
    ['values:\n  cutOff: 25:00\n', 4, 'values.cutOff: a time of day'],
    ['values:\n  pinFreeMaxMinor: 1e3\n', 4, 'values.pinFreeMaxMinor: an amount in minor units'],
    ['values:\n  nothing: 1\n', 4, 'Unrecognized key'],
    ['flags:\n  codesBy: bank\n', 4, 'flags.codesBy'],
    ['suite: rsa\n', 3, 'suite: frame sifang/1 goes with sm or sm3-shared'],
    ['frame: epcc\n', 1, 'network: frame epcc goes with netsunion'],
    ['id: twice\n', 3, 'is not YAML'],
  ])('%j is refused at line %i', (more, line, said) => {
    const read = from(more)
    expect(read).toMatchObject({ faults: [{ line }] })
    expect('faults' in read && read.faults[0]?.said).toContain(said)
  })
})
