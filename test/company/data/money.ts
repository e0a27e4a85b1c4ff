import type { Fen } from './types.ts'

/** Prints fen as a decimal in yuan: `yuan(123450)` is `"1234.50"`. */
export function yuan(fen: Fen): string {
  const digits = String(Math.abs(fen)).padStart(3, '0')
  return `${fen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** Reads a decimal in yuan exactly: `fen("1234.5")` is `123450`. Throws RangeError on anything else. */
export function fen(text: string): Fen {
  const match = /^(-?)(\d{1,13})(?:\.(\d{1,2}))?$/.exec(text)
  if (!match) throw new RangeError(`not an amount of money: "${text}"`)
  const value = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'))
  return match[1] ? -value : value
}
