import { z } from 'zod'
import type { Config } from '../config.ts'
import { mayCall } from '../oidc/outgoing.ts'
import type { Text } from '../oidc/tables.ts'
import { redirectFault, webAddressFault } from './addresses.ts'
import { keySet, keySetFault } from './key-set.ts'
import { authentications, kinds, possibleAuthentications } from './kinds.ts'

const address = z.string().trim().min(1).max(2000)
const addresses = z.array(address).max(50)
const name = z.string().trim().min(1).max(200)

/** What an administrator says of an application, as far as its shape goes; `applicationFaults` looks at the whole. */
export const applicationInput = z.strictObject({
  name: z.strictObject({ zh: name, en: name }),
  url: z.string().trim().max(2000).default('').describe('Where people open it; empty for machines and devices'),
  kind: z
    .enum(kinds)
    .describe(
      '`web` keeps a secret on a server, `browser` is a page that cannot, `machine` acts for itself, `device` has no browser or is installed, `legacy_implicit` knows no better than the implicit flow',
    ),
  authentication: z.enum(authentications),
  redirectUris: addresses.default([]),
  postLogoutRedirectUris: addresses.default([]),
  backchannelLogoutUri: address.nullable().default(null).describe('OpenID Connect Back-Channel Logout 1.0'),
  jwksUri: address.nullable().default(null),
  jwks: keySet.nullable().default(null),
  dpop: z.boolean().default(false).describe('Its tokens are bound to a key (RFC 9449)'),
  par: z.boolean().default(false).describe('It pushes its authorization requests (RFC 9126)'),
  idTokenAlg: z.enum(['ES256', 'RS256']).default('ES256'),
})

/** What an administrator says of an application. */
export type ApplicationInput = z.output<typeof applicationInput>

/** What is wrong with an application; `path` names the field. */
export type ApplicationFault = { path: string; code: string; detail: Text }

/** What is wrong with an application whose fields are well-formed one by one. */
export function applicationFaults(input: ApplicationInput, config: Config): ApplicationFault[] {
  return [...addressFaults(input), ...protocolFaults(input), ...keyFaults(input, config)]
}

function addressFaults(input: ApplicationInput): ApplicationFault[] {
  const { kind, url, redirectUris, postLogoutRedirectUris, backchannelLogoutUri } = input
  const faults: ApplicationFault[] = []
  const look = (path: string, found: { code: string; detail: Text } | undefined) => {
    if (found) faults.push({ path, ...found })
  }
  const opened = kind !== 'machine' && kind !== 'device'
  if (url || opened) look('url', url ? webAddressFault(url) : missing('请填写打开地址', 'Say where people open it'))
  for (const [field, list] of [
    ['redirectUris', redirectUris],
    ['postLogoutRedirectUris', postLogoutRedirectUris],
  ] as const)
    for (const [i, one] of list.entries()) {
      look(`${field}.${i}`, redirectFault(one, kind))
      if (list.indexOf(one) < i) look(`${field}.${i}`, { code: 'duplicate', detail: twice(one) })
    }
  if (opened && redirectUris.length === 0)
    look('redirectUris', missing('请至少填写一个登录回调地址', 'Name at least one redirect address'))
  if (kind === 'machine' && redirectUris.length + postLogoutRedirectUris.length > 0)
    look('redirectUris', notForKind('以自己身份运行的应用没有人登录', 'Nobody signs in to a machine'))
  if (backchannelLogoutUri && kind !== 'web')
    look(
      'backchannelLogoutUri',
      notForKind('只有带服务器的应用可以被通知退出', 'Only an application with a server can be told of a sign-out'),
    )
  else if (backchannelLogoutUri) look('backchannelLogoutUri', webAddressFault(backchannelLogoutUri))
  return faults
}

function protocolFaults({ kind, authentication, dpop, par }: ApplicationInput): ApplicationFault[] {
  const faults: ApplicationFault[] = []
  const possible = possibleAuthentications[kind]
  if (!possible.includes(authentication))
    faults.push({
      path: 'authentication',
      ...notForKind(
        `这类应用的认证方式只能是：${possible.join('、')}`,
        `An application of this kind authenticates by: ${possible.join(', ')}`,
      ),
    })
  const code = kind === 'web' || kind === 'browser'
  if (par && !code)
    faults.push({
      path: 'par',
      ...notForKind('这类应用不推送授权请求', 'An application of this kind pushes no requests'),
    })
  if (dpop && kind === 'legacy_implicit')
    faults.push({
      path: 'dpop',
      ...notForKind('隐式流程的令牌不能绑定密钥', 'Tokens of the implicit flow cannot be bound to a key'),
    })
  return faults
}

function keyFaults({ authentication, jwks, jwksUri }: ApplicationInput, config: Config): ApplicationFault[] {
  if (authentication !== 'private_key_jwt') {
    const needless = notForKind('只有 private_key_jwt 需要密钥', 'Only private_key_jwt has keys')
    return [...(jwks ? [{ path: 'jwks', ...needless }] : []), ...(jwksUri ? [{ path: 'jwksUri', ...needless }] : [])]
  }
  if ((jwks === null) === (jwksUri === null))
    return [
      {
        path: jwks ? 'jwksUri' : 'jwks',
        code: jwks ? 'not_for_kind' : 'missing',
        detail: {
          zh: 'private_key_jwt 需要密钥集或密钥集地址，二者取一',
          en: 'private_key_jwt needs either a key set or the address of one',
        },
      },
    ]
  const fault = jwks ? keySetFault(jwks) : jwksUri ? keyAddressFault(jwksUri, config) : undefined
  return fault ? [{ path: jwks ? 'jwks' : 'jwksUri', ...fault }] : []
}

function keyAddressFault(address: string, config: Config): { code: string; detail: Text } | undefined {
  const fault = webAddressFault(address)
  if (fault || mayCall(config, address)) return fault
  const { host } = new URL(address)
  return {
    code: 'host_not_allowed',
    detail: {
      zh: `身份服务不会调用 ${host}：请把它加入 OUTGOING_HOSTS，或直接登记密钥集`,
      en: `The identity provider does not call ${host}: add it to OUTGOING_HOSTS, or register the key set itself`,
    },
  }
}

const missing = (zh: string, en: string) => ({ code: 'missing', detail: { zh, en } })
const notForKind = (zh: string, en: string) => ({ code: 'not_for_kind', detail: { zh, en } })
const twice = (address: string): Text => ({ zh: `地址重复：${address}`, en: `The address stands twice: ${address}` })
