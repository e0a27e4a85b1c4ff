import {
  type Exact,
  inverse,
  isDecimal,
  multiply,
  multiplyBound,
  multiplyRounded,
  parseExact,
  type Ratio,
  ratioOf,
  round,
  writeExact,
} from '../../systems/mapping/decimals.ts'
import type { NumberStyle, ToldMapping } from '../../systems/mapping/definition.ts'
import { unitRatio } from '../../systems/mapping/units.ts'
import { follow, MappingFault, type Scalar } from '../../systems/protocols/protocol.ts'
import { Unfit } from '../convert.ts'
import type { Operator, Values } from './field-mapping.ts'

/** What is said of a number, with the currency's codes at hand. */
interface ToldNumber {
  number: NumberStyle | undefined
  unit: ToldMapping['unit']
  scale: string | undefined
  money:
    | {
        currency?: string | { path: string; codes?: Record<string, string> | undefined } | undefined
        symbols: string[]
      }
    | undefined
  wire: 'text' | 'number' | undefined
}

const one: Ratio = { over: 1n, under: 1n }

/**
 * Numbers of a system, reckoned in whole digits: a float never holds them.
 * @throws MappingFault
 */
export function numberValues(type: string, told: ToldNumber): Values {
  if (type !== 'Decimal' && type !== 'Int' && type !== 'Float')
    throw new MappingFault(`${type} is no number; the mapping says how numbers are written`)
  const { number, unit, scale, money } = told
  const ratio = unit ? unitRatio(unit.from, unit.to) : scale === undefined ? one : ratioOf(scale)
  const places = unit?.places ?? number?.places
  if (!isDecimal(ratio) && places === undefined)
    throw new MappingFault(`${unit?.from} in ${unit?.to} has no end: say with "places" where it is rounded`)
  const parse = parserOf(number, money?.symbols ?? [])
  const currency = money?.currency

  return {
    needs: typeof currency === 'object' ? [currency.path] : [],
    read(value, record) {
      if (typeof currency === 'object') {
        const code = follow(record, currency.path)
        if (code === null || code === undefined || code === '') return new Unfit('an amount without a currency')
        if (currency.codes && currency.codes[String(code)] === undefined) return new Unfit('an unknown currency')
      }
      const exact = parse(value)
      if (!exact) return new Unfit('no decimal number')
      const result =
        places === undefined ? multiply(exact, ratio) : round(multiplyRounded(exact, ratio, places), places)
      if (!result) return new Unfit('no decimal number')
      return type === 'Int' ? wholeText(result) : writeExact(result)
    },
    // What was rounded cannot be asked for exactly; as it was before this mapping, the system's numbers are asked for.
    ...(places === undefined && {
      write(op: Operator, values: readonly Scalar[]) {
        const native = values.flatMap(value => writeNumber(op, value, inverse(ratio), number, told.wire))
        return op === 'contains' ? undefined : [{ op, values: native }]
      },
    }),
  }
}

function writeNumber(
  op: Operator,
  value: Scalar,
  ratio: Ratio,
  style: NumberStyle | undefined,
  wire: 'text' | 'number' | undefined,
): Scalar[] {
  const exact = parseExact(String(value))
  if (!exact) return []
  const ordered = op !== 'in' && op !== 'eq'
  const product =
    multiply(exact, ratio) ?? (ordered ? multiplyBound(exact, ratio, op === 'ge' || op === 'lt') : undefined)
  if (!product) return []
  const plain = writeExact(withoutZeros(product))
  if (wire === 'number') return String(Number(plain)) === plain ? [Number(plain)] : []
  const text = plain.replace('.', style?.decimal ?? '.')
  if (!text.startsWith('-') || !style || style.negative === '-1') return [text]
  return [style.negative === '1-' ? `${text.slice(1)}-` : `(${text.slice(1)})`]
}

function withoutZeros({ digits, places }: Exact): Exact {
  let [left, at] = [digits, places]
  while (at > 0 && left % 10n === 0n) {
    left /= 10n
    at -= 1
  }
  return { digits: left, places: at }
}

// An Int of 12.00 is 12; one of 12.5 stays what it is and does not fit.
function wholeText(value: Exact): string {
  return writeExact(withoutZeros(value))
}

/** Reads what a system writes for a number, in its declared style only. */
function parserOf(style: NumberStyle | undefined, symbols: readonly string[]): (value: unknown) => Exact | undefined {
  const longestFirst = [...symbols].sort((a, b) => b.length - a.length)
  const { group, groupSize = 3, decimal = '.', negative = '-1' } = style ?? {}
  const sign = group && (group === ' ' ? '[ \\u00a0\\u202f]' : `\\${group}`)
  const whole = sign ? `(?:\\d{1,${groupSize}}(?:${sign}\\d{${groupSize}})+|\\d+)` : '\\d+'
  const shape = new RegExp(`^${whole}(?:\\${decimal}\\d+)?$`)
  const groups = sign && new RegExp(sign, 'g')
  return value => {
    // JSON's numbers have JSON's style, whatever the system writes into its texts.
    if (typeof value === 'number') return Number.isFinite(value) ? parseExact(String(value)) : undefined
    if (typeof value !== 'string' || value.length > 100) return undefined
    let text = value.trim()
    const before = longestFirst.find(symbol => text.startsWith(symbol))
    if (before) text = text.slice(before.length).trim()
    const after = longestFirst.find(symbol => text.endsWith(symbol))
    if (after) text = text.slice(0, -after.length).trim()
    if (!style && !before && !after) return parseExact(text)
    const minus =
      negative === '-1' ? text.startsWith('-') : negative === '1-' ? text.endsWith('-') : /^\(.*\)$/.test(text)
    if (minus) text = negative === '-1' ? text.slice(1) : negative === '1-' ? text.slice(0, -1) : text.slice(1, -1)
    if (!shape.test(text)) return undefined
    const plain = (groups ? text.replace(groups, '') : text).replace(decimal, '.')
    return parseExact(minus ? `-${plain}` : plain)
  }
}
