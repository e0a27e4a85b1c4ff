import type { Draft, Field } from './form.ts'

/** What an administrator may edit of an application that exists. */
export type EditedField = Exclude<Field, 'id' | 'kind'>

/**
 * One's own changes put on top of what somebody else has saved in between.
 * @returns the form, and the fields that both have changed to different values: there one's own value stands
 */
export function rebase(base: Draft, mine: Draft, theirs: Draft): { draft: Draft; clashes: EditedField[] } {
  const fields = Object.keys(theirs).filter(field => field !== 'id' && field !== 'kind') as EditedField[]
  const own = fields.filter(field => mine[field] !== base[field])
  return {
    draft: { ...theirs, ...Object.fromEntries(own.map(field => [field, mine[field]])) },
    clashes: own.filter(field => theirs[field] !== base[field] && theirs[field] !== mine[field]),
  }
}
