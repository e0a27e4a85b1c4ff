import { KingdeeError } from './error.ts'
import { parseFilter, type Value } from './filter.ts'
import { type Form, forms, type Kind } from './forms.ts'

export type Fields = Record<string, Value>
export interface Bill {
  head: Fields
  lines: Fields[]
}

export interface BillQuery {
  FormId?: unknown
  FieldKeys?: unknown
  FilterString?: unknown
  OrderString?: unknown
  TopRowCount?: unknown
  StartRow?: unknown
  Limit?: unknown
}

const mostRows = 2000

/** Bills and base data in memory, read as ExecuteBillQuery reads them. */
export class Store {
  #bills = new Map<string, Bill[]>(Object.keys(forms).map(form => [form, []]))

  add(form: string, head: Fields, lines: Fields[] = []): void {
    this.of(form).push({ head, lines })
  }

  of(form: string): Bill[] {
    const bills = this.#bills.get(form)
    if (!bills) throw new KingdeeError(500, 5, `业务对象${form}不存在`)
    return bills
  }

  find(form: string, number: string): Bill | undefined {
    const { number: by } = forms[form] ?? { number: 'FBillNo' }
    return this.of(form).find(bill => bill.head[by] === number)
  }

  /** Rows by position, in the order of FieldKeys; one a line of a bill as soon as a field of its lines is named. */
  query(asked: BillQuery): unknown[][] {
    const id = String(asked.FormId ?? '')
    const bills = this.of(id)
    const form = forms[id] as Form
    const kindOf = (key: string): Kind | undefined => form.head[key] ?? form.lines?.[key]
    const keys = String(asked.FieldKeys ?? '')
      .split(',')
      .map(key => key.trim())
      .filter(key => key !== '')
    if (keys.length === 0) throw new KingdeeError(500, 9, 'FieldKeys 不能为空')
    for (const key of keys) checkField(kindOf(key), key)
    const { condition, fields } = parseFilter(String(asked.FilterString ?? ''), key => kindOf(key) !== undefined)
    const order = readOrder(String(asked.OrderString ?? ''), key => checkField(kindOf(key), key))
    const byLine = [...keys, ...fields, ...order.map(one => one.key)].some(key => !(key in form.head))
    const rows = bills.flatMap(({ head, lines }) => (byLine ? lines.map(line => ({ ...head, ...line })) : [head]))
    const found = rows.filter(row => condition(key => comparable(row[key] ?? null, kindOf(key))))
    found.sort((one, other) => {
      for (const { key, down } of order) {
        const [a, b] = [
          comparable(one[key] ?? null, kindOf(key)) ?? '',
          comparable(other[key] ?? null, kindOf(key)) ?? '',
        ]
        if (a !== b) return (a < b ? -1 : 1) * (down ? -1 : 1)
      }
      return 0
    })
    const [start, limit, top] = [asked.StartRow, asked.Limit, asked.TopRowCount].map(one => Number(one ?? 0))
    if (limit === undefined || limit > mostRows) throw new KingdeeError(500, 8, `Limit 不能超过${mostRows}`)
    const end = (start ?? 0) + (limit || mostRows)
    return found
      .slice(start, top ? Math.min(end, top) : end)
      .map(row => keys.map(key => onTheWire(row[key] ?? null, kindOf(key) as Kind)))
  }
}

function checkField(kind: Kind | undefined, key: string): void {
  if (kind === undefined) throw new KingdeeError(500, 0, `元数据中标识为${key}的字段不存在`)
}

function readOrder(text: string, check: (key: string) => void): { key: string; down: boolean }[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(part => {
      const [key = '', direction = 'ASC', more] = part.split(/\s+/)
      if (more !== undefined || !/^(asc|desc)$/i.test(direction))
        throw new KingdeeError(500, 4, 'OrderString 有语法错误')
      check(key)
      return { key, down: /desc/i.test(direction) }
    })
}

function comparable(value: Value, kind: Kind | undefined): Value {
  return value !== null && (kind === 'number' || kind === 'decimal') ? Number(value) : value
}

/** Decimals are numbers with all their digits; a text that is empty is a blank, as its databases keep it. */
function onTheWire(value: Value, kind: Kind): unknown {
  if (value === null) return kind === 'text' ? ' ' : null
  // TypeScript does not know JSON.rawJSON yet.
  if (kind === 'decimal') return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value))
  return value
}
