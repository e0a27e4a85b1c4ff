import { expect, it } from 'vitest'
import { changedSince } from './changed-since.ts'

it('names the systems that were changed after a revision, each with what changed it', () => {
  const change = (system: string) => ({ system, kind: 'CHANGED' as const, before: 'a', after: 'b' })
  const revisions = [
    { revision: 4, changes: [change('erp'), change('crm')] },
    { revision: 3, changes: [change('crm')] },
    { revision: 2, changes: [change('oa')] },
  ]
  expect(changedSince(revisions, 2)).toEqual([
    { system: 'crm', revisions: [4, 3] },
    { system: 'erp', revisions: [4] },
  ])
  expect(changedSince(revisions, 4)).toEqual([])
})
