import { MappingFault } from '../protocols/protocol.ts'

/** A time zone of the IANA list, with its offsets then as now. */
export interface Zone {
  /** ms that its clocks are ahead of UTC at a moment */
  offset(at: number): number
  /** the moment at which its clocks show this; the first of two, undefined for what they skip */
  instant(shown: number): number | undefined
  /** ms at which a day begins there, which need not be midnight */
  dayStart(day: string): number
  day(at: number): string
}

const zones = new Map<string, Zone>()
const dayMs = 86_400_000
const quarter = 900_000
const mostKept = 20_000

/** @throws MappingFault when there is no such zone */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  let calendar: Intl.DateTimeFormat
  try {
    // The Swedish way of writing a time is ISO 8601.
    calendar = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' })
  } catch {
    throw new MappingFault(`there is no time zone ${name}`)
  }
  const kept = new Map<number, number>()

  // Offsets change at full quarters of an hour, so one reading serves a quarter.
  function offset(at: number): number {
    const key = Math.floor(at / quarter)
    let found = kept.get(key)
    if (found === undefined) {
      const from = key * quarter
      found = Date.parse(`${calendar.format(from).replace(' ', 'T')}Z`) - from
      if (kept.size >= mostKept) kept.clear()
      kept.set(key, found)
    }
    return found
  }

  function instant(shown: number): number | undefined {
    const guesses = [shown - offset(shown - dayMs), shown - offset(shown + dayMs)].sort((a, b) => a - b)
    return guesses.find(at => at + offset(at) === shown)
  }

  const zone: Zone = {
    offset,
    instant,
    dayStart(day) {
      const midnight = Date.parse(`${day}T00:00:00Z`)
      for (let shown = midnight; shown < midnight + dayMs; shown += quarter) {
        const at = instant(shown)
        if (at !== undefined) return at
      }
      return midnight
    },
    day: at => new Date(at + offset(at)).toISOString().slice(0, 10),
  }
  zones.set(name, zone)
  return zone
}
