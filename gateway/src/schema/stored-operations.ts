import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  validate,
} from 'graphql'
import type { RequestContext } from './context.ts'
import { documentRules } from './defer.ts'
import { depthAndBreadth, type QueryLimits } from './limits.ts'
import { compilePlan, type Delivery } from './plan/plan.ts'

/** An operation that was stored with the gateway and compiled once. */
export interface StoredOperation {
  id: string
  text: string
  document: DocumentNode
  kind: 'query' | 'mutation' | 'subscription'
  /** it runs by a plan: neither a subscription nor introspection */
  compiled?: boolean
  run(context: RequestContext, variables: Record<string, unknown>): Promise<ExecutionResult> | ExecutionResult
  /** runs it and delivers what it defers later; there is none for an operation that defers nothing */
  deliver?(context: RequestContext, variables: Record<string, unknown>): Promise<ExecutionResult | Delivery>
}

export type StoredOperations = ReadonlyMap<string, StoredOperation>

/** A stored operation does not fit the schema; `message` names the file and every fault. */
export class StoredOperationFault extends Error {
  readonly code = 'STORED_OPERATION_FAULT'
}

/**
 * Reads the `<Name>.graphql` files of folders and compiles each over the schema into a plan of batched calls. A name stands
 * for one operation, whichever folder it is in; a folder that is not there holds none.
 * @param limits what every request keeps to: a stored operation that could never run is refused here
 * @throws StoredOperationFault naming every fault with file, line and column
 */
export async function readStoredOperations(
  folders: readonly string[],
  schema: GraphQLSchema,
  limits?: QueryLimits,
): Promise<StoredOperations> {
  const operations = new Map<string, StoredOperation>()
  const files = new Map<string, string>()
  const faults: string[] = []
  for (const folder of folders) {
    for (const name of await operationFiles(folder)) {
      const id = name.replace(/\.graphql$/, '')
      const file = join(folder, name)
      const other = files.get(id)
      if (other) {
        faults.push(`${file}: "${id}" is the name of ${other} already`)
        continue
      }
      files.set(id, file)
      try {
        operations.set(id, compileOperation(id, await readFile(file, 'utf8'), schema, file, limits))
      } catch (error) {
        if (!(error instanceof StoredOperationFault)) throw error
        faults.push(error.message)
      }
    }
  }
  if (faults.length > 0) throw new StoredOperationFault(faults.join('\n'))
  return operations
}

/**
 * @param place names the operation in faults
 * @throws StoredOperationFault
 */
export function compileOperation(
  id: string,
  text: string,
  schema: GraphQLSchema,
  place = `stored operation ${id}`,
  limits?: QueryLimits,
): StoredOperation {
  const fail = (...faults: (string | GraphQLError)[]): never => {
    throw new StoredOperationFault(faults.map(fault => told(place, fault)).join('\n'))
  }
  let document: DocumentNode
  try {
    document = parse(text)
  } catch (error) {
    return fail(error as GraphQLError) // the only thing parse throws
  }
  const operations = document.definitions.filter(one => one.kind === Kind.OPERATION_DEFINITION)
  const only = operations[0]
  if (operations.length !== 1 || !only) return fail('must hold exactly one operation')
  const faults = validate(schema, document, limits ? [...documentRules, depthAndBreadth(limits)] : documentRules)
  if (faults.length > 0) return fail(...faults)
  const plan = compilePlan(schema, document)
  return {
    id,
    text,
    document,
    kind: only.operation,
    run: (context, variables) =>
      plan
        ? plan.run(context, variables)
        : execute({ schema, document, rootValue: {}, contextValue: context, variableValues: variables }),
    ...(plan && { compiled: true }),
    ...(plan?.deliver && { deliver: plan.deliver }),
  }
}

async function operationFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new StoredOperationFault(`${folder} cannot be read: ${error.code ?? error.message}`)
  })
  return names.filter(name => name.endsWith('.graphql')).sort()
}

function told(place: string, fault: string | GraphQLError): string {
  if (typeof fault === 'string') return `${place}: ${fault}`
  const at = fault.locations?.[0]
  return `${place}${at ? `:${at.line}:${at.column}` : ''}: ${fault.message}`
}
