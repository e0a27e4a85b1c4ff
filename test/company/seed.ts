import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readConfig } from '@atrium/platform/config'
import { z } from 'zod'
import { companyToday } from './data/calendar.ts'
import { generateCompany } from './data/generate.ts'
import type { Company, SystemId } from './data/types.ts'

const secret = z.string().min(16)

/** What the seeding reads from its environment. */
export const seedConfig = z.object({
  ISSUER: z.url().describe('The issuer; its admin API lies on the same origin'),
  GATEWAY_URL: z.url().describe('Address of the gateway, which takes accounts for OA and ERP'),
  BOOTSTRAP_CLIENT_SECRET: secret.describe('Secret of the client `bootstrap`'),
  CRM_URL: z.url().describe('Public address of the sample CRM'),
  OA_URL: z.url().describe('Public address of the sample OA'),
  ERP_URL: z.url().describe('Public address of the sample ERP'),
  CRM_CLIENT_SECRET: secret.describe('Secret of the client `crm`'),
  OA_CLIENT_SECRET: secret.describe('Secret of the client `oa`'),
  ERP_CLIENT_SECRET: secret.describe('Secret of the client `erp`'),
  ATRIUM_TODAY: z.string().optional().describe('Day the sample data are relative to, YYYY-MM-DD'),
})
type SeedConfig = z.infer<typeof seedConfig>

/** The demonstration's password; a company of your own never sees it. */
export const SAMPLE_PASSWORD = 'Welcome-2026'

/** What the import answered: rows taken over by kind, or that the company was there already. */
export type SeedResult = { imported: boolean; counts: Record<string, unknown> }

/**
 * Brings the sample company into idp: people, roles, mapping and the three applications. When the people are there
 * already only the applications are renewed (addresses and secrets may have moved): what administrators changed since
 * is theirs.
 * @throws when idp refuses the import or does not answer within half a minute
 */
export async function seedCompany(env: Record<string, string | undefined>): Promise<SeedResult> {
  const config = readConfig(seedConfig, env)
  const company = generateCompany({ today: companyToday(config.ATRIUM_TODAY) })
  const admin = new URL(config.ISSUER).origin
  const token = await bootstrapToken(config)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const known = await patientFetch(`${admin}/admin/people/${company.people[0]!.id}`, { headers })
  if (known.status !== 200 && known.status !== 404) throw await refusal('reading people', known)
  await known.body?.cancel()
  const applications = applicationsOf(company, config)
  const imported = known.status === 404
  const document = imported ? { ...directoryOf(company), applications } : { applications }
  const response = await patientFetch(`${admin}/admin/import`, {
    method: 'POST',
    headers,
    body: JSON.stringify(document),
  })
  if (!response.ok) throw await refusal('the import', response)
  return { imported, counts: (await response.json()) as Record<string, unknown> }
}

/**
 * Waits until every account has been pushed to the three systems: before that a person signs in but has no role there yet.
 * @returns false when some were still under way after `patienceMs`
 */
export async function accountsPushed(env: Record<string, string | undefined>, patienceMs: number): Promise<boolean> {
  const config = readConfig(seedConfig, env)
  const headers = { authorization: `Bearer ${await bootstrapToken(config)}` }
  for (const until = Date.now() + patienceMs; Date.now() < until; await wait(200)) {
    const response = await patientFetch(`${new URL(config.ISSUER).origin}/admin/roles/effects`, { headers })
    if (!response.ok) throw await refusal('reading what was pushed', response)
    const { items } = (await response.json()) as { items: { pending: number }[] }
    if (items.every(effect => effect.pending === 0)) return true
  }
  return false
}

/** The directory as `POST /admin/import` takes it. */
export function directoryOf({ departments, people, businessRoles, assignments, rules, mapping }: Company) {
  return {
    departments,
    people: people.map(person => ({ ...person, password: SAMPLE_PASSWORD })),
    businessRoles,
    assignments,
    rules,
    mapping,
  }
}

function applicationsOf({ nativeRoles }: Company, config: SeedConfig) {
  const application = (id: SystemId, zh: string, en: string, protocol: string, url: string, clientSecret: string) => ({
    id,
    name: { zh, en },
    url,
    protocol,
    clientSecret,
    redirectUris: [`${url}/oidc/callback`],
    postLogoutRedirectUris: [`${url}/`],
    backchannelLogoutUri: `${url}/oidc/backchannel-logout`,
    nativeRoles: nativeRoles[id],
    // The CRM speaks SCIM itself; the gateway speaks it for the two that do not.
    provisioning:
      id === 'crm'
        ? { scimUrl: `${url}/scim/v2`, audience: 'urn:atrium:system:crm' }
        : { scimUrl: `${config.GATEWAY_URL}/systems/${id}/scim/v2`, audience: 'atrium' },
  })
  return [
    application('crm', '华信 CRM', 'Huaxin CRM', 'openapi', config.CRM_URL, config.CRM_CLIENT_SECRET),
    application('oa', '华信 OA', 'Huaxin OA', 'soap', config.OA_URL, config.OA_CLIENT_SECRET),
    application('erp', '华信 ERP', 'Huaxin ERP', 'odata', config.ERP_URL, config.ERP_CLIENT_SECRET),
  ]
}

async function bootstrapToken(config: SeedConfig): Promise<string> {
  const response = await patientFetch(`${config.ISSUER}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`bootstrap:${encodeURIComponent(config.BOOTSTRAP_CLIENT_SECRET)}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin', resource: 'urn:atrium:api' }),
  })
  if (!response.ok) throw await refusal('the token', response)
  return ((await response.json()) as { access_token: string }).access_token
}

/** idp may still be starting: only a connection that fails is tried again, an answer never. */
async function patientFetch(url: string, init: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) })
    } catch (error) {
      if (attempt === 60) throw new Error(`${new URL(url).origin} does not answer`, { cause: error })
      await wait(500)
    }
  }
}

async function refusal(what: string, response: Response): Promise<Error> {
  return new Error(`idp refused ${what}: HTTP ${response.status} ${(await response.text()).slice(0, 2000)}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { imported, counts } = await seedCompany(process.env)
  console.log(
    imported ? 'The sample company was imported:' : 'The sample company was there; applications renewed:',
    counts,
  )
}
