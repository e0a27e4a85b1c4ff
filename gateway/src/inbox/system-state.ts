import { type Credential, type Systems, UpstreamError } from '../systems/types.ts'
import type { DecisionSet } from './rules/schema.ts'
import { at, fillInput, type Scope, type Words } from './rules/template.ts'

/** What a system says of an object: its state, and who brought it there if the system tells. */
export interface ObjectState {
  state: string
  by: string | undefined
}

/**
 * Reads an object's state in its system of origin.
 * @throws UpstreamError also when the answer does not hold a state
 */
export async function readObjectState(
  systems: Systems,
  set: DecisionSet,
  scope: Scope,
  words: Words,
  credential: Credential,
): Promise<ObjectState> {
  const { read } = set
  const answer = await systems.get(set.system).invoke(read.operation, asInput(read.input, scope, words), {
    credential,
    deadline: Date.now() + set.timeoutMs,
    safe: true,
  })
  const object = pick(answer, read.find, scope, words)
  const state = at(object, read.state)
  if (state === undefined || state === null) {
    throw new UpstreamError('UPSTREAM_BAD_ANSWER', set.system, `${read.operation} answered without ${read.state}`, {
      outcome: 'unknown',
    })
  }
  const by = read.by === undefined ? undefined : at(object, read.by)
  return { state: String(state), by: by === undefined || by === null ? undefined : String(by) }
}

/** The object meant in an answer: the answer itself, or the entry of a list whose members have the values given. */
export function pick(
  answer: unknown,
  find: { in: string; where: Record<string, string> } | undefined,
  scope: Scope,
  words: Words,
): unknown {
  if (!find) return answer
  const list = at(answer, find.in)
  if (!Array.isArray(list)) return undefined
  const wanted = Object.entries(find.where).map(
    ([path, source]) => [path, String(fillInput(source, scope, words))] as const,
  )
  return list.find(entry => wanted.every(([path, value]) => String(at(entry, path)) === value))
}

/** The input of an operation with its templates filled in. */
export function asInput(input: Record<string, unknown>, scope: Scope, words: Words): Record<string, unknown> {
  const filled = Object.entries(input).map(([key, value]) => [key, fillInput(value, scope, words)] as const)
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined))
}
