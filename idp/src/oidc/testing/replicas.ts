import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@atrium/platform/testing'

/** A proxy that gives each request to the next of its targets, whichever connection it came on. */
export type RoundRobin = { port: number; targets: number[]; stop(): Promise<void> }

/** Starts one on a port; `targets` may change while it runs. A target that cannot be reached is passed over. */
export async function roundRobin(port: number, targets: number[]): Promise<RoundRobin> {
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const forward = (attempt: number): void => {
      const target = proxy.targets[turn++ % proxy.targets.length]
      const ahead = request(
        {
          agent,
          host: '127.0.0.1',
          port: target,
          method: incoming.method,
          path: incoming.url,
          // As a reverse proxy does: Host as it came, the caller's address beside it.
          headers: {
            ...incoming.headers,
            'x-forwarded-for': incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '',
            'x-forwarded-proto': 'http',
          },
        },
        answer => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
          answer.pipe(outgoing)
        },
      )
      ahead.on('error', (error: NodeJS.ErrnoException) => {
        // Nothing has arrived there: the next one may have it.
        if (error.code === 'ECONNREFUSED' && attempt < proxy.targets.length) return forward(attempt + 1)
        if (outgoing.headersSent) return void outgoing.destroy()
        outgoing.writeHead(502, { 'content-type': 'text/plain' }).end('no replica answers')
      })
      if (incoming.readableEnded) ahead.end()
      else incoming.pipe(ahead)
    }
    forward(1)
  })
  await new Promise<void>(resolve => server.listen(port, 'localhost', resolve))
  const proxy: RoundRobin = {
    port: (server.address() as AddressInfo).port,
    targets,
    stop: async () => {
      agent.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return proxy
}

/** An identity provider in a process of its own. */
export type Replica = { port: number; child: ChildProcess; kill(): Promise<void>; stop(): Promise<void> }

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))

/** Starts `idp/src/main.ts` with these variables, as production does, and waits until it is ready. */
export async function startReplica(env: Record<string, string>): Promise<Replica> {
  const port = await freePort()
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal',
      ...env,
      PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await gone
  }
  const replica: Replica = { port, child, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
  for (let n = 0; n < 600; n++) {
    if (child.exitCode !== null) throw new Error(`the replica ended with ${child.exitCode}`)
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      answer => answer.ok,
      () => false,
    )
    if (ready) return replica
    await wait(50)
  }
  await replica.kill()
  throw new Error('the replica was not ready within 30 s')
}
