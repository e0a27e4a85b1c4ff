import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { type Served, serve } from '@atrium/platform/http'
import { testDatabase } from '@atrium/platform/testing'
import { vi } from 'vitest'
import { stringify } from 'yaml'
import { entry, startTestDirectory } from '../../gateway/src/access/directory.fixture.ts'
import { type App, buildApp } from '../../gateway/src/app.ts'
import { configSchema } from '../../gateway/src/config.ts'
import type { Database } from '../../gateway/src/database/schema.ts'

/** A person of a test: their native rights in the systems, by system. */
export type Rights = Record<string, { id: string; roles: string[]; scope: 'own' | 'department' | 'all' }>

export interface Fault {
  system: string
  type: string
  field: string
  key: string | null
  reason: string
}

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by path in the tests
  data: any
  errors?: { message: string; path?: string[]; extensions: Record<string, unknown> }[]
  extensions?: { faults?: Fault[] }
}

/** The whole gateway, configured by what a company would write to use a connector, and asked over HTTP. */
export interface ConnectedGateway {
  ask(person: string, query: string, variables?: Record<string, unknown>): Promise<Answer>
  stop(): Promise<void>
}

export async function startConnectedGateway(options: {
  systems: Record<string, unknown>
  people: Record<string, Rights>
  zone?: string
  /** what the company writes into messages.yaml */
  messages?: Record<string, unknown>
  /** connectors of the company's own: folder → file → text */
  folders?: Record<string, Record<string, string>>
}): Promise<ConnectedGateway> {
  const dir = await mkdtemp(join(tmpdir(), 'atrium-connector-'))
  const company = { zone: options.zone ?? 'Asia/Shanghai', currency: 'CNY' }
  await writeFile(join(dir, 'systems.yaml'), stringify({ company, systems: options.systems }))
  const messages = { timeZone: 'Asia/Shanghai', sources: {}, events: {}, ...options.messages }
  await writeFile(join(dir, 'messages.yaml'), stringify(messages))
  await writeFile(join(dir, 'boards.yaml'), 'zone: Asia/Shanghai\nboards: {}\nkpis: {}\n')
  await writeFile(join(dir, 'provisioning.yaml'), 'systems: {}\n')

  for (const [folder, files] of Object.entries(options.folders ?? {})) {
    await mkdir(join(dir, 'connectors', folder), { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, 'connectors', folder, name), text)
  }

  const directory = await startTestDirectory()
  for (const [id, systems] of Object.entries(options.people)) directory.put(entry(id, { systems }))
  const url = await testDatabase()
  const db: Kysely<Database> = openDatabase<Database>(url)
  await platformMigrate(db)
  await migrate(db, new URL('../../gateway/src/database/migrations/', import.meta.url))
  const config = configSchema.parse({
    DATABASE_URL: url,
    ISSUER: directory.issuer,
    PORTAL_URL: 'http://localhost:9',
    CLIENT_SECRET: 'secret',
    ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    CONFIG_DIR: dir,
  })
  let app: App | undefined
  let served: Served | undefined
  async function stop(): Promise<void> {
    await served?.stop()
    await app?.stop()
    await db.destroy()
    await directory.stop()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    app = await buildApp(config, db)
    served = await serve(app.koa, { name: 'gateway', port: 0 })
    await vi.waitFor(() => app?.health.people?.(), 15_000)
  } catch (error) {
    await stop()
    throw error
  }
  const base = served.url
  return {
    stop,
    async ask(person, query, variables = {}) {
      const token = await directory.token({ sub: person, client_id: 'portal' })
      const answer = await fetch(`${base}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': 'en' },
        body: JSON.stringify({ query, variables }),
      })
      return (await answer.json()) as Answer
    },
  }
}
