import { createHash } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import type { Kysely } from '@atrium/platform/database'
import type { Context, Next } from 'koa'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import type { Text } from '../../oidc/tables.ts'
import { isPasskeyEnough } from '../passkey/offer.ts'
import { readSignInPolicy, type SignInPolicy } from '../policy.ts'
import { companyName } from './brand.ts'
import { brandCss } from './css.ts'

/** A file of the company's own, with a version in its address. */
export type BrandFile = { body: Buffer; type: string; version: string }

/** What the pages show of the company, and what they offer: a link by mail, a passkey instead of the password. */
export type Look = {
  name: Text
  css: BrandFile | null
  logo: BrandFile | null
  selfServiceReset: boolean
  passkeyAlone: boolean
}

// Pages of every replica show a change after so long at the latest, and a burst of sign-ins reads it once.
const freshMs = 2000
const pages = /^\/(sign-in|forgot-password|reset-password|first-password|device|brand)(\/|$)/

/**
 * Gives pages the company's look, as `ctx.state.look`. Pages of ours read it anew when it is old; the library's own, which come at
 * the end of other requests, take the one that is there.
 */
export function withLook(db: Kysely<Schema>, config: Config) {
  let look: { at: number; read: Promise<Look> } | undefined
  return async (ctx: Context, next: Next): Promise<void> => {
    const at = now().getTime()
    if (!look || (pages.test(ctx.path) && Math.abs(at - look.at) > freshMs)) look = { at, read: readLook(db, config) }
    const used = look
    try {
      ctx.state.look = await used.read
    } catch (error) {
      // The next page tries again.
      if (look === used) look = undefined
      throw error
    }
    await next()
  }
}

/** The look of this request's pages; before the middleware, as in an error of the provider itself, the configured name only. */
export function lookOf(ctx: Context, config: Config): Look {
  const name = { zh: config.COMPANY_NAME_ZH, en: config.COMPANY_NAME_EN }
  return (
    (ctx.state.look as Look | undefined) ?? {
      name,
      css: null,
      logo: null,
      selfServiceReset: false,
      passkeyAlone: false,
    }
  )
}

async function readLook(db: Kysely<Schema>, config: Config): Promise<Look> {
  const { policy } = await readSignInPolicy(db)
  const { colour, logo } = policy.branding
  return {
    name: companyName(policy, config),
    css: colour ? fileOf(Buffer.from(brandCss(colour)), 'text/css; charset=utf-8') : null,
    logo: logo ? logoFile(logo) : null,
    selfServiceReset: policy.password.selfServiceReset,
    passkeyAlone: isPasskeyEnough(policy),
  }
}

function logoFile(logo: NonNullable<SignInPolicy['branding']['logo']>): BrandFile {
  const [head = '', body = ''] = logo.split(',')
  return fileOf(Buffer.from(body, 'base64'), head.includes('svg') ? 'image/svg+xml' : 'image/png')
}

function fileOf(body: Buffer, type: string): BrandFile {
  return { body, type, version: createHash('sha256').update(body).digest('base64url').slice(0, 12) }
}
