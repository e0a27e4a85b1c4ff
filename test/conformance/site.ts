import { createServer } from 'node:http'
import { freePort } from '@atrium/platform/testing'
import { startTestIdp, type TestIdp } from '../../idp/src/oidc/testing/idp.ts'

/** A stranger's single-page application on an origin of its own, and the provider it was registered with as `portal`. */
export type Site = { url: string; idp: TestIdp; stop(): Promise<void> }

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script></head><body><h1>starting</h1></body></html>`

/**
 * Serves the application under a policy that lets it reach the provider and nothing else.
 * @param files content by path, besides the page itself, which loads `/app.js`; the application is made for the issuer
 */
export async function startSite(
  files: (issuer: string) => Record<string, { type: string; body: string }>,
): Promise<Site> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const idp = await startTestIdp({ env: { PORTAL_URL: url } })
  const served = { '/': { type: 'text/html', body: page }, ...files(idp.issuer) }
  const origin = new URL(idp.issuer).origin
  const server = createServer((request, response) => {
    const file = (served as Record<string, { type: string; body: string }>)[request.url?.split('?')[0] ?? '']
    response.writeHead(file ? 200 : 404, {
      'Content-Type': file?.type ?? 'text/plain',
      'Content-Security-Policy': `default-src 'none'; script-src 'self'; img-src data:; connect-src ${origin}; frame-src 'self' ${origin}; frame-ancestors 'self'`,
    })
    response.end(file?.body)
  })
  await new Promise<void>(resolve => server.listen(port, 'localhost', resolve))
  return {
    url,
    idp,
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await idp.stop()
    },
  }
}

/** A script of the site. */
export const script = (body: string) => ({ type: 'text/javascript', body })

/** An HTML page of the site. */
export const html = (body: string) => ({ type: 'text/html', body })
