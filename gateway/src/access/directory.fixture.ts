import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

type Entry = Record<string, unknown> & { id: string }

/** A directory and issuer for tests: SCIM 2.0 over HTTP, signing keys at Keycloak's address. */
export type TestDirectory = {
  issuer: string
  /** Puts or changes an entry; meta.lastModified becomes now. */
  put(entry: Entry): void
  remove(id: string): void
  /** Makes the next answers of /scim wrong in one way. */
  fail(mode: 'html' | 'short' | 'status' | null): void
  requests: string[]
  /** From now on another key signs, and the one before is published no more. */
  takeKeyBack(): Promise<void>
  token(
    claims: JWTPayload,
    options?: { audience?: string; expiresIn?: string; foreignKey?: boolean; issuer?: string; kid?: string },
  ): Promise<string>
  stop(): Promise<void>
}

/** An entry as idp writes it. */
export function entry(
  id: string,
  more: { path?: string[]; active?: boolean; roles?: string[]; systems?: object; zh?: string; en?: string } = {},
): Entry {
  const path = more.path ?? ['hx']
  return {
    id,
    userName: `user.${id}`,
    displayName: more.zh ?? id,
    active: more.active ?? true,
    emails: [{ value: `${id}@huaxin.example`, primary: true }],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
      department: path.at(-1),
      manager: { value: 'e9999' },
    },
    'urn:atrium:scim:native': {
      names: { zh: more.zh ?? `甲${id}`, en: more.en ?? `Name ${id}` },
      position: { zh: '职员', en: 'Clerk' },
      departmentId: path.at(-1),
      departmentPath: path,
      departmentNames: { zh: `部门${path.at(-1)}`, en: `Department ${path.at(-1)}` },
      businessRoles: more.roles ?? ['employee'],
      systems: more.systems ?? {},
    },
  }
}

/** Starts one on a free port of the loopback interface. */
export async function startTestDirectory(): Promise<TestDirectory> {
  const entries = new Map<string, Entry & { meta: { lastModified: string } }>()
  const requests: string[] = []
  let failure: 'html' | 'short' | 'status' | null = null
  const makeOwn = async (kid: string) => {
    const pair = await generateKeyPair('ES256')
    return { kid, ...pair, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' } }
  }
  let own = await makeOwn('k1')
  const foreign = await generateKeyPair('ES256')
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (url.pathname.endsWith('/.well-known/openid-configuration')) {
      const at = (path: string): string => `${issuer}/protocol/openid-connect/${path}`
      return json(200, {
        issuer,
        jwks_uri: at('certs'),
        token_endpoint: at('token'),
        authorization_endpoint: at('auth'),
      })
    }
    if (url.pathname.endsWith('/certs')) return json(200, { keys: [own.jwk] })
    // Client credentials of the gateway; the only thing it asks this issuer for is the directory.
    if (url.pathname.endsWith('/protocol/openid-connect/token'))
      return json(200, { access_token: 'scim-token', expires_in: 300, token_type: 'Bearer' })
    requests.push(url.pathname + url.search)
    if (request.headers.authorization !== 'Bearer scim-token') return json(401, { status: '401' })
    if (failure === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>down</html>')
    if (failure === 'status') return json(503, {})
    const single = /\/scim\/v2\/Users\/(.+)$/.exec(url.pathname)?.[1]
    if (single) {
      const found = entries.get(decodeURIComponent(single))
      return found ? json(200, found) : json(404, { status: '404' })
    }
    const after = /meta\.lastModified gt "([^"]+)"/.exec(url.searchParams.get('filter') ?? '')?.[1]
    const all = [...entries.values()]
      .filter(one => !after || one.meta.lastModified > after)
      .sort((a, b) => a.id.localeCompare(b.id))
    const start = Number(url.searchParams.get('startIndex') ?? 1)
    const page = all.slice(start - 1, start - 1 + Number(url.searchParams.get('count') ?? 100))
    json(200, {
      totalResults: all.length + (failure === 'short' ? 5 : 0),
      startIndex: start,
      itemsPerPage: page.length,
      Resources: page,
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/atrium`
  return {
    issuer,
    requests,
    put: one => void entries.set(one.id, { ...one, meta: { lastModified: new Date().toISOString() } }),
    remove: id => void entries.delete(id),
    fail: mode => {
      failure = mode
    },
    takeKeyBack: async () => {
      own = await makeOwn('k2')
    },
    token: (claims, options = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: options.kid ?? own.kid, typ: 'at+jwt' })
        .setIssuer(options.issuer ?? issuer)
        .setAudience(options.audience ?? 'atrium')
        .setIssuedAt()
        .setExpirationTime(options.expiresIn ?? '5m')
        .sign(options.foreignKey ? foreign.privateKey : own.privateKey),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
