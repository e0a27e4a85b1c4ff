import { sha256 } from '@atrium/platform/secrets'
import type { SystemDefinition } from './configuration.ts'
import { type Described, describe } from './description.ts'
import { modelOf, type RpcFields, readRpcFields, type ToldFields } from './protocols/rpc-fields.ts'
import { fillTemplate } from './protocols/wire-template.ts'
import { UpstreamError } from './types.ts'

type Call = (operation: string, input: Record<string, unknown>) => Promise<unknown>

/**
 * The description of a system that tells by calls of its own what its models hold: one call for each model that is mapped.
 * What it does not tell, or the gateway's account may not ask, stays as it was known.
 * @throws UpstreamError, MappingFault
 */
export async function describeByCalls(
  id: string,
  definition: SystemDefinition,
  fields: RpcFields,
  known: Described | undefined,
  call: Call,
): Promise<Described> {
  const before = readRpcFields(known?.document ?? '', id)?.models
  const models = [...new Set(Object.values(definition.entities).map(one => modelOf(one.operation)))].sort()
  const told: [string, ToldFields][] = []
  for (const model of models) {
    const params = fillTemplate(fields.params, { model, settings: definition.settings }) as unknown[]
    try {
      const answer = await call(fields.operation.replaceAll('{model}', model), { params })
      told.push([model, fieldsIn(id, model, fields, answer)])
    } catch (error) {
      const last = before?.get(model)
      if (!(error instanceof UpstreamError) || error.code !== 'UPSTREAM_REFUSED') throw error
      if (last) told.push([model, last])
    }
  }
  const operations = [...new Set(Object.values(definition.entities).map(one => one.operation))].sort()
  const document = JSON.stringify({ operations, models: Object.fromEntries(told) })
  return known && known.hash === sha256(document) ? known : describe(id, definition, document)
}

/** Sorted, so that the same fields are the same document. */
function fieldsIn(system: string, model: string, { kind, values }: RpcFields, answer: unknown): ToldFields {
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer) || Object.keys(answer).length === 0)
    throw new UpstreamError('UPSTREAM_BAD_ANSWER', system, `told no fields of ${model}`, { retryable: false })
  const sorted = Object.entries(answer as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    sorted.map(([name, told]) => {
      const { [kind]: own, [values ?? '']: list } = (told ?? {}) as Record<string, unknown>
      const codes = Array.isArray(list) ? list.map(one => String(Array.isArray(one) ? one[0] : one)) : undefined
      return [name, { kind: String(own ?? 'any'), ...(codes && { values: codes }) }]
    }),
  )
}
