// A number of 16 or more digits: it may not fit a float. Looked for first, since a reviver makes parsing many times slower.
const longNumber = /[:,[]\s*-?\d[\d.]{15}/

/**
 * Parses JSON without losing digits: a number that a float cannot hold (a 64-bit id, a long decimal) becomes its text.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  return longNumber.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
}

function keepDigits(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  return typeof value === 'number' && source !== undefined && source.length > 15 && String(value) !== source
    ? source
    : value
}
