import { Problem } from '@atrium/platform/problem'
import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'

/** Reads JSON and forms up to 200 kB into `ctx.request.body`. @throws Problem 400 for a body that is no JSON, 413 for one too large */
export const readBody = (): Middleware =>
  bodyParser({
    jsonLimit: '200kb',
    formLimit: '100kb',
    onError: error => {
      const { status } = error as { status?: number }
      if (status === 413)
        throw new Problem(413, 'body_too_large', { zh: '请求内容超过 200 kB', en: 'The body is larger than 200 kB' })
      throw new Problem(400, 'body_malformed', {
        zh: '请求内容不是有效的 JSON 对象',
        en: 'The body is no valid JSON object',
      })
    },
  })
