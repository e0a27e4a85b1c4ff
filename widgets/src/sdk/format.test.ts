import { describe, expect, it } from 'vitest'
import { formatAgo, formatDay, formatDue, formatLongDate, formatMoney, formatScaledMoney } from './format.ts'

const now = new Date(2026, 10, 23, 9, 12).getTime()
const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime()

describe('amounts', () => {
  it('are full, with fractions only where there are any and a true minus', () => {
    expect(formatMoney('1286000.00', 'CNY', 'zh-CN')).toBe('¥1,286,000')
    expect(formatMoney('4826.5', null, 'en')).toBe('¥4,826.50')
    expect(formatMoney('-12', 'CNY', 'en')).toBe('−¥12')
    expect(formatMoney('n/a', 'CNY', 'en')).toBe('n/a')
  })

  it('on boards are 万元 or millions', () => {
    expect(formatScaledMoney(29_140_000, 'zh-CN')).toEqual({ figure: '2,914', unit: '万元' })
    expect(formatScaledMoney(7_810_000, 'en')).toEqual({ figure: '¥7.81', unit: 'M' })
    expect(formatScaledMoney(52_000, 'en')).toEqual({ figure: '¥52', unit: 'k' })
  })

  it('that stand together share scale and digits', () => {
    expect(formatScaledMoney(28_500, 'zh-CN', 313_000).figure).toBe('2.9')
    expect(formatScaledMoney(400_000, 'en', 9_000_000)).toEqual({ figure: '¥0.4', unit: 'M' })
  })
})

describe('when something is due', () => {
  it.each([
    [at(22, 9), '逾期 1 天', '1 day late', true],
    [at(20, 9), '逾期 3 天', '3 days late', true],
    [at(23, 7, 10), '逾期 2 小时', '2 h late', true],
    [at(23, 9, 0), '刚逾期', 'late', true],
    [at(23, 12), '今天 12:00', 'Today 12:00', false],
    [at(24, 0), '明天', 'Tomorrow', false],
    [at(25, 12), '周三', 'Wed', false],
    [new Date(2026, 11, 2).getTime(), '12-02', '2 Dec', false],
  ])('%d', (due, zh, en, late) => {
    expect(formatDue(due, 'zh-CN', now)).toEqual({ text: zh, late })
    expect(formatDue(due, 'en', now)).toEqual({ text: en, late })
  })
})

describe('times', () => {
  it('are said as people say them', () => {
    expect(formatAgo(now - 10_000, 'zh-CN', now)).toBe('刚刚')
    expect(formatAgo(now - 4 * 60_000, 'en', now)).toBe('4 min ago')
    expect(formatAgo(at(23, 7), 'zh-CN', now)).toBe('07:00')
    expect(formatAgo(at(22, 23), 'zh-CN', now)).toBe('昨天')
    expect(formatDay(new Date(2025, 8, 3).getTime(), 'zh-CN', now)).toBe('2025-09-03')
    expect(formatLongDate(now, 'zh-CN')).toBe('2026 年 11 月 23 日，星期一')
    expect(formatLongDate(now, 'en')).toBe('Monday, 23 November 2026')
  })
})
