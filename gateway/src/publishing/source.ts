import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { readSystemsFile, type SystemDefinition, type SystemsFile } from '../systems/configuration.ts'
import { checkEntry, type Entry, type Fault, longestYaml } from './entry.ts'
import { Refused } from './faults.ts'
import { latestRevision, type Overlay, overlayAt } from './revisions.ts'
import { readSecrets, type Secrets, secretsVersion } from './secrets.ts'
import type { PublishingTables } from './tables.ts'
import { YamlReader, type YamlSlice } from './yaml/read-yaml.ts'

/** What was published, as it stands in the database. */
export interface Published {
  revision: number
  overlay: Overlay
  secrets: Secrets
  secretsVersion: string
}

type Env = Record<string, string | undefined>

/** Where the systems come from: systems.yaml, and over it what was published, with the secrets that its texts name. */
export class SystemsSource {
  readonly configDir: string
  readonly file: SystemsFile
  #db: Kysely<PublishingTables>
  #key: Buffer
  #env: Env
  #reader = new YamlReader()
  #slices: Promise<Record<string, YamlSlice>> | undefined
  /** texts that were checked already: 60 of them are not read again because one is new */
  #checked = new Map<string, { yaml: string; used: string; entry: Entry }>()

  private constructor(configDir: string, file: SystemsFile, db: Kysely<PublishingTables>, key: Buffer, env: Env) {
    this.configDir = configDir
    this.file = file
    this.#db = db
    this.#key = key
    this.#env = env
  }

  /** @throws ConfigFileError naming what is wrong with systems.yaml */
  static async open(
    configDir: string,
    db: Kysely<PublishingTables>,
    key: Buffer,
    env: Env = process.env,
  ): Promise<SystemsSource> {
    return new SystemsSource(configDir, await readSystemsFile(configDir, env), db, key, env)
  }

  /** @param revision the latest unless told */
  async published(revision?: number): Promise<Published> {
    const version = await secretsVersion(this.#db)
    const number = revision ?? (await latestRevision(this.#db))
    return {
      revision: number,
      overlay: await overlayAt(this.#db, number),
      // What cannot be opened is missing, and whoever names it is told so.
      secrets: await readSecrets(this.#db, this.#key, () => {}),
      secretsVersion: version,
    }
  }

  /** The systems of systems.yaml as they are written there. */
  async texts(): Promise<Record<string, YamlSlice>> {
    this.#slices ??= readFile(join(this.configDir, 'systems.yaml'), 'utf8')
      .then(text => this.#reader.systems(text))
      .catch(error => {
        this.#slices = undefined
        throw error
      })
    const slices = await this.#slices
    return Object.fromEntries(Object.entries(slices).filter(([id]) => Object.hasOwn(this.file.systems, id)))
  }

  /** Environment variables that systems.yaml uses for a system: no others may be read by what is published for it. */
  async variables(id: string): Promise<Map<string, string>> {
    const names = JSON.stringify((await this.texts())[id]?.value ?? '').matchAll(/\$\{([A-Z][A-Z0-9_]*)(?::-[^}]*)?\}/g)
    return new Map([...names].map(([, name = '']) => [name, this.#env[name] ?? '']))
  }

  /** Checks the text of one system. */
  async check(id: string, yaml: string, secrets: Secrets): Promise<Entry> {
    const own = secrets.get(id) ?? new Map<string, string>()
    const used = JSON.stringify([...own].sort())
    const before = this.#checked.get(id)
    if (before?.yaml === yaml && before.used === used) return before.entry
    const at = () => ({ path: null, line: null, column: null })
    if (yaml.length > longestYaml) {
      const message = `is longer than ${longestYaml} characters`
      return { definition: undefined, faults: [{ level: 'ERROR', message, ...at() }], secrets: [], at }
    }
    const entry = await checkEntry(id, await this.#reader.read(yaml), {
      configDir: this.configDir,
      variables: await this.variables(id),
      secrets: own,
    })
    if (entry.definition) this.#checked.set(id, { yaml, used, entry })
    return entry
  }

  /** All systems as they are with what was published. @throws Refused naming the faults of every text */
  async resolve({ overlay, secrets }: Pick<Published, 'overlay' | 'secrets'>): Promise<SystemsFile> {
    const systems: Record<string, SystemDefinition> = { ...this.file.systems }
    const faults: Fault[] = []
    for (const [id, published] of [...overlay].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (published.state === 'removed') {
        delete systems[id]
        continue
      }
      const entry = await this.check(id, published.yaml, secrets)
      if (entry.definition) systems[id] = entry.definition
      else faults.push(...entry.faults.map(fault => ({ ...fault, message: `${id}: ${fault.message}` })))
    }
    if (faults.length > 0) throw new Refused(faults)
    return { ...this.file, systems }
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }
}
