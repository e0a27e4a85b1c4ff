import type { Context, Next } from 'koa'
import type { Config } from '../../config.ts'
import { type BrandFile, lookOf } from './look.ts'

/** The address of one of the company's files. */
export function brandUrl(config: Config, name: 'style.css' | 'logo', file: BrandFile): string {
  return `${new URL(config.ISSUER).pathname}/brand/${name}?v=${file.version}`
}

/** Serves the company's files below `/brand/`. */
export function serveBrand(config: Config) {
  return async (ctx: Context, next: Next): Promise<void> => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return await next()
    const look = lookOf(ctx, config)
    const file = ctx.path === '/brand/style.css' ? look.css : ctx.path === '/brand/logo' ? look.logo : null
    if (!file) return await next()
    ctx.type = file.type
    ctx.set({
      'Cache-Control': ctx.query.v === file.version ? 'public, max-age=31536000, immutable' : 'no-cache',
      // An SVG may hold scripts. In an <img> none runs; opened by itself, this keeps them from running and from our origin.
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      // The portal may show it, too.
      'Cross-Origin-Resource-Policy': 'cross-origin',
    })
    ctx.body = file.body
  }
}
