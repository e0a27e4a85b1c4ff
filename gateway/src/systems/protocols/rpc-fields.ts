import { z } from 'zod'
import type { EntityDefinition } from '../configuration.ts'
import type { ContractValue, OperationContract } from '../drift/contract.ts'
import { MappingFault } from './protocol.ts'

/** The call by which a system of json-rpc tells what the records of a model hold. */
export const rpcFields = z.strictObject({
  operation: z.string().describe('{model} stands for the model, the operation of a type without its last part'),
  params: z.array(z.unknown()).default([]),
  kind: z.string().default('type').describe('member of what is told of a field that says its type'),
  values: z.string().optional().describe('member that lists the only values there are'),
})

export type RpcFields = z.infer<typeof rpcFields>
export type ToldFields = Record<string, { kind: string; values?: string[] }>

export function modelOf(operation: string): string {
  return operation.slice(0, Math.max(operation.lastIndexOf('.'), 0))
}

/** What a system told: the operations that are mapped, and what their models hold. */
export interface RpcDescription {
  operations: readonly string[]
  models: ReadonlyMap<string, ToldFields>
}

/** Reads what was told; undefined for a system that was not asked yet. @throws MappingFault */
export function readRpcFields(document: string, system: string): RpcDescription | undefined {
  if (document === '') return undefined
  let told: { operations?: string[]; models?: Record<string, ToldFields> } | null
  try {
    told = JSON.parse(document) as typeof told
  } catch {
    told = null
  }
  if (told === null || typeof told.models !== 'object')
    throw new MappingFault(`${system}: the description of its fields cannot be read`)
  return { operations: told.operations ?? [], models: new Map(Object.entries(told.models)) }
}

/** @throws MappingFault naming what a model does not have */
export function checkFields(
  system: string,
  entity: EntityDefinition,
  paths: readonly string[],
  told: ReadonlyMap<string, ToldFields> | undefined,
): void {
  const fields = told?.get(modelOf(entity.operation))
  if (!fields) return
  const has = (path: string, place: string): void => {
    const name = path.split('.')[0] as string
    if (!Object.hasOwn(fields, name))
      throw new MappingFault(`${place}${system}.${entity.operation} has no field ${name}`)
  }
  for (const [argument, filter] of Object.entries(entity.filter)) {
    const named =
      typeof filter === 'string' ? [filter] : [...(filter.field ? [filter.field] : []), ...(filter.any ?? [])]
    for (const one of named) has(one, `filter ${argument}: `)
  }
  for (const path of paths) has(path, '')
}

/** What an operation answers, and may be asked by: the fields of its model. */
export function fieldsContract(fields: ToldFields): OperationContract {
  const places = Object.entries(fields).map(
    ([name, { kind, values }]) => [name, { kind, list: false, required: false, ...(values && { values }) }] as const,
  )
  const record: ContractValue = { kind: 'record', list: false, required: true }
  return { takes: new Map(places), answers: new Map<string, ContractValue>([['', record], ...places]) }
}
