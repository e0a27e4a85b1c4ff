import { createServer, type Server } from 'node:http'
import { freePort } from '@atrium/platform/testing'

/** A system's back-channel logout address that can be down, takes requests without an answer (`hang`), and comes back on the same port. */
export type Receiver = {
  url: string
  received: string[]
  up(): Promise<void>
  down(): Promise<void>
  answer: number
  hang(): Promise<{ asked: Promise<void> }>
}

/** Makes one; it is down until `up()`. */
export async function logoutReceiver(): Promise<Receiver> {
  const port = await freePort()
  let server: Server | undefined
  const receiver: Receiver = {
    url: `http://localhost:${port}`,
    received: [],
    answer: 200,
    up: async () => {
      server = createServer((request, response) => {
        let body = ''
        request.on('data', chunk => {
          body += chunk
        })
        request.on('end', () => {
          if (receiver.answer === 200) receiver.received.push(new URLSearchParams(body).get('logout_token') ?? '')
          response.writeHead(receiver.answer).end()
        })
      })
      await new Promise<void>(resolve => server?.listen(port, 'localhost', resolve))
    },
    hang: async () => {
      let asked = (): void => {}
      const heard = new Promise<void>(resolve => {
        asked = resolve
      })
      server = createServer(() => asked())
      await new Promise<void>(resolve => server?.listen(port, 'localhost', resolve))
      return { asked: heard }
    },
    down: async () => {
      server?.closeAllConnections()
      await new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve()))
      server = undefined
    },
  }
  return receiver
}
