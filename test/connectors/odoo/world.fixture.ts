import { type ConnectedGateway, type Rights, startConnectedGateway } from '../gateway.fixture.ts'
import { type Odoo, startOdoo } from './odoo.ts'
import { sales, seed } from './seed.ts'

const people: Record<string, Rights> = {
  boss: { odoo: { id: '2', roles: ['Manager', 'Sales', 'Accounting'], scope: 'all' } },
  li: { odoo: { id: String(sales.li), roles: ['Sales'], scope: 'own' } },
  clerk: { odoo: { id: '9', roles: ['Inventory'], scope: 'all' } },
  nobody: {},
}
const settings = { database: 'huaxin', login: 'atrium', key: 'k-1', timeZone: 'Asia/Shanghai' }

/** A seeded Odoo of two companies with one user for the integration. */
export async function startSeededOdoo(companies: number[]): Promise<Odoo> {
  const odoo = await startOdoo({ database: 'huaxin' })
  seed(odoo.orm)
  odoo.orm.addUser({ id: 40, login: 'atrium', key: 'k-1', companies })
  return odoo
}

/** The gateway with nothing but what a company writes to use the connector. */
export async function connectTo(odoo: Odoo, more: object = {}): Promise<ConnectedGateway> {
  const systems = { odoo: { connector: 'odoo', url: `${odoo.url}/`, settings: { ...settings, ...more } } }
  return await startConnectedGateway({ systems, people })
}
