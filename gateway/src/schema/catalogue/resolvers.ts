import { decisions } from '../../access/permissions.ts'
import { type Person, personOf } from '../../access/person.ts'
import type { KpiDefinition } from '../../boards/definition.ts'
import { ownerOf } from '../../quality/owners.ts'
import type { Text } from '../../systems/types.ts'
import type { RequestContext } from '../context.ts'
import type { DictionaryField, DictionaryType } from '../dictionary.ts'
import type { Entity } from '../entities.ts'
import { badInput, forbidden } from '../errors.ts'
import {
  attachedFields,
  type CatalogueWorld,
  describeField,
  foundFields,
  foundTypes,
  freshnessOf,
  type Reader,
  sourcesOf,
  visibleTypes,
} from './describe.ts'
import { type FigureLineage, figuresByType, lineageOf } from './lineage.ts'

/** @param figures the figures somebody may see; all of them for an administrator */
export function catalogueResolvers(world: CatalogueWorld, figures: (person: Person, all: boolean) => KpiDefinition[]) {
  const { dictionary, systems } = world
  type Shown = { reader: Reader; figures: FigureLineage[]; byType: Map<string, FigureLineage[]> }
  type ShownType = { type: DictionaryType; shown: Shown }
  type ShownSource = { entity: Entity; type: DictionaryType; reader: Reader }

  const look = (context: RequestContext): Shown => {
    const person = personOf(context.viewer)
    if (!person) throw forbidden(context, null, 'dictionary')
    const administrator = person.businessRoles.includes('administrator')
    const told = figures(person, administrator).map(kpi => lineageOf(kpi, world.entities))
    // How a figure is asked for is a matter of administrators, like every mapping.
    const own = administrator ? told : told.map(one => ({ ...one, operations: [] }))
    return {
      reader: { table: context.access.table, administrator },
      figures: own,
      byType: figuresByType(own, dictionary),
    }
  }
  const typeOf = (field: { type: string; field: string }): DictionaryField | undefined =>
    dictionary.types.get(field.type)?.fields.get(field.field)

  return {
    Query: { dictionary: (_: unknown, __: object, context: RequestContext) => look(context) },
    DataDictionary: {
      types: (
        shown: Shown,
        args: { search?: string | null; system?: string | null; first?: number | null },
      ): ShownType[] => {
        const first = args.first ?? 200
        if (first < 1 || first > 500) throw badInput('"first" must be from 1 to 500')
        return foundTypes(world, shown.reader, args)
          .slice(0, first)
          .map(type => ({ type, shown }))
      },
      count: (shown: Shown, args: { search?: string | null; system?: string | null }) =>
        foundTypes(world, shown.reader, args).length,
      type: (shown: Shown, { name }: { name: string }): ShownType | null => {
        const type = visibleTypes(world, shown.reader).find(one => one.name === name)
        return type ? { type, shown } : null
      },
      figures: (shown: Shown) => shown.figures,
    },
    DataType: {
      name: ({ type }: ShownType) => type.name,
      label: ({ type }: ShownType) => words(type.label),
      about: ({ type }: ShownType) => type.about && words(type.about),
      key: ({ type }: ShownType) => type.entity?.key ?? null,
      system: ({ type }: ShownType) => type.entity?.system || null,
      sources: ({ type, shown }: ShownType): ShownSource[] =>
        sourcesOf(world, type).map(entity => ({ entity, type, reader: shown.reader })),
      fields: ({ type, shown }: ShownType) =>
        attachedFields(world, type).map(field => describeField(world, field, shown.reader)),
      matching: ({ type, shown }: ShownType, { search }: { search: string }) =>
        foundFields(world, type, search)
          .slice(0, 5)
          .map(field => describeField(world, field, shown.reader)),
      size: ({ type }: ShownType) => attachedFields(world, type).length,
      figures: ({ type, shown }: ShownType) => shown.byType.get(type.name) ?? [],
      readable: ({ type, shown }: ShownType) =>
        attachedFields(world, type).filter(field => shown.reader.table[field.index] === decisions.readable).length,
    },
    DataSource: {
      system: ({ entity }: ShownSource) => entity.system,
      name: ({ entity }: ShownSource) =>
        words(systems[entity.system]?.name ?? { zh: entity.system, en: entity.system }),
      record: ({ entity, type }: ShownSource) => entity.system === type.entity?.system,
      freshness: ({ entity }: ShownSource) => freshnessOf(entity).freshness,
      seconds: ({ entity }: ShownSource) => freshnessOf(entity).seconds,
      operation: ({ entity, reader }: ShownSource) => (reader.administrator ? entity.definition.operation : null),
      scope: ({ entity: { definition }, reader }: ShownSource) =>
        reader.administrator && definition.scope !== 'none' ? definition.scope.filter : null,
      owner: ({ entity, type }: ShownSource) => ownerOf(systems[entity.system], type.name),
    },
    DataField: {
      label: (field: { label: Text }) => words(field.label),
      about: (field: { about: Text | null }) => field.about && words(field.about),
    },
    DataCode: { label: (code: { label: Text }) => words(code.label) },
    DataRule: { name: (rule: { name: Text }) => words(rule.name) },
    FigureLineage: { name: (figure: FigureLineage) => words(figure.name) },
    FigureField: {
      typeLabel: (field: { type: string }) =>
        words(dictionary.types.get(field.type)?.label ?? { zh: field.type, en: field.type }),
      label: (field: { type: string; field: string }) =>
        words(typeOf(field)?.label ?? { zh: field.field, en: field.field }),
    },
  }
}

function words({ zh, en }: Text): { zhCN: string; en: string } {
  return { zhCN: zh, en }
}
