import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { readSystemsFile } from '../../../gateway/src/systems/configuration.ts'
import { Connector } from '../../../gateway/src/systems/connector.ts'
import { type ConnectedGateway, type Rights, startConnectedGateway } from '../gateway.fixture.ts'
import { type Kingdee, startKingdee } from './kingdee.ts'
import { seed } from './seed.ts'

export const application = {
  acctId: '61cd78fbc6aa78',
  appId: `229015_${Buffer.alloc(24, 7).toString('base64')}`,
  appSecret: 'a-{appId}-$ecret',
}
const users = { 集成: 100_000, 陈总: 100_001, 李娜: 100_002, 王芳: 100_003, 赵强: 100_004 }
const people: Record<string, Rights> = {
  boss: { kingdee: { id: '陈总', roles: ['Manager', 'Sales', 'Finance', 'Purchasing'], scope: 'all' } },
  li: { kingdee: { id: '李娜', roles: ['Sales'], scope: 'own' } },
  clerk: { kingdee: { id: '赵强', roles: ['Warehouse'], scope: 'all' } },
  // an account whose name would say more than a name
  crafty: { kingdee: { id: '李娜,2052,200', roles: ['Manager', 'Sales'], scope: 'all' } },
  nobody: {},
}

export async function startSeededKingdee(): Promise<Kingdee> {
  const kingdee = await startKingdee(application, users)
  seed(kingdee.store)
  return kingdee
}

function systemsOf(kingdee: Kingdee, settings: object, more: object): Record<string, unknown> {
  const all = { ...application, user: '集成', organization: '100', ...settings }
  return { kingdee: { connector: 'kingdee', url: kingdee.url, settings: all, ...more } }
}

/** The gateway with nothing but what a company writes to use the connector. */
export async function connectTo(
  kingdee: Kingdee,
  settings: object = {},
  more: object = {},
  messages: Record<string, unknown> = {},
): Promise<ConnectedGateway> {
  return await startConnectedGateway({ systems: systemsOf(kingdee, settings, more), people, messages })
}

/** What a query is answered by, without a gateway around the connection. */
export async function queryDirectly(kingdee: Kingdee, settings: object, more: object = {}): Promise<unknown> {
  const dir = await mkdtemp(join(tmpdir(), 'atrium-kingdee-'))
  const company = { zone: 'Asia/Shanghai', currency: 'CNY' }
  await writeFile(join(dir, 'systems.yaml'), stringify({ company, systems: systemsOf(kingdee, settings, more) }))
  const { systems } = await readSystemsFile(dir, {})
  await rm(dir, { recursive: true, force: true })
  const tokens = { forPerson: async () => '', forService: async () => '', forget: () => {} }
  const events = { onBreaker: () => {}, onCall: () => {}, onDescribed: () => {} }
  const connector = new Connector('kingdee', systems.kingdee as NonNullable<typeof systems.kingdee>, tokens, events)
  try {
    const input = { form: 'BD_Currency', fields: ['FCODE'], where: '', offset: 0, limit: 1 }
    const options = { credential: { kind: 'service' as const }, deadline: Date.now() + 5000, safe: true }
    return await connector.invoke('query', input, options).catch((error: unknown) => error)
  } finally {
    await connector.close()
  }
}
