import { type Condition, follow, type Row, type Rows } from '../systems/protocols/protocol.ts'
import { badInput } from './errors.ts'

type Any = Extract<Condition, { any: string[] }>

// Each page is read from the beginning of every alternative, so that none is told twice.
const deepest = 1000

/**
 * The same conditions, with text looked for in one property each: what fulfils one of them fulfils the question.
 * Undefined where the question is that already.
 */
export function alternativesOf(where: readonly Condition[]): Condition[][] | undefined {
  const parted = where.find((one): one is Any => 'any' in one && one.any.length > 1)
  if (!parted) return undefined
  return parted.any.flatMap(name => {
    const one = where.map(other => (other === parted ? { any: [name], contains: parted.contains } : other))
    return alternativesOf(one) ?? [one]
  })
}

/**
 * One page of what fulfils any of several conditions: the records of the first, then those of the second that the first
 * does not have, and so on.
 * @param read the first records under a condition
 */
export async function mergedPage(
  alternatives: readonly Condition[][],
  { offset, limit }: { offset: number; limit: number },
  keyPath: string,
  read: (where: Condition[], limit: number) => Promise<Rows>,
): Promise<Rows> {
  const end = offset + limit
  if (end > deepest) throw badInput(`this search goes no further than ${deepest} records; look for more of the text`)
  const pages = await Promise.all(alternatives.map(where => read(where, end)))
  const merged = new Map<string, Row>()
  let whole = true
  for (const { rows, total, more } of pages) {
    for (const row of rows) {
      const key = String(follow(row, keyPath))
      if (!merged.has(key)) merged.set(key, row)
    }
    whole = more === undefined ? (total ?? rows.length) < end : !more
    // What comes after the rest of it has its place behind that.
    if (!whole) break
  }
  const rows = [...merged.values()].slice(offset, end)
  return { rows, total: whole ? merged.size : null, more: !whole || merged.size > end }
}
