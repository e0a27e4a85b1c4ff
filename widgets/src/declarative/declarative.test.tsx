import type { ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { builtinWidgets } from '../builtin/index.ts'
import type { WidgetManifest } from '../sdk/manifest.ts'
import { cellText, lineText } from './cell.tsx'
import { DeclarativeContent, isEmpty, totalOf } from './index.tsx'
import { linePath } from './trend.tsx'

const rendering = { locale: 'zh-CN' as const, now: new Date(2026, 10, 23, 9).getTime() }
const manifest = (id: string): WidgetManifest => builtinWidgets.find(widget => widget.id === id)!
const html = (node: ReactNode): string => renderToStaticMarkup(node)
const show = (id: string, data: unknown): string =>
  html(<DeclarativeContent manifest={manifest(id)} data={data} onAction={() => {}} {...rendering} />)

describe('a cell', () => {
  it('says a code in the reader’s language and an unknown one as it is', () => {
    const cell = { path: 'state', labels: { OPEN: { 'zh-CN': '未开工', en: 'Open' } } }
    expect(cellText(cell, { state: 'OPEN' }, rendering)?.text).toBe('未开工')
    expect(cellText(cell, { state: 'STRANGE' }, rendering)?.text).toBe('STRANGE')
  })

  it('with nothing to say is left out of its line', () => {
    expect(lineText([{ path: 'a' }, { path: 'b.c' }, { path: 'd' }], { a: 'x', b: null, d: 'y' }, rendering)).toBe(
      'x · y',
    )
  })

  it('that is late is marked', () => {
    expect(
      cellText({ path: 'due', format: 'due' }, { due: new Date(2026, 10, 20).toISOString() }, rendering),
    ).toMatchObject({ tone: 'bad' })
  })
})

describe('a widget', () => {
  it('shows a figure that is old as such, with the time it is of', () => {
    const figure = { id: 'a', name: '订单', unit: '', format: 'count', value: '7', target: '8', progress: '0.875' }
    const row = (more: object): string =>
      show('team-this-month', { kpis: [{ ...figure, judgement: 'NEUTRAL', ...more }] })
    const at = new Date()
    at.setHours(8, 51)
    expect(row({ stale: true, at: at.toISOString() })).toContain('停在 08:51')
    expect(row({ stale: false, at: at.toISOString() })).toContain('完成 88%')
  })

  it('shows its rows as text, whatever a system puts into them', () => {
    const shown = show('announcements', {
      announcements: { totalCount: 1, nodes: [{ id: '1', title: '<img src=x onerror=alert(1)>' }] },
    })
    expect(shown).toContain('&lt;img')
    expect(shown).not.toContain('<img')
  })

  it('offers its action on each row by a button that names it', () => {
    const shown = show('customers-to-follow-up', {
      followUps: { totalCount: 1, nodes: [{ id: '1', customerName: '杭州临江泵业', amount: '1120000' }] },
    })
    expect(shown).toMatch(/<button[^>]*>.*杭州临江泵业.*写跟进.*<\/button>/)
    expect(shown).toContain('¥1,120,000')
  })

  it('draws shares that add up to the whole bar', () => {
    const buckets = [
      { key: 'NOT_DUE', amount: '75', invoices: 3 },
      { key: 'OVER_60', amount: '25', invoices: 1 },
    ]
    const shown = show('receivables', { receivables: { total: '100', currency: 'CNY', customers: 4, buckets } })
    expect([...shown.matchAll(/<rect x="(\d+)" width="(\d+)"/g)].map(match => [match[1], match[2]])).toEqual([
      ['0', '298'],
      ['300', '98'],
    ])
    expect(shown).toContain('75%')
    expect(shown).toContain('class="fbad"')
  })

  it('follows no address that is not of the web', () => {
    const shown = show('my-systems', { apps: [{ id: 'x', name: 'X', url: 'javascript:alert(1)' }] })
    expect(shown).not.toContain('href')
  })

  it('keeps the place of what another system has not told yet, and of nothing else', () => {
    const nodes = [
      { number: '1', customerName: '甲' },
      { number: '2', customerName: '乙', customer: { level: 'A' } },
      { number: '3', customerName: null, customer: null },
    ]
    const orders = (pending?: boolean): string =>
      html(
        <DeclarativeContent
          manifest={manifest('orders-in-progress')}
          data={{
            orders: {
              nodes: nodes.map(node => ({ requestedDelivery: null, status: null, progressPercent: null, ...node })),
            },
          }}
          onAction={() => {}}
          pending={pending}
          {...rendering}
        />,
      )
    expect(orders(true).match(/sk word/g)).toHaveLength(1)
    expect(orders(true)).toContain('A 级客户')
    expect(orders()).not.toContain('sk word')
  })

  it('knows when it has nothing to show, and how many there are', () => {
    expect(isEmpty(manifest('my-requests'), { approvals: { nodes: [], totalCount: 0 } })).toBe(true)
    expect(isEmpty(manifest('my-requests'), { approvals: null })).toBe(true)
    expect(totalOf(manifest('my-requests'), { approvals: { nodes: [], totalCount: 7 } })).toBe(7)
  })

  it.each(builtinWidgets.map(widget => widget.id))('%s stands an answer without its fields', id => {
    expect(() => show(id, {})).not.toThrow()
  })
})

describe('a line', () => {
  it('has a gap where a value is missing', () => {
    expect(linePath([0, Number.NaN, 10], 100, 50)).toBe('M0.0 50.0M100.0 0.0')
  })
})
