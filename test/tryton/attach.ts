import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

const company = fileURLToPath(new URL('../company/gateway/', import.meta.url))
const abroad = fileURLToPath(new URL('./gateway/', import.meta.url))

/** The sample company's configuration with Tryton attached to it: what an administrator would copy and paste, and nothing else. */
export async function companyWithTryton(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'atrium-with-tryton-'))
  for (const name of await readdir(company)) if (name.endsWith('.yaml')) await cp(join(company, name), join(dir, name))
  for (const name of ['partners.graphql', 'widgets.yaml', 'operations'])
    await cp(join(abroad, name), join(dir, name), { recursive: true })
  const [own, added] = await Promise.all([company, abroad].map(readSystems))
  await writeFile(join(dir, 'systems.yaml'), stringify({ ...own, systems: { ...own?.systems, ...added?.systems } }))
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) }
}

async function readSystems(folder: string): Promise<{ systems: Record<string, unknown> }> {
  // The gateway checks what these files hold; here they are only put together.
  return parse(await readFile(join(folder, 'systems.yaml'), 'utf8')) as { systems: Record<string, unknown> }
}
