// What `npm test` leaves out is said, one line each, and every name is a suite that exists.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SLOW_SUITES } from '../vitest.config.ts'
import { ROOT } from './sources.ts'

const played = import.meta.env.MODE === 'full' || import.meta.env['SIFANG_SLOW'] === '1'

describe.skipIf(played)('left out of npm test (npm run test:full and .ci/run play it)', () => {
  test.skip.each(SLOW_SUITES)('%s', () => undefined)
})

test.each(SLOW_SUITES)('%s is there', (name) => {
  expect(existsSync(join(ROOT, name))).toBe(true)
})
