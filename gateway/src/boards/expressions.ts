import { ExpressionFault, evaluate, prepareExpression } from '../systems/expressions/evaluate.ts'
import { UpstreamError } from '../systems/types.ts'
import type { CompanyCalendar } from './company-calendar.ts'

// Where expressions run there is nothing of the gateway, so what figures may use beside JSONata's own is told in its words.
const functions: Record<string, string> = {
  // The sum of no rows is null in OData and SQL; what is absent stays absent and is found out as a bad answer.
  zero: 'function($v) { $v = null ? 0 : $v }',
  shift: `function($m, $by) { (
    $n := $number($substring($m, 0, 4)) * 12 + $number($substring($m, 5, 2)) - 1 + $by;
    $y := $floor($n / 12);
    $pad($string($y), -4, '0') & '-' & $pad($string($n - $y * 12 + 1), -2, '0')
  ) }`,
  months: 'function($count) { [$map([1..$count], function($i) { $shift($month, $i - $count) })] }',
  date: 'function($name) { $lookup($dates, $name) }',
}
const uses = /\$(zero|shift|months|date)\b/
const dates = /\$date\(\s*(?:'([^']*)'|"([^"]*)"|([^)]*))/g
const largest = 4_000_000

const prepared = new Map<string, { text: string; dates: string[] }>()

/** What is wrong with an expression of a figure; null when nothing is. */
export function faultOf(source: string): string | null {
  for (const [, single, double, other] of source.matchAll(dates))
    if (single === undefined && double === undefined) return `$date takes a name as it is written, not ${other}`
  try {
    prepareExpression(prepare(source).text)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Computes an expression of a figure over an answer; one that does not end is stopped.
 * @throws UpstreamError saying that the answer is not what the definition expects
 */
export async function compute(
  kpi: { id: string; system: string },
  source: string,
  input: unknown,
  calendar: CompanyCalendar,
): Promise<unknown> {
  const { text, dates: names } = prepare(source)
  const bindings =
    text === source
      ? {}
      : {
          month: calendar.resolve('month'),
          dates: Object.fromEntries(names.flatMap(name => [[name, calendar.resolve(name)]])),
        }
  try {
    return await evaluate(text, input, bindings, { largest })
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error
    throw new UpstreamError(
      'UPSTREAM_BAD_ANSWER',
      kpi.system,
      `"${kpi.id}" ${error.message}: ${source.slice(0, 200)}`,
      {
        retryable: false,
        cause: error,
      },
    )
  }
}

function prepare(source: string): { text: string; dates: string[] } {
  let one = prepared.get(source)
  if (!one) {
    const told = Object.entries(functions).map(([name, body]) => `$${name} := ${body};`)
    const names = [...source.matchAll(dates)].flatMap(([, single, double]) => single ?? double ?? [])
    one = { text: uses.test(source) ? `(${told.join(' ')} (${source}\n))` : source, dates: names }
    prepared.set(source, one)
  }
  return one
}
