import type { Dictionary, DictionaryField } from '../schema/dictionary.ts'
import type { Entity } from '../schema/entities.ts'
import type { FieldMapping } from '../schema/mapping/field-mapping.ts'
import { follow, type Row } from '../systems/protocols/protocol.ts'
import { type Declared, kindOf } from './declared.ts'
import { knownRule, type QualityRule } from './rules.ts'

/** A rule that a converted value breaks. `keep`: the value is shown all the same. */
export interface Broken {
  rule: string
  reason: string
  keep: boolean
}

/** Says which rule a converted value (null when there is none) of a record breaks. */
export type Check = (value: unknown, record: Row) => Broken | null

/**
 * What is checked of a field beyond its type: what @valid declares, and for days and times that the year can be true.
 * @returns null for a field without checks, so that its values cost nothing
 */
export function checkOf(field: DictionaryField, entity: Entity | undefined): Check | null {
  const checks = field.valid.flatMap(one => compile(one, field, entity))
  if (field.type === 'Date' || field.type === 'DateTime') checks.unshift(plausible)
  if (checks.length === 0) return null
  if (checks.length === 1) return checks[0] as Check
  return (value, record) => {
    for (const check of checks) {
      const broken = check(value, record)
      if (broken) return broken
    }
    return null
  }
}

/** The rule behind an id: one of Atrium's, or one that a dictionary declares with its own words. */
export function ruleBy(id: string, dictionary: Dictionary): QualityRule {
  const own = knownRule(id)
  if (own) return own
  for (const field of dictionary.fields) {
    for (const one of field.valid) {
      if (one.rule !== id) continue
      const kind = knownRule(kindOf(one)) as QualityRule
      return { id, name: { zh: one.zh ?? kind.name.zh, en: one.en ?? kind.name.en }, advice: kind.advice }
    }
  }
  return { id, name: { zh: id, en: id }, advice: { zh: '', en: '' } }
}

/** What @valid says of a field, for the dictionary's page. */
export function declaredRules(field: DictionaryField, dictionary: Dictionary): QualityRule[] {
  return field.valid.map(one => ruleBy(one.rule ?? kindOf(one), dictionary))
}

function compile(one: Declared, field: DictionaryField, entity: Entity | undefined): Check[] {
  const rule = one.rule ?? kindOf(one)
  const keep = one.keep === true
  const checks: Check[] = []
  if (one.required) {
    const broken = { rule, reason: 'missing', keep: true }
    checks.push(value => (value === null ? broken : null))
  }
  if (one.min !== undefined || one.max !== undefined) {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = one
    const broken = { rule, reason: `not from ${one.min ?? '−∞'} to ${one.max ?? '∞'}`, keep }
    checks.push(value => (value !== null && (Number(value) < min || Number(value) > max) ? broken : null))
  }
  if (one.pattern !== undefined) {
    const pattern = new RegExp(`^(?:${one.pattern})$`, 'u')
    const broken = { rule, reason: 'not of the form', keep }
    // What a stranger wrote is not matched beyond a length that no such text has.
    checks.push(value =>
      value === null || (String(value).length <= 200 && pattern.test(String(value))) ? null : broken,
    )
  }
  if (one.after !== undefined) {
    const mapping = entity?.mappings.get(one.after)
    const path = mapping?.path ?? null
    // Which of the two is wrong cannot be told: both are shown.
    const broken = { rule, reason: `before ${one.after}`, keep: true }
    if (path !== null)
      checks.push((value, record) =>
        value !== null && isBefore(String(value), told(mapping?.read, follow(record, path), record), field.type)
          ? broken
          : null,
      )
  }
  return checks
}

function told(read: FieldMapping['read'], value: unknown, record: Row): unknown {
  return read ? read(value, record) : value
}

function isBefore(end: string, start: unknown, type: string): boolean {
  if (typeof start !== 'string' || start === '') return false
  // Days without a time are compared as days: the zone they were written in is not theirs.
  if (type === 'Date') return end.slice(0, 10) < start.slice(0, 10)
  // Of one length and zone, they stand in the order of their texts.
  if (end.length === start.length && end.slice(19) === start.slice(19)) return end < start
  return Date.parse(end) < Date.parse(start)
}

const implausible: Broken = { rule: 'date.implausible', reason: 'a year nobody means', keep: false }

// 9999 is how systems write "without end". A year is compared as text: it stands first.
function plausible(value: unknown): Broken | null {
  if (typeof value !== 'string') return null
  return value < '1900' || (value >= '2200' && !value.startsWith('9999')) ? implausible : null
}
