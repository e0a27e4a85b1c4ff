import { InputFault } from './protocol.ts'

type Json = Record<string, unknown>

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  explode?: boolean
  style?: string
  schema?: Json
}

/** Parameters of a path and of one of its operations, which go before; their schemas are resolved. */
export function mergeParameters(item: Json, operation: Json, resolve: (value: unknown) => Json): Parameter[] {
  const read = (owner: Json): Parameter[] =>
    ((owner.parameters as unknown[]) ?? []).map(one => {
      const parameter = resolve(one) as unknown as Parameter
      return { ...parameter, ...(parameter.schema && { schema: resolve(parameter.schema) }) }
    })
  const own = read(operation)
  return [...read(item).filter(one => !own.some(other => other.name === one.name && other.in === one.in)), ...own]
}

const separators: Record<string, string> = { spaceDelimited: '%20', pipeDelimited: '%7C', tabDelimited: '%09' }

/** `name=value` once or several times, or with the separator of the parameter's style. @throws InputFault */
export function queryPairs(parameter: Parameter, value: unknown): string[] {
  if (value === null) return []
  const key = encodeURIComponent(parameter.name)
  const style = parameter.style ?? 'form'
  if (!Array.isArray(value)) {
    if (typeof value !== 'object') return [`${key}=${encodeURIComponent(String(value))}`]
    if (style !== 'deepObject') throw new InputFault(`${parameter.name} takes one value or a list`)
    return Object.entries(value).map(
      ([name, one]) => `${key}%5B${encodeURIComponent(name)}%5D=${encodeURIComponent(String(one))}`,
    )
  }
  if (value.length === 0) throw new InputFault(`${parameter.name}: an empty list would read as no condition at all`)
  const items = value.map(item => encodeURIComponent(String(item)))
  const separator = separators[style]
  if (separator !== undefined && parameter.explode !== true) return [`${key}=${items.join(separator)}`]
  // Explode is the default for arrays only; a string parameter that takes several values takes them with commas.
  const exploded = isList(parameter.schema) && parameter.explode !== false
  return exploded ? items.map(item => `${key}=${item}`) : [`${key}=${items.join(',')}`]
}

/** A value in a header of its own. @throws InputFault when it would begin another */
export function headerValue(parameter: Parameter, value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value)
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) throw new InputFault(`${parameter.name} cannot hold such a value`)
  return text
}

/** A body as forms send it. */
export function formBody(fields: Json): string {
  return Object.entries(fields)
    .flatMap(([name, value]) =>
      value === null ? [] : [value].flat().map(one => [name, String(one)] as [string, string]),
    )
    .map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)
    .join('&')
}

// From 3.1 on a type may be a list of types.
function isList(schema: Json | undefined): boolean {
  return [schema?.type].flat().includes('array')
}
