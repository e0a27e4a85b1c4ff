import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { type Client, createClient } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import WebSocket, { WebSocketServer } from 'ws'
import type { People } from '../../access/start-people.ts'
import type { RequestContext } from '../../schema/context.ts'
import { type Inbox, inboxTypeDefs } from '../inbox.ts'
import type { Colleague, World } from './world.fixture.ts'

export type Change = {
  seq: number
  kind: string
  message: {
    title: string
    summary: string | null
    state: string
    read: boolean
    kind: string
    system: string
    url: string | null
  } | null
  counts: { open: number; unread: number; seq: number }
}
export type SocketServer = { url: string; dropAll(): void; stop(): Promise<void> }

// The dictionary's types that the inbox's part refers to, as the composed schema has them.
const dictionary = /* GraphQL */ `
  scalar DateTime scalar Decimal
  type Query { ok: Boolean } type Mutation { ok: Boolean } type Subscription { ok: Boolean }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type ApprovalStep { at: DateTime by: String action: String comment: String }
  type Customer { code: ID! } type Contract { number: ID! }
`

/** That inbox's subscriptions on a port of their own. */
export async function serveSocket(inbox: Inbox, people: People): Promise<SocketServer> {
  // The resolver map's context type is narrower than the schema builder's.
  const schema = makeExecutableSchema({ typeDefs: [dictionary, inboxTypeDefs], resolvers: inbox.resolvers as never })
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, path: '/graphql' })
  useServer(
    {
      schema,
      context: async ctx => {
        const viewer = await people.authenticate(String(ctx.connectionParams?.authorization))
        return { viewer, locale: 'zh-CN' } as RequestContext
      },
    },
    sockets,
  )
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`,
    dropAll: () => {
      for (const socket of sockets.clients) socket.terminate()
    },
    stop: () =>
      new Promise(resolve => {
        for (const socket of sockets.clients) socket.terminate()
        http.close(() => resolve())
      }),
  }
}

/** A client of that server, signed in as somebody. */
export async function connectTo(world: World, who: Pick<Colleague, 'id'>, server: SocketServer): Promise<Client> {
  const token = await world.directory.token({ sub: who.id, client_id: 'portal' })
  return createClient({
    url: server.url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  })
}

/** A device: remembers its cursor, and asks for what comes after it when its socket is gone. */
export function device(client: Client, after: number | null) {
  const changes: Change[] = []
  let ended = false
  const end = client.subscribe<{ inboxChanges: Change }>(
    {
      query:
        'subscription($after: Int) { inboxChanges(after: $after) { seq kind message { title summary state read kind system url } counts { open unread seq } } }',
      variables: { after },
    },
    {
      next: ({ data }) => void changes.push(data!.inboxChanges),
      error: () => {
        ended = true
      },
      complete: () => {
        ended = true
      },
    },
  )
  return { changes, end, ended: () => ended, seqs: () => changes.map(change => change.seq) }
}
