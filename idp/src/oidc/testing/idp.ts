import { randomBytes } from 'node:crypto'
import { readConfig } from '@atrium/platform/config'
import { freePort, testDatabase } from '@atrium/platform/testing'
import { smallCompany } from '../../admin/testing/company.ts'
import { type Config, configSchema } from '../../config.ts'
import { importCompany } from '../../directory/import.ts'
import { importSchema } from '../../directory/import-schema.ts'
import { type IdpService, startIdp } from '../../service.ts'
import { password, secretOf } from './accounts.ts'

/** A real identity provider on a real database, with the small company. */
export type TestIdp = {
  service: IdpService
  config: Config
  issuer: string
  portal: string
  /** Stops the service and starts it again on the same database and port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts one; `systemUrls` are where the applications' own servers listen. */
export async function startTestIdp(
  options: { systemUrls?: Record<string, string>; env?: Record<string, string> } = {},
): Promise<TestIdp> {
  const port = await freePort()
  const portal = 'http://localhost:39000'
  const config = readConfig(configSchema, {
    PORT: String(port),
    DATABASE_URL: await testDatabase(),
    ISSUER: `http://localhost:${port}/realms/atrium`,
    PORTAL_URL: portal,
    GATEWAY_URL: 'http://localhost:1',
    COOKIE_KEYS: randomBytes(24).toString('hex'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    GATEWAY_CLIENT_SECRET: secretOf('gateway'),
    COMPANY_NAME_ZH: '华信机械',
    COMPANY_NAME_EN: 'Huaxin Machinery',
    RETRY_DELAYS: '100,200',
    ...options.env,
  })
  const test: TestIdp = {
    service: await startIdp(config),
    config,
    issuer: config.ISSUER,
    portal,
    restart: async () => {
      await test.service.stop()
      test.service = await startIdp(config)
    },
    stop: () => test.service.stop(),
  }
  const company = smallCompany()
  const systemUrl = (id: string): string => options.systemUrls?.[id] ?? `http://localhost:1/${id}`
  const document = importSchema.parse({
    ...company,
    people: company.people.map(person => ({ ...person, password })),
    applications: company.applications?.map(application => ({
      ...application,
      redirectUris: [`${systemUrl(application.id)}/oidc/callback`],
      postLogoutRedirectUris: [`${systemUrl(application.id)}/`],
      backchannelLogoutUri: `${systemUrl(application.id)}/oidc/backchannel-logout`,
    })),
  })
  await importCompany(test.service.deps, document, { id: 'test', kind: 'system' })
  return test
}
