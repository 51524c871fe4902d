// One configuration for every suite; tests stand beside the code they prove, house rules in test/.
import { defineConfig } from 'vitest/config'

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from a default export.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', 'runs/**'],
    testTimeout: 30_000,
    pool: 'forks',
  },
})
