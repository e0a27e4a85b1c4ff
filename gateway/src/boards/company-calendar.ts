/** A calendar day `YYYY-MM-DD` and a month `YYYY-MM` in the company's zone. */
export type Day = string
export type Month = string

const dayMs = 86_400_000

/** The calendar of a company: what day it is there, whatever the zone of the server. */
export type CompanyCalendar = {
  today(): Day
  /** A named day, month or moment, moved by days, months or years, e.g. `monthStart-12M`. Undefined when there is no such name. */
  resolve(expression: string): string | undefined
  /** Share of the present month that has passed, the present day included; 0 < share ≤ 1. */
  monthShare(): number
  /** The last `count` months, the present one last. */
  months(count: number): Month[]
  /** A moment as people of the company write its time: `10:24`, or `11-20 10:24` on another day. */
  timeText(moment: Date): string
}

/**
 * @param zone IANA name, e.g. `Asia/Shanghai`
 * @param clock gives the present moment
 * @throws RangeError for a zone that does not exist
 */
export function companyCalendar(zone: string, clock: () => Date): CompanyCalendar {
  const days = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const times = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hour12: false })
  const today = (): Day => days.format(clock())
  const named: Record<string, () => string> = {
    today,
    month: () => today().slice(0, 7),
    monthStart: () => `${today().slice(0, 7)}-01`,
    monthEnd: () => lastDay(today().slice(0, 7)),
    yearStart: () => `${today().slice(0, 4)}-01-01`,
    now: () => clock().toISOString(),
    monthStartMoment: () => momentOf(`${today().slice(0, 7)}-01`, zone),
  }
  return {
    today,
    resolve(expression) {
      const match = /^([a-zA-Z]+)(?:([+-]\d{1,4})([dMy]))?$/.exec(expression)
      const value = match?.[1] !== undefined && Object.hasOwn(named, match[1]) ? named[match[1]]?.() : undefined
      if (value === undefined || match?.[2] === undefined) return value
      const steps = Number(match[2])
      if (value.length > 10) {
        const moved =
          match[3] === 'd'
            ? addDays(value.slice(0, 10), steps)
            : addMonthsToDay(days.format(new Date(value)), match[3] === 'y' ? steps * 12 : steps)
        return momentOf(moved, zone)
      }
      if (match[3] === 'd') return value.length === 7 ? undefined : addDays(value, steps)
      const months = match[3] === 'y' ? steps * 12 : steps
      return value.length === 7 ? addMonths(value, months) : addMonthsToDay(value, months)
    },
    monthShare: () => Number(today().slice(8)) / Number(lastDay(today().slice(0, 7)).slice(8)),
    months: count => Array.from({ length: count }, (_, index) => addMonths(today().slice(0, 7), index - count + 1)),
    timeText(moment) {
      const time = times.format(moment)
      return days.format(moment) === today() ? time : `${days.format(moment).slice(5)} ${time}`
    },
  }
}

/** The day `days` after (or before) a day. */
export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)
}

/** The month `months` after (or before) a month. */
export function addMonths(month: Month, months: number): Month {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7)
}

export function lastDay(month: Month): Day {
  return addDays(`${addMonths(month, 1)}-01`, -1)
}

// 31 March less one month is 28 or 29 February: a comparison with "the same day" must not slide into the month after.
function addMonthsToDay(day: Day, months: number): Day {
  const month = addMonths(day.slice(0, 7), months)
  const same = `${month}-${day.slice(8)}`
  return same > lastDay(month) ? lastDay(month) : same
}

// The offset of the zone at noon of that day; zones change theirs at night.
function momentOf(day: Day, zone: string): string {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(new Date(`${day}T12:00:00Z`))
    .find(part => part.type === 'timeZoneName')?.value
  return `${day}T00:00:00${name === 'GMT' ? 'Z' : (name ?? 'GMT+00:00').slice(3)}`
}
