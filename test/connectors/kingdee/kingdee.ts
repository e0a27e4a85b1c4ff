import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KingdeeError } from './error.ts'
import { auditInWorkflow, changeBills, type Done } from './operations.ts'
import { type Application, verify } from './signature.ts'
import { type BillQuery, Store } from './store.ts'

export interface Call {
  /** name of the service's method, e.g. ExecuteBillQuery */
  method: string
  /** the user it was made as; empty when nobody is known */
  user: string
  data: Record<string, unknown>
}

export interface Kingdee {
  /** address of the site, with /k3cloud */
  url: string
  store: Store
  calls: Call[]
  /** methods in the order in which they were asked for, answered or not */
  asked: string[]
  /** users who may sign in, beside which an application may name nobody; undefined = all of them */
  allowed: string[] | undefined
  /** changes the rows of queries, to see what becomes of dirty answers */
  meddle: ((form: string, rows: unknown[][]) => unknown) | undefined
  /** what the next calls are answered by instead */
  instead: { status: number; type: string; body: string } | undefined
  /** so many calls are told that they come too often */
  busy: number
  /** bills locked by somebody else: their operations fail inside a success */
  locked: Set<string>
  endSessions(): void
  stop(): Promise<void>
}

const services =
  /^\/k3cloud\/Kingdee\.BOS\.WebApi\.ServicesStub\.(DynamicFormService|AuthService)\.(\w+)\.common\.kdsvc$/

/**
 * 金蝶云星空's WebAPI as its SDKs speak it: both forms of body, signatures verified, sessions by cookie, errors inside HTTP
 * 200. The users and what they may do are real; what no source tells is marked unverified where it is decided.
 */
