import { describe, expect, it } from 'vitest'
import type { KpiFields } from '../app/operations.ts'
import { csvOf } from './csv.ts'
import { comparisonText } from './kpi-tile.tsx'
import { sparkPoints } from './marks.tsx'
import { monthTick } from './month.ts'
import { cellOf } from './row-cell.ts'
import { scaleTo } from './scale.ts'
import { newer } from './use-board.ts'
import { progressWords, shortFigure, wholeFigure } from './words.ts'

describe('a scale', () => {
  it.each([
    [4387, [0, 1000, 2000, 3000, 4000, 5000]],
    [5000, [0, 1000, 2000, 3000, 4000, 5000]],
    [0.31, [0, 0.1, 0.2, 0.3, 0.4]],
  ])('up to %d has round marks from zero', (largest, marks) => {
    expect(scaleTo(largest).marks).toEqual(marks)
  })

  it('of counts has no halves', () => {
    expect(scaleTo(3, 4, true).marks).toEqual([0, 1, 2, 3])
  })

  it('of nothing, or of what is no number, still has a top', () => {
    expect(scaleTo(0).top).toBe(1)
    expect(scaleTo(Number.NaN).top).toBe(1)
  })
})

describe('a comparison', () => {
  const kpi = { comparison: '0.064', comparisonLabel: '比上年同期', format: 'money' }
  it('says its direction by sign, of shares in points', () => {
    expect(comparisonText(kpi, 'zh-CN', '个百分点')).toBe('比上年同期 +6.4%')
    expect(comparisonText({ ...kpi, comparison: '-0.013', format: 'percent' }, 'zh-CN', '个百分点')).toBe(
      '比上年同期 −1.3 个百分点',
    )
    expect(comparisonText({ ...kpi, comparisonLabel: 'on last year' }, 'en', 'points')).toBe('+6.4% on last year')
    expect(comparisonText({ ...kpi, comparison: null }, 'en', 'points')).toBe('')
  })
})

describe('the rows behind a figure', () => {
  it('are written for the reader', () => {
    expect(cellOf('1234567.5', 'end', 'zh-CN')).toBe('1,234,567.5')
    expect(cellOf('C00012', 'end', 'zh-CN')).toBe('C00012')
    expect(cellOf(null, 'start', 'en')).toBe('—')
  })

  it('become a file that no spreadsheet runs as formulas', () => {
    const columns = [
      { key: 'a', label: '订单', align: 'start' },
      { key: 'b', label: '说明', align: 'start' },
    ]
    expect(
      csvOf({
        columns,
        rows: [
          ['SO-1', '=cmd|"x"'],
          ['-5', 'a,"b"\nc'],
          ['@x', null],
        ],
      }),
    ).toBe('订单,说明\r\nSO-1,"\'=cmd|""x"""\r\n-5,"a,""b""\nc"\r\n\'@x,')
  })
})

describe('figures', () => {
  const kpi = (at: string, stale: boolean) => ({ id: 'x', at, stale }) as KpiFields
  it('heard live replace those asked for unless they are older', () => {
    expect(newer(kpi('2026-11-23T01:00:00Z', false), kpi('2026-11-23T01:00:00Z', true)).stale).toBe(true)
    expect(newer(kpi('2026-11-23T02:00:00Z', false), kpi('2026-11-23T01:00:00Z', true)).stale).toBe(false)
  })

  it('that never change draw a level line in the middle', () => {
    expect(new Set(sparkPoints([5, 5, 5]).map(([, y]) => y))).toEqual(new Set([15]))
    expect(sparkPoints([])).toEqual([])
  })

  it('have months named with their year at the left end and in January', () => {
    expect(['2025-12', '2026-01', '2026-02'].map((key, index) => monthTick(key, index === 0, 'zh-CN'))).toEqual([
      '2025-12',
      '2026-1',
      '2 月',
    ])
    expect(monthTick('2026-11-23', false, 'en')).toBe('11-23')
  })
})

describe('a value of a board', () => {
  const money = { format: 'money', unit: 'CNY' }
  it('says its scale wherever it stands alone, in English also beside others of its figure', () => {
    expect(shortFigure(25_010_000, money, 'en')).toBe('¥25.01M')
    expect(shortFigure(29_000, money, 'en', 313_000)).toBe('¥29k')
    expect(shortFigure(25_010_000, money, 'zh-CN')).toBe('2,501')
    expect(wholeFigure(25_010_000, money, 'zh-CN')).toBe('2,501\u00a0万元')
    expect(wholeFigure(0.185, { format: 'percent', unit: '' }, 'zh-CN')).toBe('18.5%')
    expect(wholeFigure(47, { format: 'count', unit: 'approvals' }, 'en')).toBe('47\u00a0approvals')
  })

  it('that misses its target by little does not read as the whole', () => {
    expect(progressWords({ progress: '1.0042', judgement: 'OFF_TARGET' }, 'en')).toBe('100.4%')
    expect(progressWords({ progress: '1.0042', judgement: 'ON_TARGET' }, 'en')).toBe('100%')
  })
})
