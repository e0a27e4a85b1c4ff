import { type EntityDefinition, parseSystems } from '../configuration.ts'
import { describe as describeSystem } from '../description.ts'
import type { Description, Question } from './protocol.ts'

/** A system of the protocol, as the gateway reads its configuration, and its entity. */
export function system(rest: object, entity: object = {}): { description: Description; entity: EntityDefinition } {
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url: 'http://s',
        protocol: 'rest',
        endpoint: 'http://s/api/',
        authentication: { kind: 'none' },
        rest,
        settings: { site: '100' },
        entities: { T: { operation: 'list', scope: 'none', ...entity } },
      },
    },
  })
  const definition = systems.s as NonNullable<typeof systems.s>
  const { description } = describeSystem('s', definition, '')
  return { description, entity: definition.entities.T as EntityDefinition }
}

export const question = (more: Partial<Question> = {}): Question => ({
  where: [],
  offset: 0,
  limit: 2,
  count: true,
  select: ['id', 'owner.name'],
  sort: undefined,
  ...more,
})

export const json = (body: unknown) => ({ status: 200, contentType: 'application/json', body: JSON.stringify(body) })
export const queryOf = (url: string) => [...new URL(url).searchParams].map(pair => pair.join('='))
