// One configuration for every suite; tests stand beside the code they prove, house rules in test/.
// `--mode full` (npm run test:full) tells the long tests to run in full, as SIFANG_FULL=1.
import { defineConfig } from 'vitest/config'

/** Suites that start whole processes again and again, or count through very many cases. `npm test` leaves them out and says
 *  so (test/slow.test.ts); `npm run test:full` and `.ci/run` (SIFANG_SLOW=1) play them. */
export const SLOW_SUITES = [
  'cli/acquirer.test.ts',
  'cli/again.test.ts',
  'cli/by-hand.test.ts',
  'cli/cli.test.ts',
  'cli/compare.test.ts',
  'cli/desk.test.ts',
  'cli/init.test.ts',
  'cli/other-wallet.test.ts',
  'cli/replay.test.ts',
  'cli/spawn.test.ts',
  'cli/tapes-guide.test.ts',
  'cli/watch.test.ts',
  'conformance/besiege.test.ts',
  'conformance/oracles.test.ts',
  'conformance/stories.test.ts',
  'crypto/sm2-agreement.test.ts',
  'crypto/sm2-differential.test.ts',
  'crypto/sm2-edges.test.ts',
]

const slow = (mode: string): boolean => mode === 'full' || process.env['SIFANG_SLOW'] === '1'

export default defineConfig(({ mode }) => ({
  test: {
    include: ['**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      'dist/**',
      'runs/**',
      'reports/viewer/**',
      '**/.planted-*/**',
      ...(slow(mode) ? [] : SLOW_SUITES),
    ],
    env: {
      SIFANG_FULL: mode === 'full' ? '1' : (process.env['SIFANG_FULL'] ?? ''),
      SIFANG_SLOW: slow(mode) ? '1' : '',
    },
    testTimeout: mode === 'full' ? 300_000 : 30_000, // a planted fault may start a process or a database
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2, // CI has two cores; more would only measure the queue
  },
}))
