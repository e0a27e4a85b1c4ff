import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as client from 'openid-client'
import { freePort } from '../free-port.ts'
import { stopNode, until } from '../servers.ts'
import { Jar, type Peer, redirectOf } from './peer.ts'

const application = '/usr/share/lemonldap-ng/portal/htdocs/index.psgi'
const delivered = '/var/lib/lemonldap-ng/conf/lmConf-1.json'
const settings = '/etc/lemonldap-ng/lemonldap-ng.ini'

/** Debian's LemonLDAP::NG with its demonstration accounts, under plackup; undefined where it is not installed. */
export async function startLemonldap(): Promise<Peer | undefined> {
  if (![application, delivered, settings, '/usr/bin/plackup'].every(existsSync)) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'atrium-lemonldap-'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  for (const place of ['conf', 'cache', 'sessions/lock', 'psessions/lock'])
    await mkdir(join(folder, place), { recursive: true })
  const base = JSON.parse(await readFile(delivered, 'utf8')) as object
  await writeFile(join(folder, 'conf/lmConf-1.json'), JSON.stringify({ ...base, ...configuration(folder, url) }))
  const ini = (await readFile(settings, 'utf8')).replaceAll('/var/lib/lemonldap-ng', folder)
  await writeFile(join(folder, 'lemonldap-ng.ini'), ini)
  const child = spawn(
    '/usr/bin/plackup',
    ['-E', 'deployment', '--host', '127.0.0.1', '--port', `${port}`, application],
    {
      stdio: 'ignore',
      env: { ...process.env, LLNG_DEFAULTCONFFILE: join(folder, 'lemonldap-ng.ini') },
    },
  )
  const stop = async (): Promise<void> => {
    await stopNode(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until(`${url}/.well-known/openid-configuration`)
    return {
      name: 'LemonLDAP::NG (Perl, files, no hash, RS256)',
      rp: await client.discovery(new URL(url), 'portal', {}, client.None(), {
        execute: [client.allowInsecureRequests],
      }),
      pid: child.pid ?? 0,
      postmaster: undefined,
      signIn,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function configuration(folder: string, url: string): object {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const files = (name: string) => ({ Directory: join(folder, name), LockDirectory: join(folder, name, 'lock') })
  return {
    portal: `${url}/`,
    domain: 'localhost',
    securedCookie: 0,
    authentication: 'Demo',
    userDB: 'Same',
    globalStorage: 'Apache::Session::File',
    globalStorageOptions: files('sessions'),
    persistentStorage: 'Apache::Session::File',
    persistentStorageOptions: files('psessions'),
    notification: 0,
    registerDB: 'Null',
    portalDisplayResetPassword: 0,
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceMetaDataIssuer: url,
    oidcServiceAllowAuthorizationCodeFlow: 1,
    oidcServicePrivateKeySig: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    oidcServicePublicKeySig: publicKey.export({ type: 'spki', format: 'pem' }),
    oidcServiceKeyIdSig: 'bench',
    oidcRPMetaDataExportedVars: { portal: { name: 'cn', email: 'mail' } },
    oidcRPMetaDataOptions: {
      portal: {
        oidcRPMetaDataOptionsClientID: 'portal',
        oidcRPMetaDataOptionsPublic: 1,
        oidcRPMetaDataOptionsRedirectUris: 'http://localhost:39000/',
        oidcRPMetaDataOptionsBypassConsent: 1,
        oidcRPMetaDataOptionsRefreshToken: 1,
        oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
        oidcRPMetaDataOptionsAccessTokenJWT: 1,
        oidcRPMetaDataOptionsAccessTokenSignAlg: 'RS256',
        oidcRPMetaDataOptionsUserIDAttr: 'uid',
      },
    },
  }
}

async function signIn(authorization: URL): Promise<URL> {
  const jar = new Jar()
  const html = await (await jar.fetch(authorization)).text()
  const form = new URLSearchParams({ user: 'dwho', password: 'dwho' })
  const token = /name="token" value="([^"]*)"/.exec(html)?.[1]
  if (token) form.set('token', token)
  return redirectOf(await jar.fetch(authorization, { method: 'POST', body: form }))
}
