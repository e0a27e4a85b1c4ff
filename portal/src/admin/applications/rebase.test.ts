import { expect, test } from 'vitest'
import { emptyDraft } from './form.ts'
import { rebase } from './rebase.ts'

test('one’s own changes stand on what somebody else saved, and what both changed differently is told', () => {
  const base = { ...emptyDraft('web'), nameZh: '知识库', nameEn: 'Wiki', url: 'https://a.example/' }
  const mine = { ...base, nameZh: '百科', url: 'https://mine.example/', par: true }
  const theirs = { ...base, nameEn: 'Handbook', url: 'https://theirs.example/', par: true }
  const { draft, clashes } = rebase(base, mine, theirs)
  expect(draft).toEqual({ ...theirs, nameZh: '百科', url: 'https://mine.example/' })
  expect(clashes).toEqual(['url'])
})
