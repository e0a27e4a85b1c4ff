import type { EntityDefinition } from '../configuration.ts'
import { firstPage, pageInputs } from './paging.ts'
import { follow, InputFault, MappingFault, type OperationCall, type Question } from './protocol.ts'

/** Questions for protocols whose operations take named inputs (OpenAPI, SOAP, GraphQL). */
export const namedInput = {
  ask(entity: EntityDefinition, question: Question): OperationCall {
    const input: Record<string, unknown> = { ...entity.input }
    for (const condition of question.where) {
      if ('inputs' in condition) Object.assign(input, condition.inputs)
      else if ('any' in condition) {
        const [name = '', second] = condition.any
        if (second !== undefined || name in input)
          throw new InputFault(`${entity.operation} looks for text in one input at a time`)
        input[name] = condition.contains
      } else if ('raw' in condition) throw new InputFault(`${entity.operation} takes named inputs, not an expression`)
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
    const operation = `${system}.${entity.operation}`
    const must = (name: string, place = ''): void => {
      if (!takes(name)) throw new MappingFault(`${place}${operation} takes no ${name}`)
    }
    for (const name of [...Object.keys(entity.input), ...pageInputs(entity)]) must(name)
    if (entity.sort !== undefined) must('sort')
    for (const [argument, filter] of Object.entries(entity.filter)) {
      const place = `filter ${argument}: `
      if (typeof filter === 'string') must(filter, place)
      else {
        if (filter.field) must(filter.field, place)
        for (const name of filter.any ?? []) must(name, place)
        for (const inputs of Object.values(filter.when ?? {})) {
          if (typeof inputs === 'string')
            throw new MappingFault(`${place}${operation} takes named inputs; "${inputs}" is an expression`)
          for (const name of Object.keys(inputs)) must(name, place)
        }
      }
    }
  },
}
