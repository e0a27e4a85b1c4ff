import { expect } from 'vitest'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by path
type Body = any

/** What the payloads of an answer in parts come to (incremental delivery of 2022-08-24), as a whole answer would look. */
export function mergedPayloads(text: string): Body {
  const parts = text.split('\r\n---')
  expect([parts[0], parts.at(-1)]).toEqual(['', '--\r\n'])
  const payloads: Body[] = parts.slice(1, -1).map(part => JSON.parse(part.slice(part.indexOf('\r\n\r\n') + 4)))
  expect(payloads.map(one => one.hasNext)).toEqual(payloads.map((_, index) => index < payloads.length - 1))
  const { hasNext: _, ...body } = payloads[0]
  for (const { data, path, errors, extensions } of payloads.flatMap(one => one.incremental ?? [])) {
    if (errors) body.errors = [...(body.errors ?? []), ...errors]
    if (extensions) body.extensions = extensions
    const place = path.reduce((at: Body, key: string | number) => at[key], body.data)
    lay(place, data ?? {})
  }
  return body
}

function lay(told: Body, part: Body): void {
  for (const [key, value] of Object.entries(part)) {
    if (told[key] !== null && typeof told[key] === 'object') lay(told[key], value)
    else told[key] = value
  }
}
