import type * as client from 'openid-client'
import { TestBrowser } from '../src/oidc/testing/browser.ts'
import { visit } from '../src/oidc/testing/relying-party.ts'
import type { BenchIdp } from './servers.ts'

/**
 * A browser that a person has used before and is signed out in: it keeps the cookie by which idp knows it. From any other browser a
 * sign-in is rare, and sends a mail besides.
 * @returns a function that gives such a browser, each a new one
 */
export async function knownBrowser(idp: BenchIdp, rp: client.Configuration): Promise<() => TestBrowser> {
  const { browser } = await visit(idp, 'portal', 'li.na', { rp })
  const device = [...browser.cookies].filter(([key]) => key.split(' ')[0]?.endsWith('_device'))
  if (device.length === 0) throw new Error('a sign-in left no cookie of the browser')
  return () => {
    const known = new TestBrowser()
    for (const [key, cookie] of device) known.cookies.set(key, cookie)
    return known
  }
}
