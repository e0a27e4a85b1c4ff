import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/*
 * Addresses that no system stands at, and behind which a cloud hands out the credentials of the machine: link-local ones and
 * those of metadata services. Everything else may be named, private networks and this machine included: that is where a
 * company's systems are.
 */
const refused = new BlockList()
refused.addSubnet('169.254.0.0', 16, 'ipv4')
refused.addSubnet('fe80::', 10, 'ipv6')
// The same IPv4 network by way of NAT64 and 6to4; IPv4-mapped addresses are looked at as IPv4 by the list itself.
refused.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
refused.addSubnet('2002:a9fe::', 32, 'ipv6')
refused.addAddress('fd00:ec2::254', 'ipv6')
refused.addAddress('100.100.100.200', 'ipv4')
refused.addAddress('192.0.0.192', 'ipv4')

const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'metadata'])

/** Whether an address, or a host by its name alone, is one that no system may have. */
export function isLinkLocal(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return metadataNames.has(bare.toLowerCase().replace(/\.$/, ''))
  return refused.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}

/** A host's name leads to an address that no system may have. */
export class LinkLocalRefused extends Error {
  readonly code = 'LINK_LOCAL_REFUSED'
}

/** Node's own look-up, which does not give such addresses: what a name leads to is known when it is connected to, not before. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, options as LookupAllOptions, (error, found: LookupAddress[] | string, family?: number) => {
    const addresses = typeof found === 'string' ? [found] : (found ?? []).map(one => one.address)
    if (!error && addresses.some(isLinkLocal))
      callback(new LinkLocalRefused(`${hostname} is at a link-local or metadata address`), [])
    else callback(error, found as never, family)
  })
}
