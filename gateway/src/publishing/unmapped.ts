import type { Entity } from '../schema/entities.ts'
import type { OperationContract } from '../systems/drift/contract.ts'

const most = 500

/** What the records of an operation hold, by its description, and no field of the types that read it is mapped to. */
export function unmappedProperties(
  readers: readonly Entity[],
  contract: OperationContract | undefined,
): { path: string; kind: string; list: boolean }[] {
  const [first] = readers
  if (!first || !contract) return []
  const { rows } = first.definition
  const prefix = rows === '' ? '' : `${rows}.`
  const mapped = readers.flatMap(({ fields, keyPath }) => [
    ...fields.flatMap(one => one.paths),
    ...(keyPath === null ? [] : [keyPath]),
  ])
  const paths = [...contract.answers.keys()]
  return [...contract.answers]
    .filter(([path]) => path !== '' && path !== rows && path.startsWith(prefix))
    .map(([path, { kind, list }]) => ({ path: path.slice(prefix.length), kind, list }))
    .filter(({ path }) => !mapped.some(own => own === path || path.startsWith(`${own}.`)))
    .filter(({ path }) => !paths.some(other => other.startsWith(`${prefix}${path}.`)))
    .slice(0, most)
}
