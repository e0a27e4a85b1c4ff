import type { EntityDefinition } from '../configuration.ts'
import type { ContractValue, OperationContract } from '../drift/contract.ts'
import { columnsOf, parseExpression, parseSort } from './condition-text.ts'
import { MappingFault } from './protocol.ts'

/**
 * Every column that a mapping of a table names, in its fields, filters, order, conditions and sums.
 * @throws MappingFault when a condition or an order cannot be read, or the operation is given what a table does not take
 */
export function mappedNames(entity: EntityDefinition, paths: readonly string[]): string[] {
  const names = entity.aggregate ? [entity.aggregate.by, entity.aggregate.currency] : [...paths]
  const conditions: string[] = []
  for (const filter of Object.values(entity.filter)) {
    if (typeof filter === 'string') names.push(filter)
    else {
      if (filter.field) names.push(filter.field)
      names.push(...(filter.any ?? []))
      for (const chosen of Object.values(filter.when ?? {}))
        if (typeof chosen === 'string') conditions.push(chosen)
        else names.push(...Object.keys(chosen))
    }
  }
  for (const [name, value] of Object.entries(entity.input)) {
    if (name !== 'where' || typeof value !== 'string')
      throw new MappingFault(`takes no ${name}: a table takes "where", a condition`)
    conditions.push(value)
  }
  for (const { sum, where } of Object.values(entity.aggregate?.measures ?? {})) {
    if (sum) names.push(sum)
    if (where) conditions.push(where)
  }
  try {
    if (entity.sort) names.push(...parseSort(entity.sort).map(one => one.column))
    for (const one of conditions) names.push(...columnsOf(parseExpression(withoutPlaceholders(one))))
  } catch (error) {
    throw new MappingFault((error as Error).message)
  }
  return names
}

// Days and people that are filled in later read like any other value.
function withoutPlaceholders(condition: string): string {
  return condition.replace(/'?\$(today(-\d+)?|me)'?/g, "'2000-01-01'")
}

/** What a table answers, and may be asked by: its columns. */
export function tableContract(columns: readonly (readonly [name: string, kind: string])[]): OperationContract {
  const places = columns.map(([name, kind]) => [name, { kind, list: false, required: false } as ContractValue] as const)
  const record: ContractValue = { kind: 'record', list: false, required: true }
  return { takes: new Map(places), answers: new Map([['', record], ...places]) }
}
