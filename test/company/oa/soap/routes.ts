import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { Problem } from '@atrium/platform/problem'
import type { Context, Middleware } from 'koa'
import type { Caller as TokenCaller } from '../../web/bearer.ts'
import { type Fault, type Faults, loginPageInsteadOfData, rearrange } from '../../web/faults.ts'
import { readLimited } from '../../web/limited-body.ts'
import { callerFrom } from '../access/caller.ts'
import { OaFault } from './fault.ts'
import { operationOf } from './message.ts'
import { type createSoapServer, type SoapAnswer, wsdlFor } from './server.ts'

export const SOAP_PATH = '/services/oa'

/** Largest message, in bytes. */
const LARGEST_MESSAGE = 1_000_000

/** The SOAP endpoint for Koa: `GET ?wsdl` is public, `POST` needs a token in the Authorization header. */
export function soapRoutes(options: {
  db: DatabaseSync
  publicUrl: string
  answer: Awaited<ReturnType<typeof createSoapServer>>
  authenticate(header: string | undefined): Promise<TokenCaller>
  faults: Faults
}): Middleware {
  const wsdl = wsdlFor(options.publicUrl)
  return async (ctx, next) => {
    if (ctx.path.replace(/\/$/, '') !== SOAP_PATH) return await next()
    ctx.set('Cache-Control', 'no-store')
    if (ctx.method === 'GET') {
      if (!/^wsdl(=|$)/i.test(ctx.querystring))
        throw new Problem(400, 'wsdl_missing', {
          zh: '请访问 ?wsdl 获取接口描述',
          en: 'Ask for ?wsdl to get the description',
        })
      ctx.type = 'text/xml'
      ctx.body = wsdl
      return
    }
    if (ctx.method !== 'POST')
      throw new Problem(
        405,
        'method_not_allowed',
        { zh: 'SOAP 只接受 POST', en: 'SOAP takes POST' },
        { headers: { Allow: 'GET, POST' } },
      )
    try {
      await handle(ctx, options)
    } catch (error) {
      const fault = toFault(error, ctx)
      send(ctx, { status: fault.status, body: fault.toEnvelope() })
    }
  }
}

async function handle(ctx: Context, options: Parameters<typeof soapRoutes>[0]): Promise<void> {
  const envelope = await readMessage(ctx)
  const soapAction = ctx.get('soapaction') || undefined
  const operation = operationOf(envelope, soapAction)
  const fault = options.faults.take(ctx.path, operation)
  const process = async (): Promise<SoapAnswer> => {
    const token = await options.authenticate(ctx.get('authorization') || undefined)
    const caller = callerFrom(options.db, token)
    const mode = fault?.mode
    const lie =
      mode === 'shuffle' || mode === 'drop' || mode === 'duplicate'
        ? (rows: unknown[]) => rearrange(rows, mode)
        : undefined
    return await options.answer(envelope, soapAction, lie ? { caller, rearrange: lie } : { caller })
  }
  if (!fault) return send(ctx, await process())
  await strike(ctx, fault, process)
}

/** A fault that a test has asked for, in the manner of SOAP. */
async function strike(ctx: Context, fault: Fault, process: () => Promise<SoapAnswer>): Promise<void> {
  switch (fault.mode) {
    case 'delay':
      await wait(fault.ms ?? 1000)
      return send(ctx, await process())
    case 'delayAfter': {
      const answer = await process()
      await wait(fault.ms ?? 1000)
      return send(ctx, answer)
    }
    case 'status':
      ctx.status = fault.status ?? 500
      ctx.body = ''
      return
    case 'html':
      ctx.status = fault.status ?? 200
      ctx.type = 'html'
      ctx.body = loginPageInsteadOfData
      return
    case 'hang':
      // Until the caller gives up.
      return await new Promise<void>(resolve => ctx.res.once('close', resolve))
    case 'badJson': {
      const answer = await process()
      return send(ctx, { ...answer, body: answer.body.slice(0, -40) })
    }
    case 'fault':
      throw new OaFault('Internal', 'java.sql.SQLException: ORA-00054: resource busy at oa-db01.internal:1521', {
        party: 'Server',
      })
    default:
      return send(ctx, await process())
  }
}

function send(ctx: Context, answer: SoapAnswer): void {
  ctx.status = answer.status
  ctx.type = 'text/xml; charset=utf-8'
  ctx.body = answer.body
}

/** @throws OaFault `oa:BadMessage` when it is too large, Problem 415 when it is no XML */
async function readMessage(ctx: Context): Promise<string> {
  if (!ctx.is('text/xml', 'application/xml', 'application/soap+xml'))
    throw new OaFault('BadMessage', 'A SOAP 1.1 message is sent as text/xml.', { status: 415 })
  const message = await readLimited(ctx.req, LARGEST_MESSAGE)
  if (message === undefined)
    throw new OaFault('BadMessage', `The message is larger than ${LARGEST_MESSAGE} bytes.`, { status: 413 })
  return message
}

/** A refused token keeps HTTP's status and header, so that a client can tell it from a business refusal. */
function toFault(error: unknown, ctx: Context): OaFault {
  if (error instanceof OaFault) return error
  if (!(error instanceof Problem)) throw error
  if (error.extra.headers) ctx.set(error.extra.headers as Record<string, string>)
  return new OaFault(error.status === 401 ? 'Unauthenticated' : 'Unavailable', error.detail.en, {
    status: error.status,
    party: error.status === 401 ? 'Client' : 'Server',
  })
}
