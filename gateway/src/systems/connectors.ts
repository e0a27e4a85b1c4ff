import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { ConfigFileError } from '../config.ts'
import { settleDirectory } from './protocols/files/configuration.ts'

const shipped = fileURLToPath(new URL('../../connectors/', import.meta.url))
const words = z.object({ zh: z.string().min(1), en: z.string().min(1) })

/** connector.yaml of a vendor's folder. */
const connectorFile = z.strictObject({
  name: words,
  settings: z.record(
    z.string().regex(/^[a-z][A-Za-z0-9]*$/),
    z.strictObject({
      label: words,
      kind: z.enum(['text', 'integer']).default('text'),
      secret: z.boolean().default(false),
      optional: z.boolean().default(false),
      default: z.union([z.string(), z.number()]).optional(),
    }),
  ),
  /** what the company's own entry of systems.yaml is laid over */
  system: z.record(z.string(), z.unknown()),
})

export type ConnectorFile = z.infer<typeof connectorFile>
type Settings = Record<string, string | number>
type Tree = Record<string, unknown>

const named = /^[a-z][a-z0-9-]*$/

/** The folders in which connectors are looked for: the company's own before those that come with the gateway. */
function connectorFolders(configDir: string): string[] {
  return [join(configDir, 'connectors'), shipped]
}

/** A file of a connector's folder; undefined when no such folder holds it. */
export async function readConnectorText(configDir: string, id: string, file: string): Promise<string | undefined> {
  if (!named.test(id)) return undefined
  for (const folder of connectorFolders(configDir)) {
    const text = await readFile(join(folder, id, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text !== undefined) return text
  }
  return undefined
}

/** @throws ConfigFileError naming what is wrong with a folder */
export async function readConnector(configDir: string, id: string): Promise<ConnectorFile> {
  const text = await readConnectorText(configDir, id, 'connector.yaml')
  if (text === undefined)
    throw new ConfigFileError(`there is no connector "${id}" in ${connectorFolders(configDir).join(' or ')}`)
  const result = connectorFile.safeParse(parse(text))
  if (!result.success)
    throw new ConfigFileError(
      `connector ${id}: ${result.error.issues.map(one => `${one.path.join('.')}: ${one.message}`)}`,
    )
  return result.data
}

/**
 * Completes each system of systems.yaml that names a connector with what the connector's folder says, its `${settings}`
 * filled in. What the company writes itself wins, member by member. Folders become absolute.
 * @throws ConfigFileError
 */
export async function expandConnectors(configDir: string, document: unknown): Promise<unknown> {
  if (!isTree(document) || !isTree(document.systems)) return document
  const systems: Tree = {}
  for (const [id, entry] of Object.entries(document.systems))
    systems[id] = settleDirectory(
      configDir,
      isTree(entry) && entry.connector !== undefined ? await expand(configDir, id, entry) : entry,
    )
  return { ...document, systems }
}

async function expand(configDir: string, id: string, entry: Tree): Promise<Tree> {
  const connector = await readConnector(configDir, String(entry.connector))
  const settings = settle(id, connector, isTree(entry.settings) ? entry.settings : {})
  const values: Record<string, string | number | undefined> = { ...settings }
  if (typeof entry.url === 'string') values.url = entry.url.replace(/\/+$/, '')
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replace(/\$\{([a-z]\w*)\}/g, (_, name: string) => String(values[name] ?? ''))
    if (Array.isArray(value)) return value.map(fill)
    return isTree(value) ? mapMembers(value, fill) : value
  }
  const base = fill(connector.system) as Tree
  const provides = entry.provides
  if (Array.isArray(provides) && isTree(base.entities)) {
    const offered = base.entities
    const unknown = provides.filter(one => !Object.hasOwn(offered, String(one)))
    if (unknown.length > 0)
      throw new ConfigFileError(
        `systems.yaml: ${id} provides ${unknown.join(', ')}, which its connector does not; it has ${Object.keys(offered).join(', ')}`,
      )
    base.entities = Object.fromEntries(Object.entries(offered).filter(([type]) => provides.includes(type)))
  }
  return { ...(merge({ name: connector.name, ...base }, entry) as Tree), settings }
}

function settle(id: string, connector: ConnectorFile, given: Tree): Settings {
  const faults: string[] = []
  const settings: Settings = {}
  for (const name of Object.keys(given))
    if (!Object.hasOwn(connector.settings, name)) faults.push(`settings.${name} is not known to its connector`)
  for (const [name, setting] of Object.entries(connector.settings)) {
    const value = given[name] === '' ? undefined : given[name]
    const chosen = value ?? setting.default
    if (chosen === undefined || chosen === null) {
      if (!setting.optional) faults.push(`settings.${name} is missing (${setting.label.zh} / ${setting.label.en})`)
    } else if (setting.kind === 'integer') {
      if (/^\d{1,10}$/.test(String(chosen))) settings[name] = Number(chosen)
      else faults.push(`settings.${name} must be a whole number`)
    } else settings[name] = String(chosen)
  }
  if (faults.length > 0) throw new ConfigFileError(`systems.yaml: ${id}: ${faults.join('; ')}`)
  return settings
}

function merge(base: unknown, over: unknown): unknown {
  if (!isTree(base) || !isTree(over)) return over === undefined ? base : over
  // Another kind of thing has members of its own; what is left of the first would not fit it.
  if (over.kind !== undefined && base.kind !== undefined && over.kind !== base.kind) return over
  const merged: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = merge(base[key], value)
  return merged
}

function mapMembers(tree: Tree, change: (value: unknown) => unknown): Tree {
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, change(value)]))
}

function isTree(value: unknown): value is Tree {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
