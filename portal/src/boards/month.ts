import type { Locale } from '@atrium/widgets/sdk/text'

/** 11 月 / November, of a key like 2026-11; other keys as they are. */
export function monthName(key: string, locale: Locale): string {
  const month = monthOf(key)
  if (!month) return key
  if (locale === 'zh-CN') return `${month.getMonth() + 1} 月`
  return new Intl.DateTimeFormat('en-GB', { month: 'long' }).format(month)
}

/** The name of a month on an axis: with the year at the left end and in January. Days as 11-23. */
export function monthTick(key: string, first: boolean, locale: Locale): string {
  const month = monthOf(key)
  if (!month) return key.replace(/^\d{4}-/, '')
  if (first || month.getMonth() === 0) return `${month.getFullYear()}-${month.getMonth() + 1}`
  return locale === 'zh-CN'
    ? `${month.getMonth() + 1} 月`
    : new Intl.DateTimeFormat('en-GB', { month: 'short' }).format(month)
}

function monthOf(key: string): Date | undefined {
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(key) ?? []
  return year && month ? new Date(Number(year), Number(month) - 1, 15) : undefined
}
