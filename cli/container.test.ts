// The container module: what it tells an engine to run, and, where there is an engine, a network that answers.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { GenericContainer } from 'testcontainers'
import { describe, expect, test } from 'vitest'
import { SifangContainer } from './container.ts'

const engine = process.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock')
const root = fileURLToPath(new URL('..', import.meta.url))

test('it is told the profile, the seed and the ports', () => {
  const made = new SifangContainer().withProfile('netsunion').withSeed('nine')
  expect(made.command()).toEqual(['up', '--profile', 'netsunion', '--seed', 'nine', '--port', '18080'])
})

test('the package has it by name, and testcontainers only where a test brings it', () => {
  const about = createRequire(import.meta.url)('../package.json') as {
    exports: Record<string, { default: string }>
    peerDependenciesMeta: Record<string, { optional: boolean }>
    dependencies: Record<string, string>
  }
  expect(about.exports['./testcontainers']?.default).toBe('./dist/cli/container.js')
  expect(about.peerDependenciesMeta['testcontainers']?.optional).toBe(true)
  expect(Object.keys(about.dependencies)).not.toContain('testcontainers')
})

describe.skipIf(!engine)(
  engine ? 'in an engine' : 'in an engine (skipped: no container engine here; DOCKER_HOST names one)',
  () => {
    test('the network answers', { timeout: 600_000 }, async () => {
      await GenericContainer.fromDockerfile(root).build('sifang-test', { deleteOnExit: false })
      await using started = await new SifangContainer('sifang-test').withProfile('sim').start()
      const sale = await fetch(`${started.url('acquirerA')}/till/sales`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ payer: 'alice', amount: '1000' }),
      })
      expect(sale.status).toBe(201)
    })
  },
)
