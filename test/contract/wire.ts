import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer on its way from the upstream to the gateway. */
export interface Passing {
  status: number
  contentType: string
  body: Buffer
}

/** Changes an answer; `cut` ends the connection in the middle of the body, `reset` before anything. */
export type Trouble = (
  answer: Passing,
  path: string,
) => Promise<'cut' | 'reset' | undefined> | 'cut' | 'reset' | undefined

export interface Wire {
  url: string
  trouble: Trouble
  stop(): Promise<void>
}

/** A proxy in front of a fake upstream that does to its answers what networks and broken systems do. */
export async function startWire(target: string): Promise<Wire> {
  const { hostname, port } = new URL(target)
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url: path = '' } = incoming
    const passed = send({ hostname, port, method, path, headers }, async answered => {
      const chunks: Buffer[] = []
      for await (const chunk of answered) chunks.push(chunk as Buffer)
      const answer: Passing = {
        status: answered.statusCode ?? 0,
        contentType: String(answered.headers['content-type'] ?? ''),
        body: Buffer.concat(chunks),
      }
      const end = await wire.trouble(answer, path)
      if (end === 'reset') return void outgoing.destroy()
      outgoing.writeHead(answer.status, {
        ...(answer.contentType && { 'content-type': answer.contentType }),
        'content-length': answer.body.length,
      })
      if (end !== 'cut') return void outgoing.end(answer.body)
      outgoing.write(answer.body.subarray(0, answer.body.length / 2), () => outgoing.destroy())
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trouble: () => undefined,
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return wire
}
