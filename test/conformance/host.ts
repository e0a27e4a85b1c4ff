import { readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** A host of an application's documents: key sets and sector files, each at its path. */
export type Host = { url: string; documents: Map<string, unknown>; requests: string[]; stop(): Promise<void> }

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')

/** Starts one on localhost; with `tls` under a certificate that this process, and so the provider in it, trusts from then on. */
export async function startHost(tls = false): Promise<Host> {
  const host: Host = { url: '', documents: new Map(), requests: [], stop: async () => {} }
  const answer: Parameters<typeof createHttp>[1] = (request, response) => {
    host.requests.push(request.url ?? '')
    const document = host.documents.get(request.url ?? '')
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(document === undefined ? undefined : JSON.stringify(document))
  }
  // A fixture of this test only, for the name localhost.
  const cert = fixture('localhost-cert.pem')
  if (tls) setDefaultCACertificates([...getCACertificates('default'), cert])
  const server = tls ? createHttps({ cert, key: fixture('localhost-key.pem') }, answer) : createHttp(answer)
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  host.url = `http${tls ? 's' : ''}://localhost:${(server.address() as AddressInfo).port}`
  host.stop = () => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(() => resolve()))
  }
  return host
}
