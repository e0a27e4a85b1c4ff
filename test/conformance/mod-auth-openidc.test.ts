import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '@atrium/platform/testing'
import type * as client from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { type Host, startHost } from './host.ts'
import { strangersClient } from './report.ts'
import { registration, type Stage, secretOf, startStage } from './stage.ts'
import { signIn as signInStranger } from './visit.ts'

/**
 * Apache's mod_auth_openidc, certified by itself and in front of half of the world's intranets: registered like any stranger, with
 * a real httpd and a real browser. Skipped where Debian's packages `apache2` and `libapache2-mod-auth-openidc` are missing.
 */
const httpd = '/usr/sbin/apache2'
const modules = '/usr/lib/apache2/modules'
const installed = existsSync(httpd) && existsSync(`${modules}/mod_auth_openidc.so`)

let stage: Stage
let apache: ChildProcess
let browser: Browser
let site: string
let folder: string
// The module reads an API's key set over TLS only.
let keySet: Host
let registered: client.Configuration

const configuration = (port: number, client: { id: string; secret: string }): string => `
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/httpd.pid
ErrorLog ${folder}/error.log
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'headers', 'auth_openidc'].map(name => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
DocumentRoot ${folder}/site
DirectoryIndex index.html

OIDCProviderMetadataURL ${stage.issuer}/.well-known/openid-configuration
OIDCClientID ${client.id}
OIDCClientSecret ${client.secret}
OIDCRedirectURI ${site}/protected/callback
OIDCDefaultLoggedOutURL ${site}/signed-out.html
OIDCCryptoPassphrase ${randomBytes(24).toString('hex')}
OIDCPKCEMethod S256
OIDCScope "openid profile email"
OIDCRemoteUserClaim preferred_username
OIDCCacheShmMax 500
OIDCOAuthVerifyJwksUri ${keySet.url}/certs
OIDCOAuthSSLValidateServer Off
OIDCOAuthRemoteUserClaim preferred_username

<Directory ${folder}/site>
  Require all granted
</Directory>
<Location /protected>
  AuthType openid-connect
  Require valid-user
  Header always set X-Remote-User "expr=%{REMOTE_USER}"
</Location>
<Location /api>
  AuthType oauth20
  Require valid-user
  Header always set X-Remote-User "expr=%{REMOTE_USER}"
</Location>
`

async function startApache(): Promise<void> {
  const port = await freePort()
  site = `http://localhost:${port}`
  registered = await stage.register({
    client_name: 'Apache',
    redirect_uris: [`${site}/protected/callback`],
    post_logout_redirect_uris: [`${site}/signed-out.html`],
    backchannel_logout_uri: `${site}/protected/callback?logout=backchannel`,
    backchannel_logout_session_required: true,
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  })
  folder = await mkdtemp(join(tmpdir(), 'atrium-httpd-'))
  await chmod(folder, 0o755)
  for (const place of ['protected', 'api']) await mkdir(join(folder, 'site', place), { recursive: true })
  await writeFile(join(folder, 'site/protected/index.html'), '<h1>protected</h1>')
  await writeFile(join(folder, 'site/api/index.html'), '{"ok":true}')
  await writeFile(join(folder, 'site/signed-out.html'), '<h1>signed out</h1>')
  const ours = { id: registration(registered).client_id as string, secret: secretOf(registered) }
  await writeFile(join(folder, 'httpd.conf'), configuration(port, ours))
  apache = spawn(httpd, ['-d', folder, '-f', join(folder, 'httpd.conf'), '-DFOREGROUND'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  apache.stderr?.on('data', text => {
    said += text
  })
  for (let turn = 0; !(await fetch(`${site}/signed-out.html`).catch(() => undefined))?.ok; turn++) {
    if (turn > 100 || apache.exitCode !== null)
      throw new Error(
        `httpd does not answer: ${said} ${await readFile(join(folder, 'error.log'), 'utf8').catch(() => '')}`,
      )
    await setTimeout(100)
  }
}

describe.skipIf(!installed)('mod_auth_openidc', () => {
  beforeAll(async () => {
    stage = await startStage('query', { OUTGOING_HOSTS: 'localhost' })
    keySet = await startHost(true)
    keySet.documents.set('/certs', await (await fetch(`${stage.issuer}/protocol/openid-connect/certs`)).json())
    await startApache()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    if (apache?.exitCode === null) {
      const ended = new Promise(resolve => apache.once('exit', resolve))
      apache.kill('SIGTERM')
      await ended
    }
    await keySet?.stop()
    await stage?.stop()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  it('lets a person in by the sign-in page, and knows who it is', async () => {
    const tab = await (await browser.newContext({ locale: 'zh-CN' })).newPage()
    expect(await signIn(tab)).toBe('li.na')
    await tab.context().close()
  })

  it('signs out at the provider, and comes back', async () => {
    const tab = await (await browser.newContext({ locale: 'zh-CN' })).newPage()
    await signIn(tab)
    await tab.goto(`${site}/protected/callback?logout=${encodeURIComponent(`${site}/signed-out.html`)}`)
    await tab.getByRole('heading', { name: 'signed out' }).waitFor()
    await tab.goto(`${site}/protected/`)
    await tab.getByLabel('用户名').waitFor()
    await tab.context().close()
  })

  it('ends its session when a back-channel logout arrives', async () => {
    const tab = await (await browser.newContext({ locale: 'zh-CN' })).newPage()
    await signIn(tab)
    await stage.idp.service.deps.sessions.endSessions(stage.idp.service.deps.db, {
      personId: 'e0007',
      reason: 'test',
      actor: { id: 'test', kind: 'system' },
    })
    await expect
      .poll(async () => (await tab.request.get(`${site}/protected/`, { maxRedirects: 0 })).status(), {
        timeout: 15_000,
      })
      .toBe(302)
    await tab.context().close()
  })

  it('takes our access tokens at an API, checked by the key set alone, and nothing else', async () => {
    const { tokens } = await signInStranger(stage, registered, { redirect_uri: `${site}/protected/callback` })
    const token = tokens.access_token
    const ask = (bearer: string) => fetch(`${site}/api/`, { headers: { authorization: `Bearer ${bearer}` } })
    const answer = await ask(token)
    expect([answer.status, answer.headers.get('x-remote-user')]).toEqual([200, 'li.na'])
    const [head, body, signature] = token.split('.')
    const forged = `${head}.${body}.${signature?.split('').reverse().join('')}`
    expect((await ask(forged)).status).toBe(401)
    expect((await fetch(`${site}/api/`)).status).toBe(401)
  })
})

if (installed) strangersClient('mod_auth_openidc', "Apache's mod_auth_openidc 2.4")

/** Opens the protected page and signs in where it asks. @returns whom Apache takes the person for */
async function signIn(tab: Page): Promise<string | undefined> {
  await tab.goto(`${site}/protected/`)
  await tab.getByLabel('用户名').fill('li.na')
  await tab.getByLabel('密码', { exact: true }).fill(password)
  const [answer] = await Promise.all([
    tab.waitForResponse(response => response.url() === `${site}/protected/` && response.ok()),
    tab.getByRole('button', { name: '登录', exact: true }).click(),
  ])
  return answer.headers()['x-remote-user']
}
