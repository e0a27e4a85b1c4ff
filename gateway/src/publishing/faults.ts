import { ConfigFileError } from '../config.ts'
import { DictionaryFault } from '../schema/dictionary.ts'
import { StoredOperationFault } from '../schema/stored-operations.ts'
import { MappingFault } from '../systems/protocols/protocol.ts'
import { WidgetFault } from '../widgets/check.ts'
import type { Entry, Fault } from './entry.ts'

/** What should be published, or was, does not fit; the faults say why. */
export class Refused extends Error {
  readonly code = 'PUBLICATION_FAULT'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map(fault => fault.message).join('\n'))
    this.faults = faults
  }
}

const known = [ConfigFileError, DictionaryFault, MappingFault, StoredOperationFault, WidgetFault]

/**
 * The faults that an error of building tells of; undefined for one that is none of the configuration.
 * @param entry the text that is new, in which their places are looked for
 */
export function faultsIn(error: unknown, id?: string, entry?: Pick<Entry, 'at'>): Fault[] | undefined {
  if (error instanceof Refused) return [...error.faults]
  if (!known.some(kind => error instanceof kind)) return undefined
  const { message } = error as Error
  const lines = error instanceof MappingFault || error instanceof DictionaryFault ? [message] : message.split('\n')
  return lines
    .map(line => line.trim())
    .filter(line => line !== '' && !/\.yaml:$/.test(line))
    .map(line => faultOf(line, id, entry))
}

export function faultOf(message: string, id?: string, entry?: Pick<Entry, 'at'>): Fault {
  const place = entry?.at(pathIn(message, id)) ?? { path: null, line: null, column: null }
  return { level: 'ERROR', message: message.replace(/^systems\.yaml: /, ''), ...place }
}

/** Messages name an entity (`crm.Customer`), and often a filter or a field of it. */
function pathIn(message: string, id: string | undefined): string[] {
  if (id === undefined) return []
  const escaped = id.replaceAll('-', '\\-')
  const type = new RegExp(`\\b${escaped}\\.([A-Z]\\w*)`).exec(message)?.[1] ?? / maps ([A-Z]\w*)/.exec(message)?.[1]
  if (type === undefined) return message.includes('dictionary') ? ['dictionary'] : []
  const filter = /\bfilter "?(\w+)"?/.exec(message)?.[1]
  const field = /\bfield "?(\w+)"?/.exec(message)?.[1]
  if (filter) return ['entities', type, 'filter', filter]
  return ['entities', type, ...(field ? ['fields', field] : [])]
}
