import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Koa from 'koa'
import { log } from '../log.ts'
import { metrics } from './metrics.ts'

/** A listening service. */
export type Served = { server: Server; url: string; stop(): Promise<void> }

const grace = 10_000

/**
 * Listens, answers /healthz, /readyz and /metrics, and stops gracefully on SIGTERM and SIGINT: no new request is taken,
 * those in work end within 10 s, then `onStop` closes what the service opened.
 * @param options `port` 0 takes a free one; `health` names each dependency and rejects when it is missing
 */
export async function serve(
  app: Koa | RequestListener,
  options: {
    name: string
    port: number
    host?: string
    health?: Record<string, () => Promise<void>>
    onStop?: () => Promise<void>
  },
): Promise<Served> {
  const logger = log(options.name)
  const handle = typeof app === 'function' ? app : app.callback()
  let stopping = false
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return json(response, 200, { status: 'alive' })
    if (path === '/readyz') return void ready(response, options.health ?? {}, stopping)
    if (path === '/metrics') return void exposeMetrics(request, response)
    handle(request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host ?? '127.0.0.1', resolve)
  })
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    server.closeIdleConnections()
    const late = setTimeout(() => server.closeAllConnections(), grace)
    await Promise.race([closed, new Promise(resolve => setTimeout(resolve, grace + 500).unref())])
    clearTimeout(late)
    await options.onStop?.()
  }
  onSignal(stop, logger)
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${port}`
  logger.info({ url }, 'listening')
  return { server, url, stop }
}

const installed = { done: false, stops: new Set<() => Promise<void>>() }

function onSignal(stop: () => Promise<void>, logger: ReturnType<typeof log>): void {
  installed.stops.add(stop)
  if (installed.done) return
  installed.done = true
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      logger.info({ signal }, 'stopping')
      const everything = Promise.allSettled([...installed.stops].map(one => one()))
      void Promise.race([everything, new Promise(resolve => setTimeout(resolve, grace + 3000).unref())]).then(() =>
        process.exit(0),
      )
    })
  }
  // An input must never end the process: what nobody awaited is a fault to be logged and mended.
  process.on('unhandledRejection', reason => logger.error({ err: reason }, 'unhandled rejection'))
  process.on('uncaughtException', error => logger.error({ err: error }, 'uncaught exception'))
}

async function ready(
  response: ServerResponse,
  health: Record<string, () => Promise<void>>,
  stopping: boolean,
): Promise<void> {
  const names = Object.keys(health)
  const results = await Promise.allSettled(names.map(name => within(health[name]?.() ?? Promise.resolve(), 2000)))
  const checks = Object.fromEntries(
    names.map((name, i) => [name, results[i]?.status === 'fulfilled' ? 'ok' : 'failed']),
  )
  const ok = !stopping && results.every(result => result.status === 'fulfilled')
  json(response, ok ? 200 : 503, { status: stopping ? 'stopping' : ok ? 'ready' : 'not ready', checks })
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function exposeMetrics(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('Content-Type', metrics.contentType)
  response.end(await metrics.metrics())
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}
