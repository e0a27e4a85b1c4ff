import type { EndpointDeps } from '../schema/endpoint.ts'
import { buildingGraph, type LocalPart } from '../schema/graph.ts'
import type { QueryLimits } from '../schema/limits.ts'
import { inSlices } from '../schema/slices.ts'
import { readStoredOperations, type StoredOperations } from '../schema/stored-operations.ts'
import { checkWidgets } from '../widgets/check.ts'
import type { Widgets } from '../widgets/definition.ts'
import type { Ground } from './ground.ts'

/** Everything that follows from the systems of one revision: what requests are answered with. It never changes. */
export interface Edition {
  ground: Ground
  endpoint: EndpointDeps
  since: Date
}

/** What an edition is made of beside its ground. */
export interface EditionParts {
  /** what other parts of the gateway make of a ground */
  compose(ground: Ground): { local: LocalPart; endpoint: Omit<EndpointDeps, 'graph' | 'stored'> }
  operationFolders: readonly string[]
  limits: QueryLimits
  widgets: { all: Widgets; file: string }
  /** @throws when a stored operation that something names is not there */
  checkOperations(stored: StoredOperations): void
}

/**
 * Builds the graph on a ground and compares every stored operation and every widget with it.
 * @throws DictionaryFault, StoredOperationFault, WidgetFault, ConfigFileError
 */
export async function buildEdition(ground: Ground, parts: EditionParts): Promise<Edition> {
  const { dictionary, entities, attached, file } = ground
  const { local, endpoint } = parts.compose(ground)
  const connectors = attached.connector.bind(attached)
  const { currency } = file.company
  const graph = await inSlices(buildingGraph({ dictionary, entities, connectors, currency, local }))
  const stored = await readStoredOperations(parts.operationFolders, graph.schema, parts.limits)
  const about = { operations: stored, schema: graph.schema, systems: Object.keys(file.systems) }
  checkWidgets(parts.widgets.all, about, parts.widgets.file)
  parts.checkOperations(stored)
  return { ground, endpoint: { ...endpoint, graph, stored }, since: new Date() }
}
