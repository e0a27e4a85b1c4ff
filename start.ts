import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfigOrExit } from '@atrium/platform/config'
import { type EmbeddedPostgres, startPostgres } from '@atrium/platform/postgres'
import { type ServiceDefinition, type Supervisor, supervise } from '@atrium/platform/supervise'
import { z } from 'zod'
import { buildPortal } from './portal/server/build.ts'

const root = fileURLToPath(new URL('.', import.meta.url))

export const startConfig = z.object({
  ATRIUM_PORT: z.coerce
    .number()
    .int()
    .min(1024)
    .max(65000)
    .default(3000)
    .describe('first port: portal; idp is the next, then gateway, +11 … +13 the sample systems, +15 PostgreSQL'),
  ATRIUM_DATA: z.string().default('.atrium').describe('folder of the database, the sample systems and the secrets'),
  ATRIUM_TODAY: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/)
    .optional()
    .describe('fixes the day from which the sample data count, e.g. 2026-11-23'),
})

/** Everything `npm start` runs. */
export type RunningAtrium = {
  portal: string
  issuer: string
  gateway: string
  systems: Record<'crm' | 'oa' | 'erp', string>
  services: Supervisor
  postgres: EmbeddedPostgres
  secrets: Secrets
  stop(): Promise<void>
}

/** Starts PostgreSQL, the sample company, idp, gateway and portal on one machine. `env` adds variables to single services (tests). */
export async function startAtrium(
  options: { port: number; data: string; today?: string; env?: Record<string, Record<string, string>> },
  say: (line: string) => void = () => {},
): Promise<RunningAtrium> {
  const data = resolve(options.data)
  await mkdir(data, { recursive: true, mode: 0o700 })
  const secrets = await readSecrets(data)
  // Side by side, since each takes seconds; when one fails the other is not left behind.
  const building = buildPortal(say)
  building.catch(() => {})
  const postgres = await startPostgres({ dataDir: join(data, 'postgres'), port: options.port + 15 })
  await building.catch(async error => {
    await postgres.stop()
    throw error
  })
  for (const database of ['idp', 'gateway']) await postgres.createDatabase(database)

  const definitions = serviceDefinitions({ ...options, data }, postgres, secrets)
  const services = await supervise(definitions, {
    folder: data,
    onCrash: (name, tail) =>
      say(`${name} ended unexpectedly and is started again:\n${tail.trim().split('\n').slice(-5).join('\n')}`),
  })
  const stop = async (): Promise<void> => {
    await services.stopAll()
    await postgres.stop()
  }
  try {
    await services.start('idp')
    const { accountsPushed, seedCompany } = await import('./test/company/seed.ts')
    const seed = seedEnvironment(options, secrets)
    await Promise.all([
      seedCompany(seed),
      ...['crm', 'oa', 'erp', 'gateway', 'portal'].map(name => services.start(name)),
    ])
    // "Ready" means that whoever signs in now has their roles in every system.
    await accountsPushed(seed, 20_000)
  } catch (error) {
    await stop()
    throw error
  }
  const url = addresses(options.port)
  return { ...url, services, postgres, secrets, stop }
}

type Secrets = Record<
  'cookie' | 'encryption' | 'gateway' | 'bootstrap' | 'crm' | 'oa' | 'erp' | 'webhook' | 'control',
  string
>

async function readSecrets(data: string): Promise<Secrets> {
  const file = join(data, 'secrets.json')
  const known = await readFile(file, 'utf8')
    .then(text => JSON.parse(text) as Partial<Secrets>)
    .catch(() => ({}) as Partial<Secrets>)
  const random = (): string => randomBytes(32).toString('base64')
  const names = ['cookie', 'encryption', 'gateway', 'bootstrap', 'crm', 'oa', 'erp', 'webhook', 'control'] as const
  const secrets = Object.fromEntries(names.map(name => [name, known[name] ?? random()])) as Secrets
  await writeFile(file, JSON.stringify(secrets, null, 2), { mode: 0o600 })
  await chmod(file, 0o600)
  return secrets
}

/** Where the services of a start on this first port are. */
export function addresses(port: number) {
  const at = (offset: number): string => `http://localhost:${port + offset}`
  return {
    portal: at(0),
    issuer: `${at(1)}/realms/atrium`,
    idp: at(1),
    gateway: at(2),
    systems: { crm: at(11), oa: at(12), erp: at(13) },
  }
}

const company = { COMPANY_NAME_ZH: '华信机械', COMPANY_NAME_EN: 'Huaxin Machinery' }

