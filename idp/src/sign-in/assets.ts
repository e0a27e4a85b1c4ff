import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Context, Next } from 'koa'
import type { Config } from '../config.ts'

const folder = new URL('./assets/', import.meta.url)
const types: Record<string, string> = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' }

// Read once at start: the few files are some 60 KB, and their hash in the address lets browsers keep them for ever.
const files = new Map(
  readdirSync(folder).map(name => {
    const body = readFileSync(new URL(name, folder))
    const version = createHash('sha256').update(body).digest('base64url').slice(0, 12)
    return [name, { body, version, type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream' }]
  }),
)

/** The address of a static file, with its version. */
export function assetUrl(config: Config, name: string): string {
  return `${new URL(config.ISSUER).pathname}/assets/${name}?v=${files.get(name)?.version ?? ''}`
}

/** Serves the static files of the pages below `/assets/`. */
export async function serveAssets(ctx: Context, next: Next): Promise<void> {
  const name = /^\/assets\/([\w.-]+)$/.exec(ctx.path)?.[1]
  const file = name ? files.get(name) : undefined
  if (!file || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return await next()
  ctx.type = file.type
  ctx.set('Cache-Control', ctx.query.v === file.version ? 'public, max-age=31536000, immutable' : 'no-cache')
  ctx.body = file.body
}
