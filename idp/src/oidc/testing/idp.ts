import { randomBytes } from 'node:crypto'
import { readConfig } from '@atrium/platform/config'
import { freePort, testDatabase } from '@atrium/platform/testing'
import { smallCompany } from '../../admin/testing/company.ts'
import { type Config, configSchema } from '../../config.ts'
import { importCompany } from '../../directory/import.ts'
import { importSchema } from '../../directory/import-schema.ts'
import { type IdpService, startIdp } from '../../service.ts'
import { password, secretOf } from './accounts.ts'
import { type Replica, type RoundRobin, roundRobin, startReplica } from './replicas.ts'

/** A real identity provider on a real database, with the small company. */
export type TestIdp = {
  /** The replica in this process; with `replicas` others run in processes of their own, and a proxy gives each request to the next. */
  service: IdpService
  replicas: Replica[]
  config: Config
  /** The variables it was started with. */
  env: Record<string, string>
  issuer: string
  portal: string
  /** Stops the service and starts it again on the same database and port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts one; `systemUrls` are where the applications' own servers listen, `replicas` how many processes answer in turn. */
export async function startTestIdp(
  options: { systemUrls?: Record<string, string>; env?: Record<string, string>; replicas?: number } = {},
): Promise<TestIdp> {
  // IDP_REPLICAS=2 runs any test against several processes: a client must not notice.
  const others = (options.replicas ?? Number(process.env.IDP_REPLICAS ?? 1)) - 1
  const port = await freePort()
  const env: Record<string, string> = {
    PORT: String(others ? await freePort() : port),
    TRUST_PROXY: String(others > 0),
    DATABASE_URL: await testDatabase(),
    ISSUER: `http://localhost:${port}/realms/atrium`,
    PORTAL_URL: 'http://localhost:39000',
    GATEWAY_URL: 'http://localhost:1',
    COOKIE_KEYS: randomBytes(24).toString('hex'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    GATEWAY_CLIENT_SECRET: secretOf('gateway'),
    COMPANY_NAME_ZH: '华信机械',
    COMPANY_NAME_EN: 'Huaxin Machinery',
    RETRY_DELAYS: '100,200',
    ...options.env,
  }
  const config = readConfig(configSchema, env)
  const service = await startIdp(config)
  const replicas = await Promise.all(Array.from({ length: others }, () => startReplica(env)))
  const proxy: RoundRobin | undefined = others
    ? await roundRobin(port, [config.PORT, ...replicas.map(one => one.port)])
    : undefined
  const test: TestIdp = {
    service,
    replicas,
    config,
    env,
    issuer: config.ISSUER,
    portal: config.PORTAL_URL,
    restart: async () => {
      await test.service.stop()
      test.service = await startIdp(config)
    },
    stop: async () => {
      await proxy?.stop()
      await Promise.all([test.service.stop(), ...replicas.map(one => one.stop())])
    },
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
