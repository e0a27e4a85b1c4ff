import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseSystems } from '../configuration.ts'
import { createAuthority, type TestCertificate } from '../testing/certificates.ts'
import { UpstreamError } from '../types.ts'
import { daysLeft, tlsSchema } from './secure.ts'
import { Transport } from './transport.ts'

const company = createAuthority('Company CA')
const stranger = createAuthority('Another CA')
const gateway = company.issue('gateway.corp')
const expired = company.issue('gateway.corp', -2)

interface SecureServer {
  url: string
  seen: string[]
  stop(): Promise<void>
}

/** A system that lets in only who shows a certificate of the company. */
async function secureServer(own: TestCertificate, maxVersion?: 'TLSv1.2'): Promise<SecureServer> {
  const seen: string[] = []
  const server = createServer(
    { ...own, ca: company.cert, requestCert: true, rejectUnauthorized: true, ...(maxVersion && { maxVersion }) },
    (request, response) => {
      seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
    },
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    seen,
    stop: () => new Promise(resolve => server.close(() => resolve()).closeAllConnections()),
  }
}

interface StrictServer {
  url: string
  stop(): Promise<void>
}

/** OpenSSL's own server: unlike Node's it refuses a certificate by an alert of the protocol, as web servers do. */
async function strictServer(version: string): Promise<StrictServer> {
  const dir = await mkdtemp(join(tmpdir(), 'atrium-tls-'))
  const own = company.issue('erp.corp')
  for (const [name, text] of Object.entries({ cert: own.cert, key: own.key, ca: company.cert }))
    await writeFile(join(dir, name), text)
  const files = ['-cert', join(dir, 'cert'), '-key', join(dir, 'key'), '-CAfile', join(dir, 'ca')]
  const strict = ['-Verify', '1', '-verify_return_error', version, '-www']
  const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...files, ...strict])
  const port = await new Promise<string>((resolve, reject) => {
    child.on('error', reject)
    child.stdout.on('data', data => {
      const found = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(String(data))?.[1]
      if (found) resolve(found)
    })
  })
  return {
    url: `https://127.0.0.1:${port}/`,
    async stop() {
      child.kill()
      await once(child, 'exit')
      await rm(dir, { recursive: true })
    },
  }
}

let server: SecureServer
let old: SecureServer
beforeAll(async () => {
  server = await secureServer(company.issue('erp.corp'))
  old = await secureServer(company.issue('erp.corp'), 'TLSv1.2')
})
afterAll(() => Promise.all([server.stop(), old.stop()]))

const right = { ...gateway, ca: company.cert, servername: 'erp.corp' }

async function ask(tls: object, to: { url: string } = server): Promise<unknown> {
  const transport = new Transport('erp', 2, 10_000, tls)
  try {
    const answer = await transport.send({ method: 'GET', url: to.url, headers: {} }, Date.now() + 5000)
    return JSON.parse(answer.body)
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    const { code, kind, outcome, retryable } = error
    return { code, kind, outcome, retryable }
  } finally {
    await transport.close()
  }
}

describe('mutual TLS', () => {
  test('who shows the right certificate to the right system is let in, under the name in it', async () => {
    expect(await ask(right)).toEqual({ ok: true })
    expect(await ask(right, old)).toEqual({ ok: true })
    expect([...server.seen, ...old.seen]).toEqual(['gateway.corp', 'gateway.corp'])
  })

  describe.each(['-tls1_2', '-tls1_3'])(
    'a system that looks at certificates while the connection is made (%s)',
    version => {
      let strict: StrictServer
      beforeAll(async () => {
        strict = await strictServer(version)
      })
      afterAll(() => strict.stop())

      test.each([
        ['none', { ca: company.cert, servername: 'erp.corp' }],
        ['one that has expired', { ...right, ...expired }],
        ['one of another authority', { ...right, ...stranger.issue('gateway.corp') }],
      ])('tells who shows %s that it is the own certificate', async (_name, tls) => {
        expect(await ask(tls, strict)).toEqual({
          code: 'UPSTREAM_UNTRUSTED',
          kind: 'own_certificate',
          outcome: 'refused',
          retryable: false,
        })
      })
    },
  )

  test('of a system that only hangs up on who shows a wrong certificate is told what can be seen: the connection broke', async () => {
    const told = await ask({ ...right, ...stranger.issue('gateway.corp') })
    expect(told).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', kind: 'connection_lost' })
    expect(server.seen).toEqual(['gateway.corp'])
  })

  test.each([
    ['of an authority nobody trusts', { servername: 'erp.corp', ...gateway, ca: stranger.cert }, 'system_certificate'],
    ['of no known authority', { servername: 'erp.corp', ...gateway }, 'system_certificate'],
    ['for another name', { ...right, servername: 'crm.corp' }, 'system_certificate_name'],
  ])('a system whose certificate is %s is sent nothing', async (_name, tls, kind) => {
    const before = server.seen.length
    expect(await ask(tls)).toEqual({ code: 'UPSTREAM_UNTRUSTED', kind, outcome: 'not_sent', retryable: false })
    expect(server.seen).toHaveLength(before)
  })

  test('a system whose certificate has expired is sent nothing', async () => {
    const late = await secureServer(company.issue('erp.corp', -1))
    const told = await ask(right, late)
    await late.stop()
    expect(told).toMatchObject({ code: 'UPSTREAM_UNTRUSTED', kind: 'system_certificate_expired', outcome: 'not_sent' })
    expect(late.seen).toEqual([])
  })
})

describe('configuration', () => {
  const faults = (tls: object): string[] =>
    (tlsSchema.safeParse(tls).error?.issues ?? []).map(issue => `${issue.path.join('.')}: ${issue.message}`)

  test.each([
    ['a certificate without its key', { cert: gateway.cert }, 'key: certificate and key belong together'],
    ['a key without its certificate', { key: gateway.key }, 'cert: certificate and key belong together'],
    ['the key of another', { cert: gateway.cert, key: expired.key }, 'key: does not belong to the certificate'],
    ['no PEM', { ...gateway, cert: 'MIIB' }, 'cert: is no certificate in PEM form'],
    ['an authority that is none', { ca: gateway.key }, 'ca: is no certificate in PEM form'],
  ])('%s is refused when it is read, without repeating what it holds', (_name, tls, fault) => {
    const told = faults(tls)
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(fault)
    expect(told[0]).not.toContain('BEGIN')
  })

  test('stands beside any way of signing in', () => {
    const { systems } = parseSystems({
      company: { zone: 'UTC', currency: 'CNY' },
      systems: {
        erp: {
          name: { zh: '总账', en: 'Ledger' },
          url: server.url,
          protocol: 'json-rpc',
          endpoint: server.url,
          authentication: { kind: 'basic', user: 'u', password: 'p' },
          tls: right,
        },
      },
    })
    expect(systems.erp?.tls?.servername).toBe('erp.corp')
  })

  test('says how many days the own certificate is good for', () => {
    expect(daysLeft(gateway, new Date())).toBeOneOf([29, 30])
    expect(daysLeft(expired, new Date())).toBeLessThan(0)
    expect(daysLeft({ ca: company.cert }, new Date())).toBeNull()
  })
})
