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

/** The gateway with nothing but what a company writes to use the connector. */
export async function connectTo(kingdee: Kingdee, settings: object = {}, more: object = {}): Promise<ConnectedGateway> {
  const all = { ...application, user: '集成', organization: '100', ...settings }
  const systems = { kingdee: { connector: 'kingdee', url: kingdee.url, settings: all, ...more } }
  return await startConnectedGateway({ systems, people })
}
