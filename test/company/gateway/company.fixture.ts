import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@atrium/platform/testing'
import { startTestDirectory, type TestDirectory } from '../../../gateway/src/access/directory.fixture.ts'
import { parseSystems } from '../../../gateway/src/systems/configuration.ts'
import type { Tokens } from '../../../gateway/src/systems/types.ts'

type SystemId = 'crm' | 'oa' | 'erp'

/** The three sample systems as processes of their own, and an issuer whose tokens they take. */
export type RunningCompany = {
  directory: TestDirectory
  url: Record<SystemId, string>
  /** systems.yaml reduced to what reaches the three systems */
  definitions: ReturnType<typeof parseSystems>['systems']
  /** tokens of the gateway's own account and of people, by `person:<native id>` in the place of an access token */
  tokens: Tokens
  stop(system: SystemId): Promise<void>
  start(system: SystemId): Promise<void>
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Starts them on free ports, with the sample data of `today` and the fault control switched on. */
export async function startCompany(today: string): Promise<RunningCompany> {
  const directory = await startTestDirectory()
  const data = await mkdtemp(join(tmpdir(), 'atrium-company-'))
  const ports = { crm: await freePort(), oa: await freePort(), erp: await freePort() }
  const url = {
    crm: `http://localhost:${ports.crm}`,
    oa: `http://localhost:${ports.oa}`,
    erp: `http://localhost:${ports.erp}`,
  }
  const running = new Map<SystemId, ChildProcess>()

  const start = async (system: SystemId): Promise<void> => {
    const child = spawn(process.execPath, [join(root, `test/company/${system}/main.ts`)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        LOG_LEVEL: 'error',
        PORT: String(ports[system]),
        ISSUER: directory.issuer,
        CLIENT_ID: system,
        CLIENT_SECRET: 'secret',
        PUBLIC_URL: url[system],
        PORTAL_URL: 'http://localhost:9',
        GATEWAY_URL: 'http://localhost:9',
        DATA_DIR: join(data, system),
        WEBHOOK_SECRET: 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=',
        CONTROL_TOKEN: 'control',
        ATRIUM_TODAY: today,
      },
    })
    running.set(system, child)
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(`${url[system]}/readyz`).catch(() => undefined)
      if (answer?.ok) return
      if (child.exitCode !== null) throw new Error(`${system} ended with ${child.exitCode}`)
      if (tries > 300) throw new Error(`${system} did not become ready`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  const stop = async (system: SystemId): Promise<void> => {
    const child = running.get(system)
    if (!child || child.exitCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  const close = async (): Promise<void> => {
    await Promise.all((['crm', 'oa', 'erp'] as const).map(stop))
    await directory.stop()
    await rm(data, { recursive: true, force: true })
  }
  try {
    await Promise.all((['crm', 'oa', 'erp'] as const).map(start))
  } catch (error) {
    await close()
    throw error
  }

  const exchange = (system: SystemId) => ({ kind: 'exchange', audience: `urn:atrium:system:${system}` })
  const { systems: definitions } = parseSystems({
    company: { zone: 'Asia/Shanghai', currency: 'CNY' },
    systems: {
      crm: {
        name: { zh: 'CRM', en: 'CRM' },
        url: url.crm,
        protocol: 'openapi',
        document: `${url.crm}/openapi.json`,
        authentication: exchange('crm'),
      },
      oa: {
        name: { zh: 'OA', en: 'OA' },
        url: url.oa,
        protocol: 'soap',
        document: `${url.oa}/services/oa?wsdl`,
        authentication: exchange('oa'),
      },
      erp: {
        name: { zh: 'ERP', en: 'ERP' },
        url: url.erp,
        protocol: 'odata',
        document: `${url.erp}/odata/v4/$metadata`,
        authentication: exchange('erp'),
      },
    },
  })
  const tokens: Tokens = {
    forPerson: (_system, audience, personId, accessToken) =>
      directory.token(
        { sub: personId, client_id: 'gateway', act: { sub: 'gateway' }, native_id: accessToken.replace('person:', '') },
        { audience },
      ),
    forService: (resource, scope) =>
      resource === 'urn:atrium:api'
        ? Promise.resolve('scim-token')
        : directory.token({ sub: 'gateway', client_id: 'gateway', scope: scope ?? 'service' }, { audience: resource }),
    forget: () => {},
  }
  return { directory, url, definitions, tokens, start, stop, close }
}
