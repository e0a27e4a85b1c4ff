import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['./platform/src/testing/global-setup.ts'],
    include: ['{platform,idp,gateway,widgets,portal,test}/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
