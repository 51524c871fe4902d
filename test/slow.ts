// Suites that start whole processes again and again: half a minute each on two cores. `npm test` leaves them out and says
// so; `npm run test:full` and `.ci/run` (SIFANG_SLOW=1) play them.
export const SLOW_SUITES = [
  'cli/again.test.ts',
  'cli/desk.test.ts',
  'cli/other-wallet.test.ts',
  'cli/replay.test.ts',
  'cli/tapes-guide.test.ts',
  'cli/watch.test.ts',
] as const
