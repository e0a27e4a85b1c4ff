import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestServer {
  url: string
  /** what arrived, oldest first; `rawPath` is not decoded */
  requests: { method: string; path: string; rawPath: string; headers: IncomingMessage['headers']; body: string }[]
  /** how the next requests are answered */
  answer: (
    request: { method: string; path: string; rawPath: string; headers: IncomingMessage['headers']; body: string },
    response: ServerResponse,
  ) => void
  stop(): Promise<void>
}

/** A system of a test: real HTTP on a free port of the loopback interface. */
export async function startServer(answer: TestServer['answer']): Promise<TestServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk as Buffer))
    request.on('end', () => {
      const seen = {
        method: request.method ?? '',
        path: decodeURIComponent(request.url ?? ''),
        rawPath: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }
      test.requests.push(seen)
      test.answer(seen, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const test: TestServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer,
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return test
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

export function xml(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/xml; charset=utf-8' }).end(text)
}
