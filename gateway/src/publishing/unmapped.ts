import type { Entity } from '../schema/entities.ts'
import type { OperationContract } from '../systems/drift/contract.ts'

const most = 500

/**
 * What the records of an operation hold, by its description, and no field of the types that read it is mapped to. Of a record within a
 * record, as of other entities that one leads to, the parts are told where something in it is mapped, else only that it is there.
 */
export function unmappedProperties(
  readers: readonly Pick<Entity, 'definition' | 'fields' | 'keyPath'>[],
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
  const isMapped = (path: string): boolean => mapped.some(own => own === path || path.startsWith(`${own}.`))
  const holdsMapped = (path: string): boolean => mapped.some(own => own.startsWith(`${path}.`))
  return [...contract.answers]
    .filter(([path]) => path !== '' && path !== rows && path.startsWith(prefix))
    .map(([path, { kind, list }]) => ({ path: path.slice(prefix.length), kind, list }))
    .filter(({ path }) => {
      const end = path.lastIndexOf('.')
      return !isMapped(path) && !holdsMapped(path) && (end < 0 || holdsMapped(path.slice(0, end)))
    })
    .slice(0, most)
}