export async function startKingdee(application: Application, users: Record<string, number>): Promise<Kingdee> {
  const store = new Store()
  const sessions = new Map<string, string>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk as Buffer))
    request.on('end', () => {
      // The type of its answers is unverified.
      const send = (body: unknown): void =>
        void response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(JSON.stringify(body))
      kingdee.asked.push(services.exec(request.url ?? '')?.[2] ?? '')
      if (kingdee.instead) {
        const { status, type, body } = kingdee.instead
        return void response.writeHead(status, { 'content-type': type }).end(body)
      }
      const [, service, method = ''] = services.exec(request.url ?? '') ?? []
      if (request.method !== 'POST' || !service)
        return void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>')
      try {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>
        if (service === 'AuthService') return send(login(method, body.parameters as unknown[]))
        send(serve(method, body, request))
      } catch (error) {
        if (!(error instanceof KingdeeError)) {
          const told = { Message: (error as Error).message, InnerExWrapper: null, InnerException: null }
          return void response
            .writeHead(200, { 'content-type': 'text/plain' })
            .end(`response_error:${JSON.stringify(told)}`)
        }
        const failure = { FieldName: error.field, Message: error.message, DIndex: 0 }
        const told = envelope(false, { failures: [failure], numbers: [] }, error.errorCode, error.msgCode)
        send(method === 'ExecuteBillQuery' ? [[told]] : told)
      }
    })
  })

  function serve(method: string, body: Record<string, unknown>, request: IncomingMessage): unknown {
    const { data, form } = readBody(body)
    const user = callerOf(request) ?? ''
    kingdee.calls.push({ method, user, data })
    if (user === '') throw new KingdeeError(500, 1, '会话信息已丢失，请重新登录')
    if (kingdee.busy > 0) {
      kingdee.busy -= 1
      throw new KingdeeError(500, 14, '调用过于频繁，请稍后再试')
    }
    switch (method) {
      case 'ExecuteBillQuery': {
        const rows = store.query(data as BillQuery)
        return kingdee.meddle ? kingdee.meddle(String(data.FormId), rows) : rows
      }
      case 'Submit':
      case 'Audit':
        return told(kingdee.locked.size > 0 ? inPart(method, form, data) : changeBills(store, method, form, data))
      case 'WorkflowAudit':
        return told(auditInWorkflow(store, data, user, new Date().toISOString().slice(0, 19)))
      default:
        throw new KingdeeError(500, 4, `没有方法 ${method}`)
    }
  }

  /** Locked bills are left as they are, and the answer calls that a success. */
  function inPart(method: 'Submit' | 'Audit', form: string, data: Record<string, unknown>): Done {
    const numbers = (data.Numbers as unknown[]).map(String)
    const free = numbers.filter(number => !kingdee.locked.has(number))
    const done = free.length > 0 ? changeBills(store, method, form, { Numbers: free }) : { failures: [], numbers: [] }
    const failures = numbers.flatMap((number, index) =>
      kingdee.locked.has(number)
        ? [{ FieldName: 'FBillNo', Message: `单据${number}正被他人编辑，已锁定`, DIndex: index }]
        : [],
    )
    return { numbers: done.numbers, failures: [...done.failures, ...failures] }
  }

  function told(done: Done): unknown {
    // Whether a success in part is called a success is told differently; here it is one unless a bill was refused outright.
    const refused = done.failures.some(one => !one.Message.includes('锁定'))
    return envelope(!refused, done, refused ? 500 : '', refused ? 11 : 0)
  }

  /** The user of a signed call or of a session. What a wrong signature is answered by is unverified. */
  function callerOf(request: IncomingMessage): string | undefined {
    const signed = verify(application, String(request.url), request.headers, Date.now())
    if (signed) return mayBe(signed.user) ? signed.user : undefined
    const cookie = /kdservice-sessionid=([\w-]+)/.exec(String(request.headers.cookie ?? ''))?.[1]
    return cookie === undefined ? undefined : sessions.get(cookie)
  }

  function mayBe(user: string): boolean {
    return Object.hasOwn(users, user) && (kingdee.allowed?.includes(user) ?? true)
  }

  function login(method: string, parameters: unknown[]): unknown {
    if (method !== 'LoginByAppSecret') throw new KingdeeError(500, 4, `没有方法 ${method}`)
    const [acctId, user, appId, appSecret] = parameters.map(String)
    kingdee.calls.push({ method, user: String(user), data: {} })
    const right =
      acctId === application.acctId &&
      appId === application.appId &&
      appSecret === application.appSecret &&
      mayBe(String(user))
    if (!right) return { Message: '登录失败', LoginResultType: -1, KDSVCSessionId: null, IsSuccessByAPI: false }
    const id = randomUUID()
    sessions.set(id, String(user))
    return { Message: null, LoginResultType: 1, KDSVCSessionId: id, IsSuccessByAPI: true, Context: { UserName: user } }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const kingdee: Kingdee = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/k3cloud/`,
    store,
    calls: [],
    asked: [],
    allowed: undefined,
    meddle: undefined,
    instead: undefined,
    busy: 0,
    locked: new Set(),
    endSessions: () => sessions.clear(),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return kingdee
}

/** `{parameters: [form, "{…}"]}` as the Java SDK sends it, or named members as the Python SDK does. */
function readBody(body: Record<string, unknown>): { form: string; data: Record<string, unknown> } {
  const { parameters } = body
  const data = Array.isArray(parameters) ? parameters.at(-1) : body.data
  const form = Array.isArray(parameters) ? parameters[0] : body.formid
  const read = (typeof data === 'string' ? JSON.parse(data) : (data ?? {})) as Record<string, unknown>
  return { form: String(form ?? read.FormId ?? ''), data: read }
}

function envelope(success: boolean, done: Done, errorCode: number | '', msgCode: number): unknown {
  const ResponseStatus = {
    ErrorCode: errorCode,
    IsSuccess: success,
    Errors: done.failures,
    SuccessEntitys: done.numbers.map((number, index) => ({ Id: String(index + 1), Number: number, DIndex: index })),
    SuccessMessages: [],
    MsgCode: msgCode,
  }
  return { Result: { ResponseStatus } }
}
