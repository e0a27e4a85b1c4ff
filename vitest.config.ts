import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Vite would take graphql's .mjs while its users in node_modules take the .js: two copies that refuse each other's schemas.
const graphql = fileURLToPath(new URL('./node_modules/graphql/index.js', import.meta.url))

// Each of these starts the whole of Atrium: they come last and one after the other, so that their waits are not for one another.
const whole = ['test/e2e/**/*.test.ts', 'test/tryton/portal.test.ts']

// These run a second time against two processes behind a proxy that gives each request to the other one.
const replicas = [
  'test/conformance/{basic,config-and-logout,device,dpop,revocation}.test.ts',
  'idp/src/oidc/{refresh,logout}.test.ts',
]

const common = {
  globalSetup: ['./platform/src/testing/global-setup.ts'],
  testTimeout: 30_000,
  hookTimeout: 120_000,
  env: { LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal' },
}

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...common,
          name: 'parts',
          include: ['{platform,idp,gateway,widgets,portal,test}/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', ...whole],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'replicas',
          env: { ...common.env, IDP_REPLICAS: '2' },
          include: replicas,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { ...common, name: 'whole', include: whole, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
})
