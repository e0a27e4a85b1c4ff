import type { Day, Moment, Month } from './types.ts'

const DAY_MS = 86_400_000
export const COMPANY_ZONE = 'Asia/Shanghai'

const shanghai = new Intl.DateTimeFormat('en-CA', { timeZone: COMPANY_ZONE, dateStyle: 'short' })

/** The company's calendar day at a moment. */
export const dayOf = (moment: Date): Day => shanghai.format(moment)

/**
 * The day the company's data are relative to.
 * @param fixed `ATRIUM_TODAY` (`YYYY-MM-DD`), for tests; otherwise the present day in Asia/Shanghai
 */
export function companyToday(fixed: string | undefined, now = new Date()): Day {
  if (!fixed) return dayOf(now)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(fixed) || Number.isNaN(Date.parse(fixed)))
    throw new RangeError(`ATRIUM_TODAY must be a day like 2026-11-21, not "${fixed}"`)
  return fixed
}

const epochDay = (day: Day) => Date.parse(`${day}T00:00:00Z`) / DAY_MS

export const addDays = (day: Day, days: number): Day =>
  new Date((epochDay(day) + days) * DAY_MS).toISOString().slice(0, 10)

/** Days from `from` to `to`; negative when `to` lies before. */
export const daysBetween = (from: Day, to: Day): number => epochDay(to) - epochDay(from)

export const monthOf = (day: Day): Month => day.slice(0, 7)

export function addMonths(month: Month, months: number): Month {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7)
}

export const firstDay = (month: Month): Day => `${month}-01`
export const lastDay = (month: Month): Day => addDays(firstDay(addMonths(month, 1)), -1)

/** A moment on a day, by the minute of that day (570 = 09:30). */
export function momentAt(day: Day, minute: number): Moment {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${day}T${pad(Math.floor(minute / 60))}:${pad(minute % 60)}:00+08:00`
}

export const isWeekend = (day: Day): boolean => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay())

/** The day itself, or the Friday before it. */
export function workdayUpTo(day: Day): Day {
  let candidate = day
  while (isWeekend(candidate)) candidate = addDays(candidate, -1)
  return candidate
}

/** A moment as the company's systems write it: `2026-11-21T09:30:00+08:00`. China keeps one offset all year. */
export const momentOf = (date: Date): Moment =>
  `${new Date(Math.floor(date.getTime() / 1000) * 1000 + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`
