const formats = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()
const mostKept = 20_000

/** The exact time that a clock on the wall of a zone shows as `YYYY-MM-DD HH:MM:SS[.ffffff]`; undefined if it is no time. */
export function instantOf(wall: string, zone: string): string | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/.exec(wall)
  if (!parts) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = ''] = parts
  const asUtc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  if (new Date(asUtc).getUTCDate() !== Number(day)) return undefined
  const at = zone === 'UTC' ? asUtc : asUtc - offsetOfWall(asUtc, zone)
  const text = new Date(at).toISOString().slice(0, 19)
  const rest = fraction.replace(/0+$/, '')
  return `${text}${rest && `.${rest}`}Z`
}

/** What the clock on the wall of a zone shows at a time, as `YYYY-MM-DD HH:MM:SS[.fff]`. */
export function wallOf(instant: Date, zone: string): string {
  const wall = new Date(instant.getTime() + offsetAt(instant.getTime(), zone)).toISOString()
  return wall
    .slice(0, 23)
    .replace('T', ' ')
    .replace(/\.000$/, '')
}

// Of an hour that the clock shows twice, the earlier; of one that it skips, what it would have shown.
function offsetOfWall(wall: number, zone: string): number {
  const day = 86_400_000
  const before = offsetAt(wall - day, zone)
  const after = offsetAt(wall + day, zone)
  if (before === after) return before
  return offsetAt(wall - before, zone) === before ? before : after
}

/** Milliseconds by which a zone is ahead of UTC. Kept for each quarter of an hour: the formats are slow. */
function offsetAt(at: number, zone: string): number {
  if (zone === 'UTC') return 0
  const quarter = Math.floor(at / 900_000)
  const key = `${zone} ${quarter}`
  const kept = offsets.get(key)
  if (kept !== undefined) return kept
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    })
    formats.set(zone, format)
  }
  const start = quarter * 900_000
  const part = Object.fromEntries(format.formatToParts(start).map(one => [one.type, one.value]))
  const wall = new Date(0)
  wall.setUTCFullYear(
    part.era === 'BC' ? 1 - Number(part.year) : Number(part.year),
    Number(part.month) - 1,
    Number(part.day),
  )
  wall.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second))
  const offset = wall.getTime() - start
  if (offsets.size >= mostKept) offsets.clear()
  offsets.set(key, offset)
  return offset
}

/** Whether there is a time zone of this name. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
