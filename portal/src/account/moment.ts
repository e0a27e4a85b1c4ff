import { daysBetween, formatClock, formatDay } from '@atrium/widgets/sdk/format'
import { i18n, type Locale } from '../locales/texts.ts'

/** Day and time, both always: 今天 14:05, 11-21 14:05; today 14:05, 21 Nov 14:05. */
export function momentOf(iso: string, now = Date.now()): string {
  const at = Date.parse(iso)
  if (daysBetween(now, at) !== 0) return `${formatDay(at, i18n.locale as Locale, now)} ${formatClock(at)}`
  return `${i18n.locale === 'en' ? 'today' : '今天'} ${formatClock(at)}`
}

/** The day: 11-21, 21 Nov; with the year when it is another one. */
export function dayOf(iso: string, now = Date.now()): string {
  return formatDay(Date.parse(iso), i18n.locale as Locale, now)
}

/** Whole days since then, in the reader's zone. */
export function daysSince(iso: string, now = Date.now()): number {
  return Math.max(0, -daysBetween(now, Date.parse(iso)))
}
