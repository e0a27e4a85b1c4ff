import type { Calls, KpiDefinition } from '../../boards/definition.ts'
import type { Text } from '../../systems/types.ts'
import type { Dictionary } from '../dictionary.ts'
import { type Entities, type Entity, pathOf } from '../entities.ts'

/** Where a figure of a board comes from. */
export interface FigureLineage {
  id: string
  name: Text
  system: string
  everySeconds: number
  /** what it asks its system */
  operations: string[]
  /** fields of the dictionary that stand in its calls and formulas */
  fields: { type: string; field: string }[]
  /** the system sums in a report of its own: the fields are those of the records shown behind the figure */
  byReport: boolean
}

/**
 * Follows a figure to the fields of the dictionary it is made of: its calls ask operations that types are mapped to, and
 * name properties that fields are mapped to. Nobody writes lineage down, so none can be out of date.
 */
export function lineageOf(kpi: KpiDefinition, entities: Entities): FigureLineage {
  const calls = callsOf(kpi)
  const own = [...entities.values()].filter(entity => entity.system === kpi.system)
  const formulas = [
    kpi.value,
    kpi.target?.value,
    kpi.comparison?.value,
    kpi.breakdown && ('parts' in kpi.breakdown ? kpi.breakdown.parts : kpi.breakdown.value),
    kpi.trend && ('points' in kpi.trend ? kpi.trend.points : 'value' in kpi.trend ? kpi.trend.value : undefined),
  ]
  const direct = fieldsNamed(own, calls, formulas)
  const behind =
    direct.length === 0 && kpi.rows
      ? fieldsNamed(
          own,
          [kpi.rows],
          kpi.rows.columns.map(column => column.value),
        )
      : []
  return {
    id: kpi.id,
    name: kpi.name,
    system: kpi.system,
    everySeconds: kpi.everySeconds,
    operations: [...new Set(calls.map(call => call.operation))],
    fields: direct.length > 0 ? direct : behind,
    byReport: direct.length === 0,
  }
}

/** Figures by the type they come from. */
export function figuresByType(figures: readonly FigureLineage[], dictionary: Dictionary): Map<string, FigureLineage[]> {
  const found = new Map<string, FigureLineage[]>()
  for (const figure of figures) {
    for (const type of new Set(figure.fields.map(field => field.type))) {
      if (dictionary.types.has(type)) found.set(type, [...(found.get(type) ?? []), figure])
    }
  }
  return found
}

type Asked = { operation: string; input: unknown }

function callsOf(kpi: KpiDefinition): Asked[] {
  const all: (Calls | undefined)[] = [
    kpi.fetch,
    kpi.trend && 'fetch' in kpi.trend ? kpi.trend.fetch : undefined,
    kpi.breakdown && 'fetch' in kpi.breakdown ? kpi.breakdown.fetch : undefined,
  ]
  return all.flatMap(calls => Object.values(calls ?? {}))
}

function fieldsNamed(
  entities: readonly Entity[],
  calls: readonly Asked[],
  formulas: readonly (string | undefined)[],
): { type: string; field: string }[] {
  const asked = new Set(calls.map(call => call.operation))
  const words = new Set(
    [...calls.map(call => JSON.stringify(call.input)), ...formulas].flatMap(text => text?.match(/[A-Za-z_]\w*/g) ?? []),
  )
  return entities
    .filter(entity => asked.has(entity.definition.operation))
    .flatMap(entity =>
      [...entity.type.fields.values()].flatMap(field => {
        const path =
          field.source?.kind === 'value' && field.source.system === entity.system
            ? pathOf(entity.definition, field)
            : null
        return path !== null && words.has(path) ? [{ type: entity.type.name, field: field.name }] : []
      }),
    )
}
