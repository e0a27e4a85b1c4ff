import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An account as the receiving system keeps it. */
export type ReceivedUser = { id: string; userName: string; active: boolean; roles: { value: string }[] } & Record<
  string,
  unknown
>

/** How the receiver behaves for the next requests. */
export type Mood = 'well' | 'down' | 'html' | 'refusing' | 'hanging' | 'lost-answer' | 'slow'

/** A SCIM 2.0 service over HTTP, as a foreign system would run it; it also takes events. Everything it got can be looked at. */
export async function startReceiver() {
  const users = new Map<string, ReceivedUser>()
  const events: Record<string, unknown>[] = []
  const requests: {
    method: string
    url: string
    authorization: string | undefined
    contentType: string | undefined
  }[] = []
  const state: { mood: Mood } = { mood: 'well' }
  const hung = new Set<ServerResponse>()
  let nextId = 1

  const server = createServer(async (request, response) => {
    const body = await read(request)
    const { method = '', url = '' } = request
    requests.push({
      method,
      url,
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
    })
    if (state.mood === 'slow') await new Promise(resolve => setTimeout(resolve, Math.random() * 150))
    if (state.mood === 'hanging') {
      hung.add(response)
      return
    }
    if (state.mood === 'down') return send(response, 503, { detail: 'maintenance' })
    if (state.mood === 'html') return response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')
    if (url === '/events') {
      events.push(body as Record<string, unknown>)
      return response.writeHead(202).end()
    }
    if (state.mood === 'refusing' && method !== 'GET')
      return send(response, 400, { detail: 'displayName is too long', scimType: 'invalidValue' })
    const [path = '', query] = url.split('?')
    if (method === 'GET') return send(response, 200, list(new URLSearchParams(query)))
    const given = body as ReceivedUser
    const holder = [...users.values()].find(user => given.externalId && user.externalId === given.externalId)
    if (holder && holder.userName !== given.userName) {
      return send(response, 409, { detail: `${holder.userName} has this externalId`, scimType: 'uniqueness' })
    }
    if (method === 'POST') {
      const user = { ...given, id: `r${nextId++}` }
      users.set(user.id, user)
      if (state.mood === 'lost-answer') return response.destroy()
      return send(response, 201, user)
    }
    const id = decodeURIComponent(path.split('/').at(-1)!)
    if (!users.has(id)) return send(response, 404, { detail: 'no such user' })
    users.set(id, { ...given, id })
    send(response, 200, users.get(id))
  })

  const list = (query: URLSearchParams) => {
    const wanted = /^userName eq "(.*)"$/.exec(query.get('filter') ?? '')?.[1]
    const all = [...users.values()].filter(user => wanted === undefined || user.userName === wanted)
    const start = Number(query.get('startIndex') ?? 1)
    // Smaller pages than were asked for, as RFC 7644 allows.
    const page = all.slice(start - 1, start - 1 + Math.min(2, Number(query.get('count') ?? 2)))
    return { totalResults: all.length, startIndex: start, itemsPerPage: page.length, Resources: page }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    scimUrl: `${url}/scim/v2`,
    state,
    events,
    requests,
    user: (userName: string) => [...users.values()].find(user => user.userName === userName),
    count: (userName: string) => [...users.values()].filter(user => user.userName === userName).length,
    roles: (userName: string) =>
      [...users.values()].find(user => user.userName === userName)?.roles.map(role => role.value),
    /** What somebody does by hand in the system. */
    byHand: (userName: string, change: Partial<ReceivedUser>) => {
      const user = [...users.values()].find(one => one.userName === userName)
      const id = user?.id ?? `r${nextId++}`
      users.set(id, { active: true, roles: [], ...user, ...change, userName, id })
    },
    remove: (userName: string) => {
      for (const [id, user] of users) if (user.userName === userName) users.delete(id)
    },
    /** Ends the requests that hang, as a system does that restarts. */
    hangUp: () => {
      for (const response of hung) response.destroy()
      hung.clear()
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text ? JSON.parse(text) : null
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/scim+json' }).end(JSON.stringify(body))
}
