import { type GraphQLSchema, getVariableValues, Kind, type OperationDefinitionNode } from 'graphql'
import type { StoredOperation, StoredOperations } from '../schema/stored-operations.ts'
import { pathsOf } from './content-paths.ts'
import type { Action, Content, WidgetDefinition, Widgets } from './definition.ts'
import { LostPath, type Place, Selection } from './selection.ts'

/** A widget does not fit the graph; `message` names file, place and every fault. */
export class WidgetFault extends Error {
  readonly code = 'WIDGET_FAULT'
}

/** Moments that the portal fills in, in the reader's days. */
const moments = ['$endOfToday', '$endOfWeek']
const anyMoment = '2026-01-01T00:00:00.000Z'

type Graph = { operations: StoredOperations; schema: GraphQLSchema; systems: readonly string[] }
type Note = (place: string, fault: string) => void

/**
 * Compares the company's widgets with the graph: their operations are stored, their variables are taken, and every path leads
 * to something the operation selects.
 * @param graph `systems` are the ids of the systems attached
 * @param file names the file in messages
 * @throws WidgetFault
 */
export function checkWidgets(widgets: Widgets, graph: Graph, file: string): void {
  const faults: string[] = []
  for (const widget of widgets)
    checkWidget(widget, graph, (place, fault) => faults.push(`widgets.${widget.id}.${place}: ${fault}`))
  if (faults.length > 0) throw new WidgetFault(`${file}:\n  ${faults.join('\n  ')}`)
}

function checkWidget(widget: WidgetDefinition, graph: Graph, note: Note): void {
  const systems = [
    ...widget.systems.map((system, index) => [`systems.${index}`, system] as const),
    ...Object.keys(widget.access.rights).map(system => [`access.rights.${system}`, system] as const),
  ]
  // idp stands for Atrium itself.
  for (const [place, system] of systems)
    if (system !== 'idp' && !graph.systems.includes(system)) note(place, `there is no system "${system}"`)

  const stored = storedAs(widget.operation, 'query', graph, note)
  if (!stored) return
  checkVariables(operationOf(stored), widget.variables, graph.schema, note)
  const selection = new Selection(graph.schema, stored.document, operationOf(stored))
  const row = checkContent(widget.content, selection, (place, fault) => note(`content.${place}`, fault))
  for (const [index, action] of widget.actions.entries()) {
    const noteHere: Note = (place, fault) => note(`actions.${index}.${place}`, fault)
    checkInput(action, graph, noteHere)
    const paths = [
      ['subject', action.subject],
      ...Object.entries(action.fromRow).map(one => [`fromRow.${one[0]}`, one[1]]),
    ]
    for (const [place = '', path = ''] of row ? paths : [])
      follow(place, noteHere, () => selection.value(row ?? selection.root, path))
  }
}

const walks = { value: 'value', list: 'element', anything: 'follow' } as const

/** Gives the place where one row is, for the widget's actions. */
function checkContent(content: Content, selection: Selection, note: Note): Place | undefined {
  const { row: rows, paths } = pathsOf(content)
  const row =
    rows &&
    follow(rows.place, note, () =>
      rows.list ? selection.element(selection.root, rows.path) : selection.follow(selection.root, rows.path),
    )
  for (const { place, path, from, to } of paths) {
    const start = from === 'row' ? row : selection.root
    // Rows that are lost were noted; what starts from them says nothing more.
    if (start) follow(place, note, () => selection[walks[to]](start, path))
  }
  return row
}

function follow<T>(place: string, note: Note, walk: () => T): T | undefined {
  try {
    return walk()
  } catch (error) {
    if (!(error instanceof LostPath)) throw error
    note(place, error.message)
    return undefined
  }
}

function checkVariables(
  operation: OperationDefinitionNode,
  variables: WidgetDefinition['variables'],
  schema: GraphQLSchema,
  note: Note,
): void {
  const definitions = operation.variableDefinitions ?? []
  const taken = definitions.map(one => one.variable.name.value)
  const values = Object.entries(variables).map(([name, value]) => {
    if (!taken.includes(name)) note(`variables.${name}`, `the operation takes ${taken.join(', ') || 'no variables'}`)
    const isToken = typeof value === 'string' && value.startsWith('$')
    if (isToken && !moments.includes(value)) note(`variables.${name}`, `"${value}" is none of ${moments.join(', ')}`)
    return [name, isToken ? anyMoment : value]
  })
  const { errors } = getVariableValues(schema, definitions, Object.fromEntries(values))
  for (const error of errors ?? []) note('variables', error.message)
}

/** An action's mutation is given what it takes, and all that it needs. */
function checkInput(action: Action, graph: Graph, note: Note): void {
  const stored = storedAs(action.operation, 'mutation', graph, note)
  if (!stored) return
  const definitions = operationOf(stored).variableDefinitions ?? []
  const taken = definitions.map(one => one.variable.name.value)
  const fromRow = Object.keys(action.fromRow)
  for (const name of [...fromRow, ...action.fields.map(field => field.name)])
    if (!taken.includes(name)) note('fields', `"${action.operation}" takes no "${name}", only ${taken.join(', ')}`)
  const sure = [...fromRow, ...action.fields.filter(field => field.required).map(field => field.name)]
  for (const { variable, type, defaultValue } of definitions)
    if (type.kind === Kind.NON_NULL_TYPE && !defaultValue && !sure.includes(variable.name.value))
      note('fields', `"${action.operation}" needs "${variable.name.value}": from the row, or from a required field`)
}

function storedAs(name: string, kind: 'query' | 'mutation', graph: Graph, note: Note): StoredOperation | undefined {
  const stored = graph.operations.get(name)
  if (stored?.kind === kind) return stored
  note('operation', stored ? `"${name}" is a ${stored.kind}, not a ${kind}` : `there is no stored operation "${name}"`)
  return undefined
}

function operationOf(stored: StoredOperation): OperationDefinitionNode {
  // A stored operation holds exactly one.
  return stored.document.definitions.find(one => one.kind === Kind.OPERATION_DEFINITION)!
}
