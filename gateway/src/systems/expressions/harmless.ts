import { parseExpression } from './parse.ts'

// Functions whose work grows with their arguments only. What makes large values of small ones ($pad, $replace, $join), takes
// expressions ($map, $eval) or matches patterns is not among them; $toMillis may look at a text's characters twice each.
const plainFunctions = new Set([
  'string',
  'number',
  'boolean',
  'not',
  'exists',
  'abs',
  'floor',
  'ceil',
  'round',
  'trim',
  'uppercase',
  'lowercase',
  'length',
  'base64encode',
  'toMillis',
])
const leaves = new Set(['string', 'number', 'value', 'name', 'variable'])
const operators = new Set(['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '&', 'and', 'or'])
const mostParts = 60

const known = new Map<string, boolean>()

interface Node {
  type?: string
  value?: unknown
  [part: string]: unknown
}

/**
 * Whether an expression cannot but come to an end soon: paths, literals, operators, conditions and plain functions. It has
 * no functions of its own, hence no recursion; no ranges, no patterns, nothing that walks a record by itself.
 */
export function isHarmless(text: string): boolean {
  let answer = known.get(text)
  if (answer === undefined) {
    const left = { parts: mostParts }
    answer = harmless(parseExpression(text).ast() as unknown as Node, left)
    known.set(text, answer)
  }
  return answer
}

/** Whether an expression only follows names: it takes as long as what it reads is, and makes nothing. */
export function isPath(text: string): boolean {
  return isHarmless(text) && (parseExpression(text).ast() as unknown as Node).type === 'path'
}

function harmless(node: unknown, left: { parts: number }): boolean {
  left.parts -= 1
  if (left.parts < 0 || node === null || typeof node !== 'object') return false
  const { type, value, predicate, group, stages, ...parts } = node as Node
  if (predicate !== undefined || group !== undefined || stages !== undefined) return false
  const all = (list: unknown): boolean => Array.isArray(list) && list.every(one => harmless(one, left))
  if (leaves.has(String(type)))
    return parts.focus === undefined && parts.index === undefined && parts.ancestor === undefined
  switch (type) {
    case 'path':
      return Array.isArray(parts.steps) && parts.steps.every(step => (step as Node).type === 'name') && all(parts.steps)
    case 'binary':
      return operators.has(String(value)) && harmless(parts.lhs, left) && harmless(parts.rhs, left)
    case 'unary':
      return value === '-' && harmless(parts.expression, left)
    case 'condition':
      return (
        harmless(parts.condition, left) &&
        harmless(parts.then, left) &&
        (parts.else === undefined || harmless(parts.else, left))
      )
    case 'block':
      return Array.isArray(parts.expressions) && parts.expressions.length === 1 && all(parts.expressions)
    case 'function': {
      const { type: kind, value: name } = parts.procedure as Node
      const given = parts.arguments
      const one = Array.isArray(given) && given.length === 1
      return kind === 'variable' && plainFunctions.has(String(name)) && one && all(given)
    }
    default:
      return false
  }
}

const mostValues = 200
const longestText = 1000

/** Whether what an expression reads of a record is little. */
export function isSmall(value: unknown, left: { values: number } = { values: mostValues }): boolean {
  left.values -= 1
  if (left.values < 0) return false
  if (typeof value === 'string') return value.length <= longestText
  if (value === null || typeof value !== 'object') return true
  for (const one of Array.isArray(value) ? value : Object.values(value)) if (!isSmall(one, left)) return false
  return true
}
