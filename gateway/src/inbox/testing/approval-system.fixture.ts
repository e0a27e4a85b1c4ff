import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt } from 'jose'
import {
  type Credential,
  type InvokeOptions,
  type SystemClient,
  type Systems,
  UpstreamError,
} from '../../systems/types.ts'

/**
 * A system of approvals as real ones are: no idempotency key, a repeated decision by an entitled person is recorded
 * again. It runs over HTTP and can be told to misbehave.
 */
export interface ApprovalSystem {
  url: string
  approvals: Map<string, Approval>
  /** next calls of an operation do this, as often as said */
  misbehave(operation: string, how: Misbehaviour, times?: number): void
  /** called when a decision was recorded */
  onDecided(listener: () => void): void
  calls: string[]
  changes: Record<string, unknown>[]
  stop(): Promise<void>
}

export interface Approval {
  approvalId: string
  assigneeId: string
  state: 'PENDING' | 'APPROVED' | 'REJECTED'
  decidedBy?: string
  version: number
  history: { at: string; userId: string; action: string; comment: string }[]
}

export type Misbehaviour = 'hangAfter' | 'html' | 'reset' | { delayBefore: number }

export async function startApprovalSystem(port = 0): Promise<ApprovalSystem> {
  const approvals = new Map<string, Approval>()
  const faults = new Map<string, { how: Misbehaviour; times: number }>()
  const listeners: (() => void)[] = []
  const calls: string[] = []
  const changes: Record<string, unknown>[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = (request.url ?? '').slice(1)
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const input = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, string>
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    const claims: { native_id?: string; exp?: number } = token === 'service' ? {} : decodeJwt(token)
    calls.push(operation)
    const fault = faults.get(operation)
    if (fault && --fault.times <= 0) faults.delete(operation)
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (fault?.how === 'reset') return void request.socket.destroy()
    if (fault && typeof fault.how === 'object')
      await new Promise(resolve => setTimeout(resolve, (fault.how as { delayBefore: number }).delayBefore))
    if (claims.exp !== undefined && claims.exp * 1000 < Date.now()) return json(401, { code: 'expired' })
    const approval = approvals.get(input.approvalId ?? '')
    if (operation === 'ListChanges' && fault?.how !== 'html') {
      const from = Number(input.cursor ?? 0)
      const page = changes.slice(from, from + Number(input.limit))
      return json(200, { changes: page, nextCursor: String(from + page.length) })
    }
    if (!approval && fault?.how !== 'html') return json(404, { code: 'NotFound' })
    if (operation === 'DecideApproval' && approval) {
      if (token === 'service' || claims.native_id !== approval.assigneeId)
        return json(409, { code: 'oa:Forbidden', message: '只有审批人可以决定' })
      if (approval.state !== 'PENDING' && approval.decidedBy !== claims.native_id)
        return json(409, { code: 'oa:AlreadyDecided', message: '已由别人决定' })
      // The trap: the same person's decision is simply recorded once more.
      approval.state = input.action === 'APPROVE' ? 'APPROVED' : 'REJECTED'
      approval.decidedBy = claims.native_id!
      approval.version += 1
      approval.history.push({
        at: new Date().toISOString(),
        userId: claims.native_id!,
        action: input.action!,
        comment: input.comment ?? '',
      })
      for (const listener of listeners) listener()
    }
    if (fault?.how === 'hangAfter') return
    if (fault?.how === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>proxy</html>')
    json(200, approval)
  }
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    approvals,
    calls,
    changes,
    misbehave: (operation, how, times = 1) => void faults.set(operation, { how, times }),
    onDecided: listener => void listeners.push(listener),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The gateway's view of that system; `tokenSeconds` is how long the person's token for it lives. */
export function systemsOver(url: string, tokenSeconds = 300): Systems {
  const client: SystemClient = {
    id: 'oa',
    describe: () => ({
      id: 'oa',
      name: { zh: 'OA', en: 'OA' },
      description: null,
      url,
      protocol: 'soap',
      audience: 'urn:atrium:system:oa',
      descriptionHash: null,
      operations: [],
    }),
    exchange: async credential =>
      credential.kind === 'person' ? tokenFor(credential.accessToken, tokenSeconds) : 'service',
    invoke: async (operation, input, options) => await call(url, operation, input, options),
  }
  const missing = (): never => {
    throw new Error('not part of this test')
  }
  return { get: () => client, has: id => id === 'oa', list: () => [], probe: missing, onStatus: () => () => {} }
}

/** An access token of a person, as far as this system reads it. */
export function tokenFor(nativeId: string, seconds: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ native_id: nativeId, exp: Math.floor(Date.now() / 1000) + seconds })}.`
}

async function call(
  url: string,
  operation: string,
  input: Record<string, unknown>,
  options: InvokeOptions,
): Promise<unknown> {
  const abort = AbortSignal.timeout(Math.max(1, options.deadline - Date.now()))
  let response: Response
  try {
    response = await fetch(`${url}/${operation}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer(options.credential)}` },
      body: JSON.stringify(input),
      signal: abort,
    })
  } catch (error) {
    const refused = (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED'
    throw new UpstreamError(abort.aborted ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNAVAILABLE', 'oa', String(error), {
      outcome: refused ? 'not_sent' : 'unknown',
    })
  }
  if (response.status === 401)
    throw new UpstreamError('UPSTREAM_UNAUTHENTICATED', 'oa', 'token expired', { outcome: 'refused', retryable: false })
  const text = await response.text()
  if (text.startsWith('<')) throw new UpstreamError('UPSTREAM_BAD_ANSWER', 'oa', 'HTML', { outcome: 'unknown' })
  const body = JSON.parse(text) as { code?: string; message?: string }
  if (!response.ok) {
    throw new UpstreamError('UPSTREAM_REFUSED', 'oa', text, {
      outcome: 'refused',
      retryable: false,
      ...(body.message ? { reason: body.message } : {}),
      ...(body.code ? { reasonCode: body.code } : {}),
    })
  }
  return body
}

function bearer(credential: Credential): string {
  if (credential.kind === 'service') return 'service'
  return credential.kind === 'bearer' ? credential.token : tokenFor(credential.accessToken, 300)
}
