import { day, decimal, type Rpc } from './rpc.ts'

/** The trading company abroad: who buys there, what lies in its store, what was sold. */
export const partners = [
  { code: 'EU-100', name: 'Müller Antriebstechnik GmbH', city: 'Augsburg', email: 'einkauf@mueller.example' },
  { code: 'EU-101', name: 'Fjord Maskin AS', city: 'Bergen', email: 'innkjop@fjord.example' },
  { code: 'AS-200', name: '槟城齿轮贸易', city: 'Penang', email: 'buyer@penang.example' },
  { code: 'AS-201', name: 'Saigon Cơ Khí', city: 'Ho Chi Minh City', email: 'mua@saigon.example' },
]

export const products = [
  { code: 'GR-050', name: 'Gear reducer 50', price: '1250.50', cost: '800.00', stock: 40 },
  { code: 'GR-090', name: 'Gear reducer 90', price: '2890.00', cost: '1900.00', stock: 12 },
  { code: 'SH-020', name: 'Output shaft 20', price: '99.90', cost: '41.10', stock: 325 },
]

type Line = { product: string; quantity: number }
type Sale = { reference: string; partner: string; date: string; state: string; lines: Line[] }

export const sales: Sale[] = [
  {
    reference: 'PO-77',
    partner: 'EU-100',
    date: '2026-10-05',
    state: 'done',
    lines: [
      { product: 'GR-050', quantity: 3 },
      { product: 'SH-020', quantity: 10 },
    ],
  },
  {
    reference: 'PO-78',
    partner: 'EU-101',
    date: '2026-11-03',
    state: 'quotation',
    lines: [{ product: 'GR-090', quantity: 2 }],
  },
  {
    reference: 'PO-79',
    partner: 'AS-200',
    date: '2026-11-12',
    state: 'draft',
    lines: [{ product: 'GR-050', quantity: 1 }],
  },
]

const unit = 1

/** Fills an empty Tryton through its JSON-RPC API: currency, company, partners, products, stock and sales. */
export async function seed(rpc: Rpc): Promise<void> {
  const context = await createCompany(rpc)
  const partnerIds = await createPartners(rpc, context)
  const productIds = await createProducts(rpc, context)
  await fillStore(rpc, context, productIds)
  await sell(rpc, context, partnerIds, productIds)
}

type Context = { company: number; currency: number }

async function createCompany(rpc: Rpc): Promise<Context> {
  const rates = [['create', [{ date: day('2020-01-01'), rate: decimal('1') }]]]
  const euro = { name: 'Euro', code: 'EUR', symbol: '€', digits: 2, rounding: decimal('0.01'), rates }
  const currency = await createOne(rpc, 'currency.currency', euro)
  const party = await createOne(rpc, 'party.party', { name: 'Huaxin Europe GmbH', code: 'HX-EU' })
  const company = await createOne(rpc, 'company.company', { party, currency })
  await rpc('model.res.user.write', [1], { companies: [['add', [company]]], company }, {})
  return { company, currency }
}

async function createPartners(rpc: Rpc, context: Context): Promise<Map<string, number>> {
  const values = partners.map(({ code, name, city, email }) => ({
    code,
    name,
    addresses: [['create', [{ city }]]],
    contact_mechanisms: [['create', [{ type: 'email', value: email }]]],
  }))
  const ids = await rpc<number[]>('model.party.party.create', values, context)
  return new Map(ids.map((id, index) => [partners[index]?.code ?? '', id]))
}

async function createProducts(rpc: Rpc, context: Context): Promise<Map<string, number>> {
  const values = products.map(({ code, name, price, cost }) => ({
    name,
    type: 'goods',
    default_uom: unit,
    salable: true,
    sale_uom: unit,
    list_price: decimal(price),
    cost_price_method: 'fixed',
    products: [['create', [{ suffix_code: code, cost_price: decimal(cost) }]]],
  }))
  await rpc('model.product.template.create', values, context)
  const rows = await find<{ id: number; code: string }>(rpc, context, 'product.product', [], ['code'])
  return new Map(rows.map(row => [row.code, row.id]))
}

async function fillStore(rpc: Rpc, context: Context, productIds: Map<string, number>): Promise<void> {
  const [storage] = await find<{ id: number }>(rpc, context, 'stock.location', [['code', '=', 'STO']], ['code'])
  const lines = products.map(({ code, stock }) => ({ product: productIds.get(code), quantity: stock }))
  const inventory = {
    location: storage?.id,
    company: context.company,
    date: day('2026-10-01'),
    lines: [['create', lines]],
  }
  const id = await createOne(rpc, 'stock.inventory', inventory, context)
  await rpc('model.stock.inventory.confirm', [id], context)
}

async function sell(
  rpc: Rpc,
  context: Context,
  partnerIds: Map<string, number>,
  productIds: Map<string, number>,
): Promise<void> {
  const [warehouse] = await find<{ id: number }>(rpc, context, 'stock.location', [['type', '=', 'warehouse']], ['code'])
  const addresses = await find<{ id: number; party: number }>(rpc, context, 'party.address', [], ['party'])
  for (const { reference, partner, date, state, lines } of sales) {
    const party = partnerIds.get(partner)
    const address = addresses.find(one => one.party === party)?.id
    const id = await createOne(
      rpc,
      'sale.sale',
      {
        company: context.company,
        party,
        invoice_address: address,
        shipment_address: address,
        currency: context.currency,
        warehouse: warehouse?.id,
        sale_date: day(date),
        reference,
        // Without a chart of accounts nothing is invoiced; the sale itself goes its whole way.
        invoice_method: 'manual',
        shipment_method: 'manual',
        lines: [['create', lines.map(line => saleLine(line, productIds))]],
      },
      context,
    )
    if (state !== 'draft') await rpc('model.sale.sale.quote', [id], context)
    if (state === 'done') await rpc('model.sale.sale.confirm', [id], context)
  }
}

function saleLine({ product, quantity }: Line, productIds: Map<string, number>) {
  const price = products.find(one => one.code === product)?.price ?? '0'
  return { type: 'line', product: productIds.get(product), quantity, unit, unit_price: decimal(price) }
}

async function createOne(rpc: Rpc, model: string, values: object, context: object = {}): Promise<number> {
  const [id] = await rpc<number[]>(`model.${model}.create`, [values], context)
  if (id === undefined) throw new Error(`${model} was not created`)
  return id
}

async function find<T>(rpc: Rpc, context: Context, model: string, domain: unknown[], fields: string[]): Promise<T[]> {
  return await rpc<T[]>(`model.${model}.search_read`, domain, 0, 100, null, fields, context)
}
