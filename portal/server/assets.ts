import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
}

/** A file of the build, held in memory in each encoding once it has been asked for. */
export type Asset = {
  type: string
  etag: string
  /** the name carries a hash of the content */
  immutable: boolean
  body(encoding: 'br' | 'gzip' | 'identity'): Promise<Buffer>
}

/**
 * Reads the built portal.
 * @param folder Vite's output
 * @returns files by URL path
 * @throws when the folder is missing: the portal has not been built
 */
export async function readAssets(folder: string): Promise<Map<string, Asset>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  // Vite's own notes and the mark of the build lie in names that begin with a dot.
  const files = entries.filter(
    entry =>
      entry.isFile() &&
      !relative(folder, join(entry.parentPath, entry.name))
        .split(sep)
        .some(part => part.startsWith('.')),
  )
  const assets = await Promise.all(
    files.map(async entry => {
      const file = join(entry.parentPath, entry.name)
      const path = `/${relative(folder, file).split(sep).join('/')}`
      return [path, asset(path, await readFile(file))] as const
    }),
  )
  return new Map(assets)
}

function asset(path: string, content: Buffer): Asset {
  const encoded = new Map<string, Promise<Buffer>>([['identity', Promise.resolve(content)]])
  return {
    type: types[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    immutable: path.startsWith('/assets/'),
    body(encoding) {
      const known = encoded.get(encoding)
      if (known) return known
      const made = compress(content, encoding === 'br' ? 'br' : 'gzip')
      encoded.set(encoding, made)
      return made
    },
  }
}

const compressBrotli = promisify(brotliCompress)
const compressGzip = promisify(gzip)

async function compress(content: Buffer, encoding: 'br' | 'gzip'): Promise<Buffer> {
  if (encoding === 'gzip') return (await compressGzip(content, { level: 9 })) as Buffer
  return await compressBrotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
}
