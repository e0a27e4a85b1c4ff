import { GraphQLScalarType, Kind } from 'graphql'
import { converterFor, Unfit } from './convert.ts'
import { badInput } from './errors.ts'

/** The graph's own scalars: text on the wire, checked when they come in. */
export const scalars = {
  Decimal: scalar('Decimal', 'a decimal number as text, e.g. "1234.50"', value =>
    typeof value === 'bigint' ? String(value) : value,
  ),
  Date: scalar('Date', 'a day as YYYY-MM-DD', value =>
    value instanceof Date ? value.toISOString().slice(0, 10) : value,
  ),
  DateTime: scalar('DateTime', 'a moment in ISO 8601 with its zone, e.g. 2026-11-21T09:30:00+08:00', value =>
    value instanceof Date ? value.toISOString() : value,
  ),
}

function scalar(name: string, description: string, plain: (value: unknown) => unknown): GraphQLScalarType {
  const convert = converterFor(name, undefined)
  const read = (value: unknown): unknown => {
    const converted = convert(value)
    if (converted === null || converted instanceof Unfit) throw badInput(`${name} is ${description}`)
    return converted
  }
  return new GraphQLScalarType({
    name,
    description,
    serialize: value => {
      // Text comes from records, which were checked when they were read.
      if (typeof value === 'string') return value
      const converted = convert(plain(value))
      // Thrown plainly: what is written out was checked before, so this is a fault of the gateway.
      if (converted instanceof Unfit) throw new TypeError(`${name}: ${converted.reason}`)
      return converted
    },
    parseValue: read,
    parseLiteral: node => {
      if (node.kind === Kind.STRING || ((node.kind === Kind.INT || node.kind === Kind.FLOAT) && name === 'Decimal'))
        return read(node.value)
      throw badInput(`${name} is ${description}`)
    },
  })
}
