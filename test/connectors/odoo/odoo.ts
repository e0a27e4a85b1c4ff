import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { models, OdooError } from './models.ts'
import { Orm, type Row } from './orm.ts'

export interface Call {
  service: string
  method: string
  args: unknown[]
}

export interface Odoo {
  url: string
  orm: Orm
  calls: Call[]
  /** changes what search_read answers, to see what becomes of dirty answers */
  meddle: ((model: string, rows: Row[]) => unknown) | undefined
  /** how the next answers are put on the wire instead, e.g. a maintenance page */
  instead: { status: number; type: string; body: string } | undefined
  /** so many calls of search_read are told that their session has expired */
  expired: number
  stop(): Promise<void>
}

/**
 * Odoo's external API as Odoo 16 speaks it: POST /jsonrpc, services `common` and `object`, errors inside HTTP 200, false for
 * what is empty. State is kept in SQLite; users, access rights by model and companies are real.
 */
export async function startOdoo(options: { database: string }): Promise<Odoo> {
  const orm = new Orm()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk as Buffer))
    request.on('end', () => {
      const send = (status: number, type: string, body: string): void =>
        void response.writeHead(status, { 'content-type': type }).end(body)
      if (odoo.instead) return send(odoo.instead.status, odoo.instead.type, odoo.instead.body)
      if (request.method !== 'POST' || request.url !== '/jsonrpc') return send(404, 'text/html', '<h1>Not Found</h1>')
      let message: { id?: unknown; params?: Call }
      try {
        message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as typeof message
      } catch {
        return send(400, 'text/html', 'Invalid JSON data')
      }
      const head = { jsonrpc: '2.0', id: message.id ?? null }
      try {
        const result = dispatch(message.params as Call)
        send(200, 'application/json', JSON.stringify({ ...head, result: result ?? null }))
      } catch (error) {
        const { name, message: words } = error as Error
        const data = {
          name,
          debug: `Traceback (most recent call last): db01.corp.local`,
          message: words,
          arguments: [words],
          context: {},
        }
        send(200, 'application/json', JSON.stringify({ ...head, error: { ...envelopeOf(name), data } }))
      }
    })
  })

  function dispatch(call: Call): unknown {
    odoo.calls.push(call)
    const { service, method, args } = call
    if (service === 'common' && method === 'version') return { server_version: '16.0', protocol_version: 1 }
    if (args[0] !== options.database)
      throw new OdooError('psycopg2.OperationalError', `FATAL:  database "${args[0]}" does not exist`)
    if (service === 'common' && (method === 'authenticate' || method === 'login'))
      return orm.authenticate(String(args[1]), String(args[2]))
    if (service !== 'object' || method !== 'execute_kw')
      throw new OdooError('builtins.AttributeError', `no ${service}.${method}`)
    const [, uid, key, model, name, positional, keywords] = args as [
      string,
      unknown,
      unknown,
      string,
      string,
      unknown[],
      Row,
    ]
    if (odoo.expired > 0 && call.args[4] === 'search_read') {
      odoo.expired -= 1
      throw new OdooError('odoo.http.SessionExpiredException', 'Session expired')
    }
    const user = orm.userOf(uid, key)
    if (!user) throw new OdooError('odoo.exceptions.AccessDenied', 'Access Denied')
    if (!models[model]) throw new OdooError('builtins.KeyError', model)
    const result = orm.execute(user, model, name, positional ?? [], keywords ?? {})
    return name === 'search_read' && odoo.meddle ? odoo.meddle(model, result as Row[]) : result
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const odoo: Odoo = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orm,
    calls: [],
    meddle: undefined,
    instead: undefined,
    expired: 0,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
        orm.close()
      }),
  }
  return odoo
}

function envelopeOf(name: string): { code: number; message: string } {
  return name === 'odoo.http.SessionExpiredException'
    ? { code: 100, message: 'Odoo Session Expired' }
    : { code: 200, message: 'Odoo Server Error' }
}
