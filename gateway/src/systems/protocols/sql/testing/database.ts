import { type Carrier, createCarrier } from '../../../carrier.ts'
import type { EntityDefinition } from '../../../configuration.ts'
import { parseSystems, type SystemDefinition } from '../../../configuration.ts'
import { type Described, describe as describeSystem } from '../../../description.ts'
import type { Question, Row, Rows } from '../../protocol.ts'
import { catalogAddress } from '../carrier.ts'

/** A system of protocol sql, straight at its carrier: described, and asked. */
export interface Reader {
  carrier: Carrier
  described: Described
  ask(
    entity: Partial<EntityDefinition> & { operation: string },
    question?: Partial<Question>,
    patienceMs?: number,
  ): Promise<Rows>
  invoke(operation: string, input: Record<string, unknown>, patienceMs?: number): Promise<unknown>
  rows(operation: string, question?: Partial<Question>): Promise<Row[]>
}

/** @param more what systems.yaml says beside the protocol and the endpoint */
export function definitionOf(endpoint: string, more: Record<string, unknown> = {}): SystemDefinition {
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      db: {
        name: { zh: '库', en: 'Database' },
        url: 'http://db',
        protocol: 'sql',
        endpoint,
        authentication: { kind: 'none' },
        ...more,
      },
    },
  })
  return systems.db as SystemDefinition
}

export async function readerOf(definition: SystemDefinition): Promise<Reader> {
  const carrier = createCarrier('db', definition)
  const { body } = await carrier.send({ method: 'GET', url: catalogAddress, headers: {} }, Date.now() + 5000)
  const described = describeSystem('db', definition, body)
  const { description } = described
  const invoke: Reader['invoke'] = async (operation, input, patienceMs = 5000) =>
    description.decode(operation, await carrier.send(description.encode(operation, input), Date.now() + patienceMs))
  const ask: Reader['ask'] = async (entity, question = {}, patienceMs = 5000) => {
    const whole = { input: {}, filter: {}, ...entity } as unknown as EntityDefinition
    const full = { where: [], offset: 0, limit: 100, count: false, select: [], sort: undefined, ...question }
    const call = await description.ask(whole, full)
    return description.rows(whole, await invoke(call.operation, call.input, patienceMs))
  }
  return {
    carrier,
    described,
    ask,
    invoke,
    rows: async (operation, question) => (await ask({ operation }, question)).rows,
  }
}
