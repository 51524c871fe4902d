// One configuration for every suite; tests stand beside the code they prove, house rules in test/.
// `--mode full` (npm run test:full) tells the long tests to run in full, as SIFANG_FULL=1.
import { defineConfig } from 'vitest/config'
import {
  BaseSequencer,
  type TestSequencerConstructor,
  type TestSpecification,
  type Vitest,
} from 'vitest/node'

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
  'wire/probes.test.ts',
]

/** Suites that leave something behind in their process: MSW stands in the way of all its HTTP, for good. All others share
 *  two processes, so that the network is loaded twice and not ninety times. */
const APART = ['test/exported.test.ts']

/** What takes long begins first; a fresh clone has no times to go by, and the last one would keep a core waiting. */
const LONG = [
  'conformance/races.test.ts',
  'conformance/mutants.test.ts',
  'conformance/do-nothing.test.ts',
  'store/sqlite.test.ts',
  'institution/institution.test.ts',
  'institution/compensation.test.ts',
  'test/tidy.test.ts',
  'cli/completion.test.ts',
]

/** The order in which suites begin: Vitest's own, after those that stand first. */
function longFirst(vitest: Vitest) {
  const own = new BaseSequencer(vitest)
  const order = [...APART, ...LONG]
  const place = ({ moduleId }: TestSpecification): number => {
    const found = order.findIndex((name) => moduleId.endsWith(`/${name}`))
    return found === -1 ? order.length : found
  }
  return {
    shard: (files: TestSpecification[]) => own.shard(files),
    sort: async (files: TestSpecification[]) =>
      (await own.sort(files)).toSorted((a, b) => place(a) - place(b)),
  }
}

const slow = (mode: string): boolean => mode === 'full' || process.env['SIFANG_SLOW'] === '1'

export default defineConfig(({ mode }) => ({
  test: {
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
    // Vitest calls it with `new`; what it gives is a sequencer all the same.
    sequence: { sequencer: longFirst as unknown as TestSequencerConstructor },
    projects: [
      {
        extends: true,
        test: { name: 'shared', include: ['**/*.test.ts'], exclude: APART, isolate: false },
      },
      { extends: true, test: { name: 'apart', include: APART } },
    ],
  },
}))
