import type { ContractNode, OperationContract } from './contract.ts'
import { placesOf } from './contract.ts'

type Json = Record<string, unknown>

/** What an operation of an OpenAPI document takes and answers. */
export function openApiContract(
  operation: {
    parameters: readonly { name: string; required?: boolean; schema?: unknown }[]
    body: Json | undefined
    result: Json | undefined
  },
  resolve: (value: unknown) => Json,
  properties: (schema: Json) => Record<string, unknown>,
): OperationContract {
  const node = (schema: unknown, required: boolean): ContractNode => {
    const at = resolve(schema)
    const list = typesOf(at).includes('array')
    const item = list ? resolve(at.items) : at
    const nullable = typesOf(at).includes('null') || at.nullable === true
    return {
      kind: kindOf(item),
      list,
      required: required && !nullable,
      values: Array.isArray(item.enum) ? item.enum.filter(one => one !== null).map(String) : undefined,
      *members() {
        const must = new Set(Array.isArray(item.required) ? item.required : [])
        for (const [name, member] of Object.entries(properties(item))) yield [name, node(member, must.has(name))]
      },
    }
  }
  const takes = new Map(
    operation.parameters.map(one => {
      const { kind, list, values } = node(one.schema ?? one, false)
      return [one.name, { kind, list, required: one.required === true, ...(values && { values }) }] as const
    }),
  )
  const body = operation.body && node(operation.body, true)
  for (const [name, { kind, list, required, values }] of body?.members() ?? [])
    takes.set(name, { kind, list, required, ...(values && { values }) })
  return { takes, answers: operation.result ? placesOf(node(operation.result, true)) : new Map() }
}

function typesOf({ type, items }: Json): unknown[] {
  if (Array.isArray(type)) return type
  return [type ?? (items === undefined ? undefined : 'array')]
}

function kindOf(schema: Json): string {
  const type = typesOf(schema).find(one => one !== 'null')
  switch (type) {
    case 'string':
      return schema.format === 'date' ? 'day' : schema.format === 'date-time' ? 'time' : 'text'
    case 'number':
      return 'decimal'
    case 'object':
      return 'record'
    case undefined:
      return schema.properties || schema.allOf || schema.oneOf || schema.anyOf ? 'record' : 'any'
    default:
      return String(type)
  }
}
