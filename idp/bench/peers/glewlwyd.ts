import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, sql } from '@atrium/platform/database'
import { startPostgres } from '@atrium/platform/postgres'
import * as client from 'openid-client'
import { freePort } from '../free-port.ts'
import { stopNode, until } from '../servers.ts'
import { Jar, type Peer, redirectOf } from './peer.ts'

const binary = '/usr/bin/glewlwyd'
const schema = '/usr/share/dbconfig-common/data/glewlwyd/install'
const redirectUri = 'http://localhost:39000/'
const person = { username: 'li.na', password: 'Welcome-2026' }

/** Debian's glewlwyd on a PostgreSQL of its own, as its documentation installs it; undefined where it is not installed. */
export async function startGlewlwyd(): Promise<Peer | undefined> {
  if (!existsSync(binary) || !existsSync(`${schema}/pgsql`)) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'atrium-glewlwyd-'))
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: await freePort() })
  await postgres.createDatabase('glewlwyd')
  await install(postgres.url('glewlwyd'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  await writeFile(join(folder, 'glewlwyd.conf'), configuration(port, new URL(postgres.url('glewlwyd'))))
  const child = spawn(binary, ['-c', join(folder, 'glewlwyd.conf')], { stdio: 'ignore' })
  const stop = async (): Promise<void> => {
    await stopNode(child)
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until(`${url}/config`)
    await setUp(url)
    return {
      name: 'glewlwyd (C, PostgreSQL, bcrypt cost 6, ES256)',
      rp: await client.discovery(new URL(`${url}/api/oidc`), 'portal', {}, client.None(), {
        execute: [client.allowInsecureRequests],
      }),
      pid: child.pid ?? 0,
      postmaster: postgres.pid,
      signIn: authorization => signIn(url, authorization),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function install(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl, { max: 1 })
  try {
    await sql`create extension pgcrypto`.execute(db)
    for (const file of ['pgsql', 'postgre.default.sql'])
      await sql.raw(await readFile(join(schema, file), 'utf8')).execute(db)
  } finally {
    await db.destroy()
  }
}

const configuration = (port: number, database: URL): string => `port=${port}
bind_address="127.0.0.1"
external_url="http://localhost:${port}"
login_url="login.html"
api_prefix="api"
static_files_path="/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="ERROR"
cookie_domain="localhost"
cookie_secure=0
session_key="peer"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "postgre"; conninfo = "host=127.0.0.1 port=${database.port} dbname=glewlwyd user=${database.username} password=${database.password}" };
`

/** The plugin for OpenID Connect, the client and the person, by its administration API with the account it is installed with. */
async function setUp(url: string): Promise<void> {
  const jar = new Jar()
  const post = async (path: string, body: object): Promise<void> => {
    const response = await jar.fetch(`${url}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`glewlwyd refused ${path}: ${response.status} ${await response.text()}`)
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await post('auth', { username: 'admin', password: 'password' })
  await post('mod/plugin', {
    module: 'oidc',
    name: 'oidc',
    display_name: 'oidc',
    order_rank: 0,
    parameters: {
      iss: `${url}/api/oidc`,
      'jwt-type': 'ecdsa',
      'jwt-key-size': '256',
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: publicKey.export({ type: 'spki', format: 'pem' }),
      secret: randomBytes(24).toString('hex'),
      'access-token-duration': 300,
      'refresh-token-duration': 86_400,
      'code-duration': 60,
      'refresh-token-rolling': true,
      'refresh-token-one-use': 'always',
      'auth-type-code-enabled': true,
      'auth-type-id-token-enabled': true,
      'auth-type-refresh-enabled': true,
      'pkce-allowed': true,
      'subject-type': 'public',
      'allowed-scope': ['openid'],
      'name-claim': 'no',
      'email-claim': 'no',
      'scope-claim': 'no',
      'address-claim': { type: 'no' },
      claims: [],
      'additional-parameters': [],
    },
  })
  await post('client', {
    client_id: 'portal',
    name: 'portal',
    confidential: false,
    enabled: true,
    scope: ['openid'],
    redirect_uri: [redirectUri],
    authorization_type: ['code', 'refresh_token'],
  })
  await post('user', { ...person, name: 'Li Na', email: 'li.na@example.test', enabled: true, scope: ['openid'] })
  const own = new Jar()
  const json = { 'content-type': 'application/json' }
  await own.fetch(`${url}/api/auth`, { method: 'POST', headers: json, body: JSON.stringify(person) })
  await own.fetch(`${url}/api/auth/grant/portal`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify({ scope: 'openid' }),
  })
}

async function signIn(url: string, authorization: URL): Promise<URL> {
  const jar = new Jar()
  const page = redirectOf(await jar.fetch(authorization))
  const shown = await jar.fetch(page)
  await shown.body?.cancel()
  const checked = await jar.fetch(`${url}/api/auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  })
  if (!checked.ok) throw new Error(`glewlwyd refused the password: ${checked.status}`)
  // What its page's script does next.
  const back = new URL(page.searchParams.get('callback_url') ?? '')
  return redirectOf(await jar.fetch(`${back}&g_continue`))
}
