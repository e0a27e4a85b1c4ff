import { type TimeFormat, timeFormat } from '../../systems/mapping/times.ts'
import { MappingFault, type Scalar } from '../../systems/protocols/protocol.ts'
import { Unfit } from '../convert.ts'
import type { NativeConditions, Operator, Values } from './field-mapping.ts'

const dayMs = 86_400_000

/**
 * Days and times of a system.
 * @throws MappingFault when there is no such format or zone
 */
export function timeValues(
  type: string,
  formatName: string,
  zoneName: string,
  wire: 'text' | 'number' | undefined,
): Values {
  if (type !== 'Date' && type !== 'DateTime')
    throw new MappingFault(`${type} is neither a day nor a time; the mapping says how those are written`)
  const format = timeFormat(formatName, zoneName)
  const native = (at: number): Scalar => {
    const told = format.write(at)
    return wire === 'number' ? Number(told) : wire === 'text' ? String(told) : told
  }
  return {
    read(value) {
      const told = format.read(value)
      if (told === 'skipped') return new Unfit('no time of the calendar')
      if (told === undefined) return new Unfit(type === 'Date' ? 'no date of the calendar' : 'no time of the calendar')
      if (type === 'Date') return 'day' in told ? told.day : format.zone.day(told.at)
      return iso('day' in told ? format.zone.dayStart(told.day) : told.at)
    },
    write: (op, values) =>
      type === 'Date' ? dayConditions(op, values, format, native) : timeConditions(op, values, format, native),
  }
}

function iso(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

/** A moment that the system cannot write lies between two that it can. */
function timeConditions(
  op: Operator,
  values: readonly Scalar[],
  format: TimeFormat,
  native: (at: number) => Scalar,
): NativeConditions | undefined {
  const told = values.map(value => {
    const at = Date.parse(String(value))
    const floor = Number.isNaN(at) ? Number.NaN : format.floor(at)
    return { floor, exact: floor === at }
  })
  if (op === 'contains' || told.some(({ floor }) => Number.isNaN(floor))) return undefined
  if (op === 'in' || op === 'eq') return [{ op, values: told.filter(one => one.exact).map(one => native(one.floor)) }]
  const [only] = told
  if (!only) return undefined
  const between = only.exact ? op : op === 'lt' ? 'le' : op === 'ge' ? 'gt' : op
  return [{ op: between, values: [native(only.floor)] }]
}

/** A day of the dictionary is a stretch of moments in a system that writes those. */
function dayConditions(
  op: Operator,
  values: readonly Scalar[],
  format: TimeFormat,
  native: (at: number) => Scalar,
): NativeConditions | undefined {
  const days = values.map(String)
  if (op === 'contains' || days.some(day => !/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day))))
    return undefined
  const start = (day: string): number => format.zone.dayStart(day)
  if (format.dayOnly) return [{ op, values: days.map(day => native(start(day))) }]
  const [day] = days
  if (day === undefined || days.length > 1) return undefined
  const end = start(new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10))
  switch (op) {
    case 'lt':
      return [{ op: 'lt', values: [native(start(day))] }]
    case 'le':
      return [{ op: 'lt', values: [native(end)] }]
    case 'gt':
      return [{ op: 'ge', values: [native(end)] }]
    case 'ge':
      return [{ op: 'ge', values: [native(start(day))] }]
    default:
      return [
        { op: 'ge', values: [native(start(day))] },
        { op: 'lt', values: [native(end)] },
      ]
  }
}
