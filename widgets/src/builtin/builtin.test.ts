import { describe, expect, it } from 'vitest'
import { isFor } from '../sdk/audience.ts'
import { readManifest } from '../sdk/manifest.ts'
import { builtinWidgets } from './index.ts'

describe('the built-in widgets', () => {
  it.each(builtinWidgets.map(widget => [widget.id, widget] as const))('%s has a valid manifest', (_id, widget) => {
    expect(readManifest(structuredClone(widget)).id).toBe(widget.id)
  })

  it('have ids of their own', () => {
    expect(new Set(builtinWidgets.map(widget => widget.id)).size).toBe(builtinWidgets.length)
  })

  it('are chosen by what a person’s native roles are', () => {
    const of = (...rights: { system: string; roles: string[] }[]) =>
      builtinWidgets.filter(widget => isFor(widget, rights)).map(widget => widget.id)
    const staff = { system: 'oa', roles: ['Staff'] }
    expect(of(staff).sort()).toEqual(['announcements', 'my-requests'])
    expect(of(staff, { system: 'erp', roles: ['Buyer'] })).toContain('stock-below-minimum')
    expect(of(staff, { system: 'erp', roles: ['SalesViewer'] })).not.toContain('receivables')
    expect(of(staff, { system: 'erp', roles: ['Accountant'] })).toContain('receivables')
  })
})

describe('a manifest from outside', () => {
  const valid = structuredClone(builtinWidgets[0]) as Record<string, unknown>
  it.each([
    ['an address instead of an operation', { operation: 'https://evil.example/graphql' }],
    ['a title in one language', { title: { en: 'News' } }],
    ['an unknown kind', { content: { kind: 'html', html: '<b>' } }],
    ['a path that is an expression', { content: { kind: 'list', rows: 'a[0]()', key: 'id', primary: { path: 'x' } } }],
    ['a field nobody knows', { script: 'alert(1)' }],
  ])('is refused with %s', (_what, change) => {
    expect(() => readManifest({ ...valid, ...change })).toThrow()
  })
})