function serviceDefinitions(
  options: { port: number; data: string; today?: string; env?: Record<string, Record<string, string>> },
  postgres: EmbeddedPostgres,
  secrets: Secrets,
): ServiceDefinition[] {
  const { portal, issuer, idp, gateway, systems } = addresses(options.port)
  const today: Record<string, string> = options.today ? { ATRIUM_TODAY: options.today } : {}
  const service = (name: string, script: string, url: string, env: Record<string, string>): ServiceDefinition => ({
    name,
    script: join(root, script),
    ready: `${url}/readyz`,
    env: { NODE_ENV: 'production', PORT: new URL(url).port, ISSUER: issuer, ...env, ...options.env?.[name] },
  })
  const sample = (name: 'crm' | 'oa' | 'erp'): ServiceDefinition =>
    service(name, `test/company/${name}/main.ts`, systems[name], {
      CLIENT_ID: name,
      CLIENT_SECRET: secrets[name],
      PUBLIC_URL: systems[name],
      GATEWAY_URL: gateway,
      PORTAL_URL: portal,
      DATA_DIR: join(options.data, name),
      ...(name === 'crm' ? { WEBHOOK_SECRET: webhookSecret(secrets) } : {}),
      ...today,
    })
  return [
    service('idp', 'idp/src/main.ts', idp, {
      DATABASE_URL: postgres.localUrl('idp'),
      PORTAL_URL: portal,
      GATEWAY_URL: gateway,
      COOKIE_KEYS: secrets.cookie,
      ENCRYPTION_KEY: secrets.encryption,
      GATEWAY_CLIENT_SECRET: secrets.gateway,
      BOOTSTRAP_CLIENT_SECRET: secrets.bootstrap,
      ...company,
    }),
    service('gateway', 'gateway/src/main.ts', gateway, {
      DATABASE_URL: postgres.localUrl('gateway'),
      PORTAL_URL: portal,
      CLIENT_ID: 'gateway',
      CLIENT_SECRET: secrets.gateway,
      ENCRYPTION_KEY: secrets.encryption,
      CONFIG_DIR: join(root, 'test/company/gateway'),
      CRM_URL: systems.crm,
      OA_URL: systems.oa,
      ERP_URL: systems.erp,
      CRM_WEBHOOK_SECRET: webhookSecret(secrets),
      ...today,
    }),
    service('portal', 'portal/server/main.ts', portal, { GATEWAY_URL: gateway, ...company }),
    ...(['crm', 'oa', 'erp'] as const).map(sample),
  ]
}

// Standard Webhooks writes its secrets with this prefix.
function webhookSecret(secrets: Secrets): string {
  return `whsec_${Buffer.from(createHash('sha256').update(secrets.webhook).digest()).toString('base64')}`
}

/** The variables of `test/company/seed.ts`: where everything is, and the secret each system shares with idp. */
function seedEnvironment(options: { port: number; today?: string }, secrets: Secrets): Record<string, string> {
  const { issuer, gateway, systems } = addresses(options.port)
  return {
    ISSUER: issuer,
    GATEWAY_URL: gateway,
    BOOTSTRAP_CLIENT_SECRET: secrets.bootstrap,
    CRM_URL: systems.crm,
    OA_URL: systems.oa,
    ERP_URL: systems.erp,
    CRM_CLIENT_SECRET: secrets.crm,
    OA_CLIENT_SECRET: secrets.oa,
    ERP_CLIENT_SECRET: secrets.erp,
    ...(options.today ? { ATRIUM_TODAY: options.today } : {}),
  }
}

async function main(): Promise<void> {
  const config = readConfigOrExit(startConfig)
  const started = Date.now()
  const atrium = await startAtrium(
    {
      port: config.ATRIUM_PORT,
      data: config.ATRIUM_DATA,
      ...(config.ATRIUM_TODAY ? { today: config.ATRIUM_TODAY } : {}),
    },
    line => console.log(line),
  )
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      console.log('Stopping …')
      void atrium.stop().finally(() => process.exit(0))
    })
  }
  console.log(`Atrium is ready at ${atrium.portal} (${((Date.now() - started) / 1000).toFixed(0)} s)

  li.na      李娜  sales manager            wang.fang  王芳  accountant
  zhang.wei  张伟  sales representative     chen.jie   陈杰  purchasing and warehouse
  zhao.lei   赵磊  general manager          admin      管理员  administrator
  password of all: Welcome-2026

  CRM ${atrium.systems.crm}   OA ${atrium.systems.oa}   ERP ${atrium.systems.erp}
  Data lie in ${resolve(config.ATRIUM_DATA)}. Ctrl-C stops everything.`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  })
}
