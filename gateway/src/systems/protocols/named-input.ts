import type { EntityDefinition } from '../configuration.ts'
import { firstPage, pageInputs } from './paging.ts'
import { follow, InputFault, MappingFault, type OperationCall, type Question } from './protocol.ts'

/** Questions for protocols whose operations take named inputs (OpenAPI, SOAP, GraphQL). */
export const namedInput = {
  ask(entity: EntityDefinition, question: Question): OperationCall {
    const input: Record<string, unknown> = { ...entity.input }
    for (const condition of question.where) {
      if ('inputs' in condition) Object.assign(input, condition.inputs)
      else if ('any' in condition) input[condition.any[0] as string] = condition.contains
      else if ('raw' in condition) throw new InputFault(`${entity.operation} takes named inputs, not an expression`)
      // An input given twice would lose one of the two conditions, and an empty list would read as no condition at all.
      else if (condition.field in input || condition.values.length === 0)
        throw new InputFault(`${entity.operation}: ${condition.field} is given twice or without a value`)
      else input[condition.field] = condition.values.length === 1 ? condition.values[0] : condition.values
    }
    const first = firstPage(entity, question)
    Object.assign(input, first.input)
    // A condition may bring an order of its own, e.g. the most urgent first among what is planned.
    if (question.sort !== undefined) input.sort ??= question.sort
    return { operation: entity.operation, input, reading: first.reading }
  },

  total(entity: EntityDefinition, answer: unknown): number | null {
    if (entity.total === undefined) return null
    const total = Number(follow(answer, entity.total))
    return Number.isSafeInteger(total) && total >= 0 ? total : null
  },

  /** @throws MappingFault when the operation does not take what the mapping gives it */
  check(system: string, entity: EntityDefinition, takes: (name: string) => boolean): void {
    const given = new Set([...Object.keys(entity.input), ...pageInputs(entity)])
    if (entity.sort !== undefined) given.add('sort')
    for (const filter of Object.values(entity.filter)) {
      if (typeof filter === 'string') given.add(filter)
      else {
        if (filter.field) given.add(filter.field)
        for (const name of filter.any ?? []) given.add(name)
        for (const inputs of Object.values(filter.when ?? {})) {
          if (typeof inputs === 'string')
            throw new MappingFault(`${system}.${entity.operation} takes named inputs; "${inputs}" is an expression`)
          for (const name of Object.keys(inputs)) given.add(name)
        }
      }
    }
    for (const name of given) if (!takes(name)) throw new MappingFault(`${system}.${entity.operation} takes no ${name}`)
  },
}
