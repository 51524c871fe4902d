// The clinic from the command line: what it takes, what it says, and how it ends.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keyring, writePem, writePkcs8 } from '../crypto/crypto.ts'
import { INSTITUTION, seeded, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { PROFILES, seal, type Sealer } from '../wire/wire.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const folder = mkdtempSync(join(tmpdir(), 'sifang-clinic-'))
const clinic = (args: readonly string[], input?: string) =>
  spawnSync(process.execPath, ['cli/main.ts', 'clinic', ...args], {
    encoding: 'utf8',
    ...(input !== undefined && { input }),
  })

async function message(seed: string, userId?: string): Promise<Uint8Array> {
  const profile = PROFILES['unionpay'] ?? expect.fail('unionpay')
  const network = await testNetwork(profile, seeded(`unionpay/${seed}`), NOON)
  const keys =
    userId === undefined
      ? network.keysOf(SWITCH)
      : keyring(network.privateKeysOf(SWITCH), { ...profile.sm2, userId })
  for (const [id, key] of [...network.privateKeysOf(SWITCH), ...network.privateKeysOf(INSTITUTION)])
    writeFileSync(join(folder, `${id}.pem`), writePem('PRIVATE KEY', writePkcs8(key)))
  const clock = { wall: () => NOON, mono: () => 0n, until: () => Promise.resolve() }
  const world: Sealer = {
    me: SWITCH,
    profile,
    clock,
    random: seeded('chance'),
    keys,
    directory: network.directory,
  }
  const fields = { acquirer: '48020001', asked: 'debit', order: 'O1', orderTime: '20260615100000' }
  return (await seal(world, { type: 'debit.query', to: INSTITUTION, fields })).sealed.bytes
}

test('hex from stdin, with the test network’s keys: the mistake and its fix, exit 1', async () => {
  const wrong = clinic(['-', '--json'], Buffer.from(await message('1', '')).toString('hex'))
  expect(wrong.status).toBe(1)
  const told = JSON.parse(wrong.stdout) as {
    taken: string
    outcome: string
    steps: { by: { id: string }[][] }[]
  }
  expect(told).toMatchObject({ taken: 'hex', outcome: 'explained', frame: 'sifang/1', profile: 'unionpay' })
  expect(told.steps.flatMap(({ by }) => by.flat().map(({ id }) => id))).toEqual(['user-id-empty'])
})

test('bytes from a file are right, by the keys of up as well, exit 0; private keys are never printed', async () => {
  const file = join(folder, 'message.bin')
  writeFileSync(file, await message('up'))
  const right = clinic([file, '--lang', 'zh'] as const)
  expect(right.stdout).toContain('这条报文是对的')
  expect(right.status).toBe(0)
})

test('keys of one’s own: what is missing is named, exit 4', async () => {
  const file = join(folder, 'own.bin')
  writeFileSync(file, await message('somebody else'))
  const missing = clinic([file, '--key', join(folder, '6800000001.pem')])
  expect(missing.stdout).toContain('6800000004')
  expect(missing.status).toBe(4)
})

test('what is no message is told what it comes nearest to, exit 2', () => {
  const none = clinic(['-'], '{"amount":"1"}')
  expect(none.stdout).toContain('looks like JSON')
  expect(none.status).toBe(2)
  expect(clinic([join(folder, 'nothing')]).status).toBe(2)
})
