import { type ConstDirectiveNode, valueFromASTUntyped } from 'graphql'

/** What one @valid of the dictionary says. */
export interface Declared {
  readonly required?: boolean
  readonly min?: number
  readonly max?: number
  /** for the whole text */
  readonly pattern?: string
  /** a field of the type that must not be later */
  readonly after?: string
  /** a value that breaks it is shown all the same */
  readonly keep?: boolean
  /** its own id and name; those of the kind of check unless told */
  readonly rule?: string
  readonly zh?: string
  readonly en?: string
}

const none: readonly Declared[] = []

/** Reads the directives of a field. */
export function readDeclared(directives: readonly ConstDirectiveNode[] | undefined): readonly Declared[] {
  const found = directives?.filter(one => one.name.value === 'valid') ?? []
  if (found.length === 0) return none
  return found.map(one =>
    Object.fromEntries((one.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)])),
  )
}

/** The rule a declaration stands for when it names none. */
export function kindOf(one: Declared): string {
  if (one.after !== undefined) return 'date.order'
  if (one.pattern !== undefined) return 'text.form'
  return one.required ? 'value.missing' : 'number.range'
}

/** Why the declarations of a field cannot be meant; null when they can. */
export function checkDeclared(list: readonly Declared[], fields: ReadonlyMap<string, unknown>): string | null {
  for (const one of list) {
    if (one.rule !== undefined && !/^[a-z][a-z0-9_.-]{0,79}$/.test(one.rule))
      return `@valid: the id of a rule is lower-case letters, digits, dots and hyphens, not "${one.rule}"`
    if (one.after !== undefined && !fields.has(one.after)) return `@valid: there is no field ${one.after}`
    if (one.pattern === undefined) continue
    try {
      new RegExp(one.pattern, 'u')
    } catch {
      return '@valid: the pattern is no regular expression'
    }
  }
  return null
}
