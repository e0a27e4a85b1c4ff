/** An exact decimal number: digits × 10^-places. */
export interface Exact {
  digits: bigint
  places: number
}

const longest = 60
const written = /^([+-]?)(\d{1,60})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,2}))?$/

/** A decimal number in plain writing; undefined when the text is none. */
export function parseExact(text: string): Exact | undefined {
  const parts = written.exec(text)
  if (!parts) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  const digits = BigInt(sign === '-' ? `-${whole}${fraction}` : whole + fraction)
  const places = fraction.length - Number(exponent)
  if (places > longest * 2 || places < -longest) return undefined
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 }
}

/** Plain writing: no exponent, no separators. */
export function writeExact({ digits, places }: Exact): string {
  if (places === 0) return String(digits)
  const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0')
  return `${digits < 0n ? '-' : ''}${text.slice(0, -places)}.${text.slice(-places)}`
}

/** A ratio of two whole numbers, both above 0. */
export interface Ratio {
  over: bigint
  under: bigint
}

export function ratioOf(text: string): Ratio {
  const { digits, places } = parseExact(text) ?? { digits: 1n, places: 0 }
  return lowest({ over: digits, under: 10n ** BigInt(places) })
}

export function divideRatios(a: Ratio, b: Ratio): Ratio {
  return lowest({ over: a.over * b.under, under: a.under * b.over })
}

export function inverse({ over, under }: Ratio): Ratio {
  return { over: under, under: over }
}

/** Whether every decimal number times the ratio is a decimal number again. */
export function isDecimal({ under }: Ratio): boolean {
  let left = under
  while (left % 2n === 0n) left /= 2n
  while (left % 5n === 0n) left /= 5n
  return left === 1n
}

/** The exact product; undefined when it has no end. Places that say nothing are not added. */
export function multiply(value: Exact, ratio: Ratio): Exact | undefined {
  if (!isDecimal(ratio)) return undefined
  // The least power of ten that the denominator divides.
  let added = 0
  while (10n ** BigInt(added) % ratio.under !== 0n) added += 1
  let digits = (value.digits * ratio.over * 10n ** BigInt(added)) / ratio.under
  let places = value.places + added
  // 1.2345 × 10000 is 12345, not 12345.0000: trailing zeros beyond those the value had are the ratio's.
  while (places > 0 && digits % 10n === 0n && places > usefulPlaces(value, ratio)) {
    digits /= 10n
    places -= 1
  }
  return { digits, places }
}

// A price told in hundredths has two places, even where they are zeros: 123450 fen are 1234.50 yuan.
function usefulPlaces({ places }: Exact, { over, under }: Ratio): number {
  const shift = String(under).length - String(over).length
  const powerOfTen = /^10*$/.test(String(over)) && /^10*$/.test(String(under))
  return powerOfTen ? Math.max(0, places + shift) : 0
}

/** The product rounded to so many places, half away from zero. */
export function multiplyRounded(value: Exact, { over, under }: Ratio, places: number): Exact {
  return {
    digits: divideHalfUp(value.digits * over * 10n ** BigInt(places), under * 10n ** BigInt(value.places)),
    places,
  }
}

export function round(value: Exact, places: number): Exact {
  return value.places <= places ? value : multiplyRounded(value, { over: 1n, under: 1n }, places)
}

/** The product cut after 18 places, downwards or upwards: a bound for a comparison where the exact one has no end. */
export function multiplyBound(value: Exact, { over, under }: Ratio, up: boolean): Exact {
  const numerator = value.digits * over * 10n ** 18n
  const denominator = under * 10n ** BigInt(value.places)
  const quotient = numerator / denominator
  const rest = numerator % denominator
  const floor = rest < 0n ? quotient - 1n : quotient
  return { digits: up && rest !== 0n ? floor + 1n : floor, places: 18 }
}

function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator
  const rounded = (size * 2n + denominator) / (denominator * 2n)
  return numerator < 0n ? -rounded : rounded
}

function lowest({ over, under }: Ratio): Ratio {
  let [a, b] = [over, under]
  while (b !== 0n) [a, b] = [b, a % b]
  return { over: over / a, under: under / a }
}
