import { createServer } from 'node:http'
import { freePort } from '@atrium/platform/testing'

/** The place where a portal would be: a page to be sent back to, so that a browser ends somewhere. */
export type PortalStand = { url: string; stop(): Promise<void> }

/** Starts one on localhost. */
export async function startPortalStand(): Promise<PortalStand> {
  const port = await freePort()
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' })
    response.end(
      '<!doctype html><html lang="en"><title>Portal</title><link rel="icon" href="data:,"><h1>Portal</h1></html>',
    )
  })
  await new Promise<void>(resolve => server.listen(port, 'localhost', resolve))
  return {
    url: `http://localhost:${port}`,
    stop: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
