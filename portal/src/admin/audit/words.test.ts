import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { zhCN } from './zh-CN.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
// How the services name what they record: in the entry itself, or to the helper that writes it.
const named = /(?:action: ?|noteKeys\([^,']+, |record\([^,']+, )'([a-z_]+(?:\.[a-z_]+)*)'/g

it('whatever the services record has a name on the page', async () => {
  const recorded = new Set<string>()
  for (const folder of ['idp/src', 'gateway/src']) {
    for (const path of await readdir(join(root, folder), { recursive: true })) {
      if (!path.endsWith('.ts') || /\.(test|fixture)\.ts$|testing/.test(path)) continue
      const source = await readFile(join(root, folder, path), 'utf8')
      if (/audit/.test(source)) for (const [, action] of source.matchAll(named)) if (action) recorded.add(action)
    }
  }
  expect(recorded.size).toBeGreaterThan(50)
  expect([...recorded].filter(action => !(`action.${action}` in zhCN)).sort()).toEqual([])
})
