import { readdir, readFile } from 'node:fs/promises'
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, Kind, parse, validate } from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import type { RequestContext } from './context.ts'

/** An operation that was stored with the gateway and compiled once. */
export interface StoredOperation {
  id: string
  text: string
  document: DocumentNode
  kind: 'query' | 'mutation' | 'subscription'
  run(context: RequestContext, variables: Record<string, unknown>): Promise<ExecutionResult> | ExecutionResult
}

export type StoredOperations = ReadonlyMap<string, StoredOperation>

/** A stored operation does not fit the schema; `message` names the file and every fault. */
export class StoredOperationFault extends Error {
  readonly code = 'STORED_OPERATION_FAULT'
}

/**
 * Reads `<Name>.graphql` files and compiles each over the schema into a plan of batched calls.
 * @throws StoredOperationFault
 */
export async function readStoredOperations(folder: URL, schema: GraphQLSchema): Promise<StoredOperations> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.graphql')).sort()
  const operations = await Promise.all(
    names.map(async name =>
      compileOperation(name.replace(/\.graphql$/, ''), await readFile(new URL(name, folder), 'utf8'), schema),
    ),
  )
  return new Map(operations.map(operation => [operation.id, operation]))
}

/** @throws StoredOperationFault */
export function compileOperation(id: string, text: string, schema: GraphQLSchema): StoredOperation {
  const fail = (faults: string): never => {
    throw new StoredOperationFault(`stored operation ${id}: ${faults}`)
  }
  let document: DocumentNode
  try {
    document = parse(text)
  } catch (error) {
    return fail((error as Error).message)
  }
  const operations = document.definitions.filter(one => one.kind === Kind.OPERATION_DEFINITION)
  const only = operations[0]
  if (operations.length !== 1 || !only) return fail('must hold exactly one operation')
  const faults = validate(schema, document)
  if (faults.length > 0) return fail(faults.map(fault => fault.message).join('; '))
  const compiled = compileQuery(schema, document, only.name?.value)
  if (!isCompiledQuery(compiled)) return fail(JSON.stringify(compiled.errors?.map(error => error.message)))
  return {
    id,
    text,
    document,
    kind: only.operation,
    run: (context, variables) => compiled.query({}, context, variables) as Promise<ExecutionResult> | ExecutionResult,
  }
}
