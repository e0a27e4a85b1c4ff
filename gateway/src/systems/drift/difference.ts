import type { Description } from '../protocols/protocol.ts'
import type { ContractValue, OperationContract } from './contract.ts'

export type ChangeKind =
  | 'OPERATION_REMOVED'
  | 'OPERATION_ADDED'
  | 'INPUT_REMOVED'
  | 'INPUT_REQUIRED'
  | 'INPUT_ADDED'
  | 'INPUT_TYPE'
  | 'INPUT_VALUES_REMOVED'
  | 'INPUT_VALUES_ADDED'
  | 'PROPERTY_REMOVED'
  | 'PROPERTY_ADDED'
  | 'PROPERTY_TYPE'
  | 'PROPERTY_OPTIONAL'
  | 'VALUES_ADDED'
  | 'VALUES_REMOVED'
  // found in answers, not in descriptions (shape-watch.ts)
  | 'NULLS'
  | 'UNFIT'

/** BREAKING: a mapping that uses it no longer works. RISK: it works, and its values may surprise. */
export type ChangeLevel = 'BREAKING' | 'RISK' | 'HARMLESS'

/** One thing that is no longer as it was. */
export interface Change {
  kind: ChangeKind
  level: ChangeLevel
  operation: string
  /** an input's name or a property's path; null for the operation itself */
  path: string | null
  before: string | null
  after: string | null
}

const levels: Record<ChangeKind, ChangeLevel> = {
  OPERATION_REMOVED: 'BREAKING',
  OPERATION_ADDED: 'HARMLESS',
  INPUT_REMOVED: 'BREAKING',
  INPUT_REQUIRED: 'BREAKING',
  INPUT_ADDED: 'HARMLESS',
  INPUT_TYPE: 'BREAKING',
  INPUT_VALUES_REMOVED: 'BREAKING',
  INPUT_VALUES_ADDED: 'HARMLESS',
  PROPERTY_REMOVED: 'BREAKING',
  PROPERTY_ADDED: 'HARMLESS',
  PROPERTY_TYPE: 'BREAKING',
  PROPERTY_OPTIONAL: 'RISK',
  VALUES_ADDED: 'RISK',
  VALUES_REMOVED: 'HARMLESS',
  NULLS: 'RISK',
  UNFIT: 'RISK',
}

const mostChanges = 500

/**
 * What differs between two descriptions of a system, in the manner of oasdiff: what is taken may widen, what is answered
 * may grow; anything else can break whoever relies on it. Worked out operation by operation, so that others get their turn.
 */
export async function differenceOf(before: Description, after: Description): Promise<Change[]> {
  const changes: Change[] = []
  const note = (kind: ChangeKind, operation: string, path: string | null = null, was?: string, is?: string): void => {
    changes.push({ kind, level: levels[kind], operation, path, before: was ?? null, after: is ?? null })
  }
  for (const [name] of before.operations) {
    if (!after.operations.has(name)) note('OPERATION_REMOVED', name)
    else {
      const [was, is] = [before.contract?.(name), after.contract?.(name)]
      if (was && is) compare(name, was, is, note)
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  for (const [name] of after.operations) if (!before.operations.has(name)) note('OPERATION_ADDED', name)
  const order: ChangeLevel[] = ['BREAKING', 'RISK', 'HARMLESS']
  return changes.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level)).slice(0, mostChanges)
}

type Note = (kind: ChangeKind, operation: string, path: string | null, was?: string, is?: string) => void

function compare(operation: string, was: OperationContract, is: OperationContract, note: Note): void {
  for (const [name, before] of was.takes) {
    const after = is.takes.get(name)
    if (!after) note('INPUT_REMOVED', operation, name, told(before))
    else compareInput(operation, name, before, after, note)
  }
  for (const [name, after] of is.takes)
    if (!was.takes.has(name))
      note(after.required ? 'INPUT_REQUIRED' : 'INPUT_ADDED', operation, name, undefined, told(after))
  for (const [path, before] of was.answers) {
    const after = is.answers.get(path)
    if (after) compareProperty(operation, path, before, after, note)
    // What was below something that went is gone with it.
    else if (is.answers.has(parentOf(path)) || path === '') note('PROPERTY_REMOVED', operation, path, told(before))
  }
  for (const [path, after] of is.answers)
    if (!was.answers.has(path) && was.answers.has(parentOf(path)))
      note('PROPERTY_ADDED', operation, path, undefined, told(after))
}

function compareInput(operation: string, name: string, was: ContractValue, is: ContractValue, note: Note): void {
  if (is.required && !was.required) note('INPUT_REQUIRED', operation, name, 'optional', 'required')
  if (!holds(is, was) || (was.list && !is.list)) note('INPUT_TYPE', operation, name, told(was), told(is))
  const gone = missing(was.values ?? [], is.values)
  if (is.values && !was.values) note('INPUT_VALUES_REMOVED', operation, name, 'any', is.values.join(', '))
  else if (gone.length > 0) note('INPUT_VALUES_REMOVED', operation, name, gone.join(', '))
  const added = was.values ? missing(is.values ?? [], was.values) : []
  if (added.length > 0) note('INPUT_VALUES_ADDED', operation, name, undefined, added.join(', '))
}

function compareProperty(operation: string, path: string, was: ContractValue, is: ContractValue, note: Note): void {
  if (was.list !== is.list || !holds(was, is)) note('PROPERTY_TYPE', operation, path, told(was), told(is))
  if (was.required && !is.required) note('PROPERTY_OPTIONAL', operation, path, 'always there', 'may be missing')
  if (!was.values) return
  const added = missing(is.values ?? [], was.values)
  if (!is.values) note('VALUES_ADDED', operation, path, was.values.join(', '), 'any')
  else if (added.length > 0) note('VALUES_ADDED', operation, path, undefined, added.join(', '))
  const gone = is.values ? missing(was.values, is.values) : []
  if (gone.length > 0) note('VALUES_REMOVED', operation, path, gone.join(', '))
}

// What holds more values than another kind: whole numbers are decimals, and every simple value is a text on the wire.
const wider: Record<string, readonly string[]> = {
  decimal: ['integer'],
  'Edm.Int64': ['Edm.Int32', 'Edm.Int16', 'Edm.Byte', 'Edm.SByte'],
  'Edm.Int32': ['Edm.Int16', 'Edm.Byte', 'Edm.SByte'],
  'Edm.Decimal': ['Edm.Int64', 'Edm.Int32', 'Edm.Int16', 'Edm.Byte'],
  'Edm.Double': ['Edm.Single', 'Edm.Int32', 'Edm.Int16'],
  Float: ['Int'],
  ID: ['Int', 'String'],
  String: ['ID'],
}

/** Whether every value of one fits where the other is expected. */
function holds(expected: ContractValue, given: ContractValue): boolean {
  if (expected.kind === given.kind || expected.kind === 'any') return true
  return wider[expected.kind]?.includes(given.kind) ?? false
}

function missing(values: readonly string[], from: readonly string[] | undefined): string[] {
  return from ? values.filter(value => !from.includes(value)) : []
}

function parentOf(path: string): string {
  return path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : ''
}

function told({ kind, list, required }: ContractValue): string {
  return `${list ? `list of ${kind}` : kind}${required ? '' : '?'}`
}
