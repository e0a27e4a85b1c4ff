import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildPortal } from '../server/build.ts'

/** A line of the benchmark's table. */
export interface Row {
  name: string
  value: number
  unit: string
  baseline?: number
  target: string
  pass: boolean
}

type Chunk = { file: string; css?: string[]; imports?: string[]; dynamicImports?: string[]; isEntry?: boolean }
type Manifest = Record<string, Chunk>

const javascriptLimit = 200
const styleLimit = 30

/** What the first page asks for: the entry, the home page and the Chinese texts, with all they import. */
export async function benchSize(): Promise<Row[]> {
  await buildPortal()
  const dist = fileURLToPath(new URL('../dist', import.meta.url))
  const manifest = JSON.parse(await readFile(join(dist, '.vite/manifest.json'), 'utf8')) as Manifest
  const chunks = reached(manifest, ['index.html', 'src/home/home-page.tsx', 'src/locales/zh-CN.ts'])
  const files = new Set(chunks.map(chunk => chunk.file))
  const styles = new Set(chunks.flatMap(chunk => chunk.css ?? []))
  const javascript = await gzippedKilobytes(dist, files)
  const css = await gzippedKilobytes(dist, styles)
  return [
    {
      name: 'first page, JavaScript',
      value: javascript,
      unit: 'KB gz',
      target: `≤ ${javascriptLimit}`,
      pass: javascript <= javascriptLimit,
    },
    { name: 'first page, style sheets', value: css, unit: 'KB gz', target: `≤ ${styleLimit}`, pass: css <= styleLimit },
  ]
}

function reached(manifest: Manifest, names: string[], seen = new Set<string>()): Chunk[] {
  return names.flatMap(name => {
    const chunk = manifest[name]
    if (!chunk) throw new Error(`the build has no ${name}`)
    if (seen.has(name)) return []
    seen.add(name)
    return [chunk, ...reached(manifest, chunk.imports ?? [], seen)]
  })
}

async function gzippedKilobytes(dist: string, files: ReadonlySet<string>): Promise<number> {
  const sizes = await Promise.all(
    [...files].map(async file => gzipSync(await readFile(join(dist, file)), { level: 9 }).length),
  )
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 102.4) / 10
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await benchSize())
