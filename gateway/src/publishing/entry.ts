import { isAbsolute, relative, resolve } from 'node:path'
import { ConfigFileError } from '../config.ts'
import { parseSystem, type SystemDefinition } from '../systems/configuration.ts'
import { expandConnectors } from '../systems/connectors.ts'
import { isLinkLocal } from '../systems/resilience/link-local.ts'
import type { Place, ReadYaml } from './yaml/read-yaml.ts'

/** What is wrong with a text, and where. */
export interface Fault {
  level: 'ERROR' | 'WARNING'
  message: string
  path: string | null
  line: number | null
  column: number | null
}

/** What the text of one system may make use of. */
export interface Means {
  configDir: string
  /** environment variables that systems.yaml already uses for this system, with their values */
  variables: ReadonlyMap<string, string>
  /** secrets kept for this system, by name */
  secrets: ReadonlyMap<string, string>
}

/** The text of one system, checked. */
export interface Entry {
  /** undefined when the text has errors */
  definition: SystemDefinition | undefined
  faults: Fault[]
  /** names of the secrets that it makes use of */
  secrets: string[]
  /** where a path stands, or the nearest above it */
  at(path: readonly (string | number)[]): Pick<Fault, 'path' | 'line' | 'column'>
}

export const longestYaml = 200_000
const secretName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const placeholder = /\$\{([^}]*)\}/g
/** Parts that are shown to people, or that lead where a value could be read again. */
const noSecretsIn = new Set(['name', 'description', 'url', 'entities', 'dictionary', 'provides', 'owners', 'codes'])

/** Checks the text of one system, as systems.yaml would be checked, and what a published text may do beyond that. */
export async function checkEntry(id: string, read: ReadYaml, means: Means): Promise<Entry> {
  const places = new Map(read.places)
  const at = placeFinder(places)
  const faults: Fault[] = read.faults.map(({ message, line, column }) => ({
    level: 'ERROR',
    message,
    path: null,
    line,
    column,
  }))
  const secrets = new Set<string>()
  const note = (path: readonly (string | number)[], message: string, level: Fault['level'] = 'ERROR'): void => {
    faults.push({ level, message, ...at(path) })
  }
  const failed = (): Entry => ({ definition: undefined, faults, secrets: [...secrets], at })
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(id)) note([], 'the id must be lower-case letters, digits and hyphens')
  if (faults.length > 0) return failed()
  if (read.value === null || typeof read.value !== 'object' || Array.isArray(read.value)) {
    note([], 'must be the entry of one system: name, url, protocol, authentication, entities …')
    return failed()
  }
  const filled = fill(read.value, [], { means, note, secrets })
  if (faults.length > 0) return failed()
  let completed: unknown
  try {
    const document = await expandConnectors(means.configDir, { systems: { [id]: filled } })
    completed = (document as { systems: Record<string, unknown> }).systems[id]
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error
    note(['settings'], error.message.replace(/^systems\.yaml: /, ''))
    return failed()
  }
  const result = parseSystem(completed)
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.map(part => (typeof part === 'symbol' ? String(part) : part))
    note(path, issue.message)
  }
  if (!result.success) return failed()
  checkReach(result.data, means.configDir, note)
  return { definition: faults.length > 0 ? undefined : result.data, faults, secrets: [...secrets], at }
}

type Note = (path: readonly (string | number)[], message: string) => void
type Filling = { means: Means; note: Note; secrets: Set<string> }

// Placeholders are filled in the parsed values: what they hold can then never change the structure.
function fill(value: unknown, path: readonly (string | number)[], filling: Filling): unknown {
  if (typeof value === 'string')
    return value.replace(placeholder, (whole, inner: string) => fillOne(whole, inner, path, filling))
  if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index], filling))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key], filling)] as const),
    )
  return value
}

function fillOne(
  whole: string,
  inner: string,
  path: readonly (string | number)[],
  { means, note, secrets }: Filling,
): string {
  const secret = /^secret:(.*)$/.exec(inner)?.[1]
  if (secret !== undefined) {
    secrets.add(secret)
    const value = means.secrets.get(secret)
    if (!secretName.test(secret)) note(path, `"${secret}" is no name of a secret: letters, digits and _`)
    else if (noSecretsIn.has(String(path[0]))) note(path, `a secret may not stand in ${path[0]}, which is shown`)
    else if (value === undefined) note(path, `the secret ${secret} is not set`)
    return value ?? ''
  }
  const [, name = '', fallback] = /^([A-Z][A-Z0-9_]*)(?::-(.*))?$/.exec(inner) ?? []
  // What an expression or a connector means by it is not an environment variable.
  if (name === '') return whole
  const value = means.variables.get(name)
  if (value === undefined && fallback === undefined)
    note(
      path,
      means.variables.size > 0
        ? `the environment variable ${name} may not be read here; systems.yaml uses ${[...means.variables.keys()].join(', ')} for this system`
        : `the environment variable ${name} may not be read here; keep it as a secret and write \${secret:NAME}`,
    )
  return value || fallback || ''
}

/** Refuses what would reach into the gateway's own machine: metadata services, files outside the configuration, sockets. */
function checkReach(definition: SystemDefinition, configDir: string, note: Note): void {
  eachText(definition, [], (text, path) => {
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return
    const url = URL.parse(text)
    if (url && isLinkLocal(url.hostname))
      note(path, 'link-local addresses and metadata services (169.254.0.0/16, fe80::/10 …) may not be named')
    if (url?.searchParams.has('socket') && path[0] === 'endpoint')
      note(path, 'a socket of this machine can only be named in systems.yaml')
  })
  const inside = (path: string): boolean => {
    const way = relative(configDir, resolve(configDir, path))
    return way !== '' && !way.startsWith('..') && !isAbsolute(way)
  }
  if (definition.files && !inside(definition.files.directory))
    note(['files', 'directory'], 'a folder outside CONFIG_DIR can only be named in systems.yaml')
  const { dictionary } = definition
  if (dictionary !== undefined && !dictionary.includes('\n') && !inside(dictionary))
    note(['dictionary'], 'must be a file in CONFIG_DIR, or the SDL itself in several lines')
}

function eachText(
  value: unknown,
  path: readonly (string | number)[],
  tell: (text: string, path: readonly (string | number)[]) => void,
): void {
  if (typeof value === 'string') tell(value, path)
  else if (Array.isArray(value)) value.forEach((item, index) => void eachText(item, [...path, index], tell))
  else if (value !== null && typeof value === 'object')
    for (const [key, item] of Object.entries(value)) eachText(item, [...path, key], tell)
}

function placeFinder(places: ReadonlyMap<string, Place>): Entry['at'] {
  return path => {
    for (let length = path.length; length > 0; length -= 1) {
      const place = places.get(JSON.stringify(path.slice(0, length)))
      if (place) return { path: path.join('.'), ...place }
    }
    return { path: path.length > 0 ? path.join('.') : null, line: null, column: null }
  }
}
