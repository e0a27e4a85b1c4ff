import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subgraph } from './subgraphs/schemas.ts'

/** The benchmark's pages: sent as text, and stored with the gateway under their names. */
export const pages = {
  BenchPage: /* GraphQL */ `query BenchPage($first: Int) {
    customers(first: $first) {
      totalCount
      nodes { code name region level industry orders(first: 5) { number netAmount currency orderDate progressPercent } }
    }
    approvals(mine: ALL, first: 20) {
      totalCount
      nodes { id kind title requesterName amount currency summary submittedAt dueAt }
    }
    inbox(first: 20) {
      totalCount
      nodes { seq system type kind priority title summary threadKey createdAt dueAt overdue read }
    }
  }`,
  BenchCustomers: /* GraphQL */ `query BenchCustomers($first: Int) {
    customers(first: $first) { totalCount nodes { code name region level industry } }
  }`,
  BenchJoin: /* GraphQL */ `query BenchJoin($first: Int) {
    customers(first: $first) {
      totalCount
      nodes {
        code name
        orders(first: 5) { number netAmount currency orderDate progressPercent }
        contracts(first: 5) { number title amount }
      }
    }
  }`,
} as const
export type Page = keyof typeof pages

/** A company's configuration over the subgraphs: three systems that speak GraphQL. @returns the folder */
export async function writeBenchConfig(ports: Record<Subgraph, number>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-config-'))
  await mkdir(join(folder, 'operations'))
  for (const [name, text] of Object.entries(pages)) await writeFile(join(folder, 'operations', `${name}.graphql`), text)
  await writeFile(join(folder, 'systems.yaml'), systems(ports))
  await writeFile(join(folder, 'messages.yaml'), 'timeZone: Asia/Shanghai\nsources: {}\nevents: {}\n')
  await writeFile(join(folder, 'boards.yaml'), 'zone: Asia/Shanghai\nboards: {}\nkpis: {}\n')
  await writeFile(join(folder, 'provisioning.yaml'), 'systems: {}\n')
  return folder
}

const system = (id: string, port: number): string => `
  ${id}:
    name: { zh: ${id}, en: ${id} }
    url: http://127.0.0.1:${port}
    protocol: graphql
    endpoint: http://127.0.0.1:${port}/graphql
    authentication: { kind: exchange, audience: "urn:atrium:system:${id}" }
    entities:`

const connection = 'rows: nodes, total: totalCount, page: { offset: offset, limit: first }'

const systems = (ports: Record<Subgraph, number>): string => `
company: { zone: Asia/Shanghai, currency: CNY }
systems:${system('crm', ports.crm)}
      Customer:
        { operation: customers, ${connection},
          filter: { code: codes, codes: { field: codes, reads: [code] }, owner: owners }, scope: { filter: owner, path: ownerId },
          fields: { code: code } }
${system('erp', ports.erp)}
      Order:
        { operation: orders, ${connection}, max: 1000,
          filter: { number: numbers, customer: customers, owner: owners }, scope: { filter: owner, path: salesPerson },
          fields: { number: number, customer: customer, customerName: customerName, orderDate: orderDate,
            requestedDelivery: requestedDelivery, netAmount: netAmount, currency: currency, status: status,
            deliveryStatus: deliveryStatus, progressPercent: progressPercent, salesPerson: salesPerson } }
${system('oa', ports.oa)}
      Approval:
        { operation: approvals, ${connection},
          filter: { mine: { when: { ALL: { mine: ALL } }, reads: [requesterName] }, requester: { field: requesters, reads: [requesterName] } },
          scope: { filter: requester, path: requesterId },
          fields: { id: id, customer: customer, contract: contract } }
      Contract:
        { operation: contracts, ${connection}, max: 1000,
          filter: { number: numbers, customer: customers, owner: owners }, scope: { filter: owner, path: ownerId },
          fields: { number: number, customer: customer } }
`
