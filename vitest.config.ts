import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Vite would take graphql's .mjs while its users in node_modules take the .js: two copies that refuse each other's schemas.
const graphql = fileURLToPath(new URL('./node_modules/graphql/index.js', import.meta.url))

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    globalSetup: ['./platform/src/testing/global-setup.ts'],
    include: ['{platform,idp,gateway,widgets,portal,test}/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
