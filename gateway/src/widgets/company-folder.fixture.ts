import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The configuration of a company without a single system; `files` are added, by path. */
export async function companyFolder(
  files: Record<string, string> = {},
): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'atrium-config-'))
  const all = {
    'systems.yaml': 'company: { zone: Asia/Shanghai, currency: CNY }\nsystems: {}\n',
    'messages.yaml': 'timeZone: Asia/Shanghai\nsources: {}\nevents: {}\n',
    'boards.yaml': 'zone: Asia/Shanghai\nboards: {}\nkpis: {}\n',
    'provisioning.yaml': 'systems: {}\n',
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) }
}
