import { type TypeModel, types } from './rules.ts'
import { type Employee, employees } from './world.ts'

type Row = Record<string, unknown>

/** What a search found: a record by its key, or an employee. */
export interface Hit {
  title: string
  subtitle: string | null
  system: string
  type: string
  key: string
  employee?: Employee
}

/** Of each kind the matching records within reach, one of each in turn; none of a kind that is found by what may not be read. */
export function findHits(
  text: string,
  first: number,
  may: (type: string, field: string) => string,
  rowsOf: Record<string, () => Row[]>,
): Hit[] {
  const reads = (type: string, names: string[]): boolean => names.every(one => may(type, one) === 'read')
  const records = (type: string, key: string, looked: string[], subtitle: string | null): Hit[] =>
    (rowsOf[type]?.() ?? [])
      .filter(row => looked.some(name => String(row[name]).includes(text)))
      .map(row => ({
        type,
        key: String(row[key]),
        title: String(row[looked[0] as string]),
        subtitle: subtitle && String(row[subtitle]),
        system: (types[type] as TypeModel).system as string,
      }))
  const people = employees
    .filter(one =>
      [one.id, one.zh, one.en, one.path.at(-1)].some(part => part?.toLowerCase().includes(text.toLowerCase())),
    )
    .map(one => ({
      type: 'Employee',
      key: one.id,
      title: one.en,
      subtitle: one.path.at(-1) ?? null,
      system: 'atrium',
      employee: one,
    }))
  const kinds: Hit[][] = [
    reads('Customer', ['code', 'name']) ? records('Customer', 'customerNo', ['name', 'customerNo'], 'customerNo') : [],
    reads('Order', ['number']) ? records('Order', 'SalesOrder', ['SalesOrder'], null) : [],
    reads('Employee', ['id', 'name', 'department']) ? people : [],
  ]
  return Array.from({ length: first }, (_, place) => kinds.flatMap(kind => kind[place] ?? []))
    .flat()
    .slice(0, first)
}
