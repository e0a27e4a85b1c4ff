import { BlockList, isIP } from 'node:net'
import type { Text } from '../oidc/tables.ts'
import type { Kind } from './kinds.ts'

/** Why an address cannot be registered. */
export type AddressFault = { code: string; detail: Text }

const privateNetworks = new BlockList()
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  privateNetworks.addSubnet(net, bits, 'ipv4')
privateNetworks.addSubnet('fc00::', 7, 'ipv6')
privateNetworks.addSubnet('fe80::', 10, 'ipv6')

/** Where plain HTTP leads: to this machine, into the company's own network, or out into the world. */
function placeOf(hostname: string): 'loopback' | 'intranet' | 'public' {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\./.test(host)) return 'loopback'
  const version = isIP(host)
  if (version !== 0) return privateNetworks.check(host, version === 4 ? 'ipv4' : 'ipv6') ? 'intranet' : 'public'
  // Names that the public DNS never has: a single label, and those reserved for or customary in private networks.
  const own = !host.includes('.') || /\.(internal|intranet|intra|corp|lan|local|home\.arpa|test)$/.test(host)
  return own ? 'intranet' : 'public'
}

/**
 * Why a redirect address cannot be registered: RFC 6749 §3.1.2, RFC 8252 §7, OAuth 2.0 Security BCP §4.1. Addresses are compared
 * character by character, so that what is registered is what is allowed, and nothing else.
 */
export function redirectFault(address: string, kind: Kind): AddressFault | undefined {
  const general = addressFault(address)
  if (general) return general
  const url = new URL(address)
  if (url.protocol === 'https:' || url.protocol === 'http:') return webFault(url)
  // RFC 8252 §7.1: a scheme of one's own is a domain name of one's own, reversed. That also keeps javascript: and its kind out.
  const own = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)
  if (kind === 'device' && own) return undefined
  return kind === 'device'
    ? fault(
        'scheme_not_own',
        `自定义协议应为倒写的域名，如 com.example.app：${address}`,
        `A scheme of one's own is a reversed domain name, e.g. com.example.app: ${address}`,
      )
    : fault(
        'scheme_not_allowed',
        `只能使用 https 地址：${address}`,
        `Only https addresses are possible here: ${address}`,
      )
}

/** Why an address that the identity provider calls, or that people open, cannot be registered. */
export function webAddressFault(address: string): AddressFault | undefined {
  const general = addressFault(address)
  if (general) return general
  const url = new URL(address)
  if (url.protocol === 'https:' || url.protocol === 'http:') return webFault(url)
  return fault(
    'scheme_not_allowed',
    `只能使用 https 地址：${address}`,
    `Only https addresses are possible here: ${address}`,
  )
}

/** What an administrator should know of an address that may be registered nevertheless. */
export function addressWarning(address: string): Text | undefined {
  const url = URL.parse(address)
  if (url?.protocol !== 'http:' || placeOf(url.hostname) !== 'intranet') return undefined
  return {
    zh: `${url.origin} 没有 TLS：内网中能监听网络的人可以看到登录代码和会话`,
    en: `${url.origin} has no TLS: whoever can listen on the internal network sees codes and sessions`,
  }
}

function addressFault(address: string): AddressFault | undefined {
  if (/[\s\\]/.test(address) || !URL.canParse(address))
    return fault('not_absolute', `不是完整的地址：${address}`, `Not an absolute address: ${address}`)
  if (address.includes('*'))
    return fault(
      'wildcard',
      `地址逐字比较，不支持通配符：${address}`,
      `Addresses are compared exactly; wildcards are not possible: ${address}`,
    )
  if (address.includes('#'))
    return fault('fragment', `地址不能带 # 片段：${address}`, `An address must not have a fragment: ${address}`)
  const url = new URL(address)
  if (url.username || url.password)
    return fault(
      'credentials',
      `地址不能带用户名或密码：${url.host}`,
      `An address must not hold a user name or password: ${url.host}`,
    )
  return undefined
}

function webFault(url: URL): AddressFault | undefined {
  if (url.protocol === 'https:' || placeOf(url.hostname) !== 'public') return undefined
  return fault(
    'insecure_address',
    `公网地址必须使用 https：${url.origin}`,
    `Without TLS only addresses of this machine or the internal network are possible: ${url.origin}`,
  )
}

function fault(code: string, zh: string, en: string): AddressFault {
  return { code, detail: { zh, en } }
}
