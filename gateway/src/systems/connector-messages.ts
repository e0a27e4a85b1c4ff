import { parse } from 'yaml'
import { ConfigFileError } from '../config.ts'
import type { SystemDefinition } from './configuration.ts'
import { readConnectorText } from './connectors.ts'

type Tree = Record<string, unknown>

/**
 * Completes messages.yaml with what the connectors' folders say of inboxes (`messages.yaml` there, `\${system}` and `\${url}`
 * filled in). What the company writes itself wins, member by member. A folder whose `for` names a type that the system
 * does not provide says nothing.
 * @throws ConfigFileError
 */
export async function withConnectorMessages(
  configDir: string,
  systems: Readonly<Record<string, SystemDefinition>>,
  document: unknown,
): Promise<unknown> {
  let whole = document
  for (const [system, { connector, url, entities }] of Object.entries(systems)) {
    const text = connector === undefined ? undefined : await readConnectorText(configDir, connector, 'messages.yaml')
    if (text === undefined) continue
    const values: Record<string, string> = { system, url: url.replace(/\/+$/, '') }
    const filled = fill(parse(text), values)
    if (!isTree(filled) || typeof filled.for !== 'string')
      throw new ConfigFileError(`connector ${connector}: messages.yaml must say with "for" which type it is about`)
    const { for: type, ...rules } = filled
    if (Object.hasOwn(entities, String(type))) whole = merge(rules, whole)
  }
  return whole
}

function fill(value: unknown, values: Readonly<Record<string, string>>): unknown {
  const text = (one: string): string => one.replace(/\$\{([a-z]\w*)\}/g, (whole, name: string) => values[name] ?? whole)
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map(one => fill(one, values))
  if (!isTree(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [text(key), fill(one, values)]))
}

function merge(base: unknown, over: unknown): unknown {
  if (!isTree(base) || !isTree(over)) return over === undefined ? base : over
  const merged: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = merge(base[key], value)
  return merged
}

function isTree(value: unknown): value is Tree {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
