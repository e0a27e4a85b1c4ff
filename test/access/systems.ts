/** The three systems as systems.yaml would tell them. */
export function systemsDocument(url: Record<'crm' | 'erp' | 'oa', string>): object {
  const one = (id: 'crm' | 'erp' | 'oa', protocol: string, entities: object) => ({
    name: { zh: id, en: id },
    url: url[id],
    protocol,
    endpoint: url[id],
    ...(protocol === 'odata' && { document: `${url[id]}/$metadata` }),
    authentication: { kind: 'none' },
    limits: { retries: 0, concurrent: 50, breaker: { requestThreshold: 1_000_000 } },
    entities,
  })
  const bySales = { field: 'SalesPerson', reads: [] }
  return {
    company: { zone: 'Asia/Shanghai', currency: 'CNY' },
    systems: {
      crm: one('crm', 'openapi', {
        Customer: {
          operation: 'listCustomers',
          rows: 'items',
          total: 'total',
          sort: '-score',
          filter: {
            code: 'customerNo',
            codes: 'customerNo',
            owner: { field: 'ownerId', reads: [] },
            level: 'level',
            minScore: { field: 'minScore', reads: ['score'] },
            search: { field: 'q', reads: ['name', 'code'] },
          },
          scope: { filter: 'owner', path: 'ownerId' },
        },
        Contact: {
          operation: 'listContacts',
          rows: 'items',
          total: 'total',
          filter: { id: 'contactId', customer: 'customerNo', parent: 'customerNo' },
          scope: { filter: 'parent' },
        },
      }),
      erp: one('erp', 'odata', {
        Customer: {
          operation: 'read:Partners',
          key: 'BusinessPartner',
          filter: { code: { field: 'BusinessPartner', reads: [] }, owner: bySales },
          scope: { filter: 'owner', path: 'SalesPerson' },
        },
        Order: {
          operation: 'read:Orders',
          each: true,
          filter: {
            number: 'SalesOrder',
            customer: 'BusinessPartner',
            owner: bySales,
            search: { any: ['SalesOrder'] },
            big: { when: { true: 'NetAmount gt 500', false: 'NetAmount le 500' }, reads: ['amount'] },
          },
          scope: { filter: 'owner', path: 'SalesPerson' },
        },
        Product: { operation: 'read:Products', filter: { code: 'Product' }, scope: 'none' },
        Receivable: {
          operation: 'read:Invoices',
          filter: { key: { field: 'BusinessPartner', reads: [] }, owner: bySales },
          scope: { filter: 'owner' },
          aggregate: {
            by: 'BusinessPartner',
            currency: 'Currency',
            measures: { open: { sum: 'OpenAmount' }, invoices: { count: true } },
          },
          empty: { open: '0.00', currency: 'CNY', invoices: 0 },
        },
        Receivables: {
          operation: 'read:Invoices',
          filter: { owner: bySales },
          scope: { filter: 'owner' },
          aggregate: {
            by: 'BusinessPartner',
            currency: 'Currency',
            measures: {
              SMALL: { sum: 'OpenAmount', where: 'OpenAmount le 500' },
              LARGE: { sum: 'OpenAmount', where: 'OpenAmount gt 500' },
            },
          },
        },
      }),
      oa: one('oa', 'openapi', {
        Approval: {
          operation: 'listApprovals',
          rows: 'items',
          total: 'total',
          filter: {
            id: 'approvalId',
            requester: { field: 'requesterId', reads: [] },
            mine: {
              when: { REQUESTED: { requesterId: '$me' }, ASSIGNED: { assigneeId: '$me' } },
              reads: ['requester', 'assignee'],
            },
          },
          scope: { filter: 'requester', path: 'requesterId' },
        },
      }),
    },
  }
}
