import { prepareExpression } from '../../systems/expressions/evaluate.ts'
import type { CodeLists, FieldMappingDefinition, ToldMapping } from '../../systems/mapping/definition.ts'
import { zoneOf } from '../../systems/mapping/zones.ts'
import { type Condition, MappingFault, type Row, type Scalar } from '../../systems/protocols/protocol.ts'
import type { Unfit } from '../convert.ts'
import type { DictionaryField } from '../dictionary.ts'
import { codeValues } from './code-values.ts'
import { numberValues } from './number-values.ts'
import { timeValues } from './time-values.ts'

export type Operator = Extract<Condition, { field: string }>['op']

/** A condition on a value of the dictionary, as conditions on the system's: no values = no record fulfils it. */
export type NativeConditions = { op: Operator; values: readonly Scalar[] }[]

/** How values of one kind stand in a system, both ways. */
export interface Values {
  /** the dictionary's value before its type is checked; Unfit when there is none */
  read(value: unknown, record: Row): unknown
  /** undefined when the system cannot be asked so */
  write?(op: Operator, values: readonly Scalar[]): NativeConditions | undefined
  /** paths it needs beside the value's own */
  needs?: readonly string[]
}

/** A field of the dictionary as one system has it. */
export interface FieldMapping {
  path: string | null
  expression: string | null
  constant: Scalar | undefined
  /** undefined where the value is taken as it stands */
  read: ((value: unknown, record: Row) => unknown | Unfit) | undefined
  write: Values['write'] | undefined
  needs: readonly string[]
}

/** What a system says once for all its fields. */
export interface SystemWords {
  codes: CodeLists
  /** the zone of its local times */
  zone: string
}

/**
 * What is done with the values of a field.
 * @param enumCodes the values of the field's enum, by code; undefined when its type is none
 * @throws MappingFault saying what does not fit
 */
export function compileMapping(
  field: DictionaryField,
  definition: FieldMappingDefinition | undefined,
  words: SystemWords,
  enumCodes: ReadonlyMap<string, string> | undefined,
  plain: boolean,
): FieldMapping {
  const source = field.source?.kind === 'value' ? field.source : undefined
  const told: Partial<ToldMapping> = typeof definition === 'string' ? { path: definition } : (definition ?? {})
  const own = told.path ?? told.value ?? told.constant
  const path = told.path ?? (own === undefined ? (source?.path ?? null) : null)
  const expression = told.value ?? (own === undefined ? (source?.expression ?? null) : null)
  if (expression !== null) prepareExpression(expression)
  const values = valuesOf(field, told, words, enumCodes)
  if (values && !plain)
    throw new MappingFault(`${field.type} stands for another record: only a path, an expression and "none" can tell it`)
  const none = new Set((told.none ?? []).map(String))
  const read = values || none.size > 0 ? reader(values, none) : undefined
  return {
    path,
    expression,
    constant: told.constant,
    read,
    // What an expression made of a value cannot be undone.
    write: path === null ? undefined : (values?.write ?? inverseOfEnum(enumCodes)),
    needs: values?.needs ?? [],
  }
}

function reader(values: Values | undefined, none: ReadonlySet<string>): NonNullable<FieldMapping['read']> {
  return (value, record) => {
    if (value === null || value === undefined || value === '' || none.has(String(value))) return null
    return values ? values.read(value, record) : value
  }
}

function valuesOf(
  field: DictionaryField,
  told: Partial<ToldMapping>,
  { codes, zone }: SystemWords,
  enumCodes: ReadonlyMap<string, string> | undefined,
): Values | undefined {
  if (told.codes !== undefined) return codeValues(codesOf(told.codes, codes), enumCodes, told.wire)
  if (told.time !== undefined) {
    const { format, zone: own } = typeof told.time === 'string' ? { format: told.time, zone: undefined } : told.time
    return timeValues(field.type, format, zoneOf(own ?? zone) && (own ?? zone), told.wire)
  }
  const { number, unit, scale, money } = told
  if (number || unit || scale !== undefined || money) {
    const currency =
      typeof money?.currency === 'object'
        ? {
            ...money.currency,
            codes: money.currency.codes === undefined ? undefined : codesOf(money.currency.codes, codes),
          }
        : money?.currency
    return numberValues(field.type, { number, unit, scale, money: money && { ...money, currency }, wire: told.wire })
  }
  return undefined
}

function codesOf(told: string | Record<string, string>, lists: CodeLists): Record<string, string> {
  if (typeof told !== 'string') return told
  const list = lists[told]
  if (!list) throw new MappingFault(`the system has no list of codes named ${told}`)
  return list
}

// Where the dictionary itself says what codes an enum has, conditions are told in those.
function inverseOfEnum(enumCodes: ReadonlyMap<string, string> | undefined): Values['write'] | undefined {
  if (!enumCodes || ![...enumCodes].some(([code, value]) => code !== value)) return undefined
  const told = [...enumCodes].filter(([code, value]) => code !== value || !hasOther(enumCodes, value))
  return codeValues(Object.fromEntries(told), enumCodes, undefined).write
}

function hasOther(enumCodes: ReadonlyMap<string, string>, value: string): boolean {
  return [...enumCodes].some(([code, canonical]) => canonical === value && code !== value)
}
