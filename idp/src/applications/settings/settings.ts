import type { Config } from '../../config.ts'
import { routes } from '../../oidc/paths.ts'
import type { Text } from '../../oidc/tables.ts'
import { hasSecret, type Protocol, protocolOf } from '../kinds.ts'
import type { ApplicationRow } from '../read.ts'
import { grafana, keycloak, modAuthOpenidc, oauth2Proxy, odoo, spring } from './products.ts'
import { openidConnect } from './standard.ts'

/** What the settings of the other side are made from. */
export type Facts = Protocol & {
  id: string
  name: Text
  issuer: string
  endpoint: Record<keyof typeof routes, string>
  postLogoutRedirectUris: string[]
  backchannelLogoutUri: string | null
}

/** Finished settings for one kind of software on the other side. */
export type Settings = { target: string; title: Text; language: 'ini' | 'yaml' | 'json' | 'text'; text: string }

/** What stands in the place of the secret, which nobody can read again. */
export const secretPlaceholder = '<client-secret>'

/** Settings to paste into the other side: for the standard, and for the products that an application of this kind may be. */
export function settingsFor(row: ApplicationRow, config: Config): Settings[] {
  const facts = factsOf(row, config)
  const { kind, authentication, dpop, par } = facts
  if (kind === 'legacy_implicit') return [odoo(facts), openidConnect(facts)]
  // What follows is configured by a secret and the plain code flow; who was given more knows OpenID Connect.
  const plain = !dpop && !par && (hasSecret(authentication) || kind === 'browser')
  if (kind === 'browser' && plain) return [openidConnect(facts), ...keycloak(facts)]
  if (kind !== 'web' || !plain) return [openidConnect(facts)]
  return [
    openidConnect(facts),
    ...keycloak(facts),
    modAuthOpenidc(facts),
    spring(facts),
    oauth2Proxy(facts),
    grafana(facts),
  ]
}

function factsOf(row: ApplicationRow, config: Config): Facts {
  const address = (path: string): string => config.ISSUER + path
  return {
    ...protocolOf(row),
    id: row.id,
    name: row.name,
    issuer: config.ISSUER,
    endpoint: Object.fromEntries(
      Object.entries(routes).map(([name, path]) => [name, address(path)]),
      // `fromEntries` forgets the names that `routes` has.
    ) as Facts['endpoint'],
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    backchannelLogoutUri: row.backchannel_logout_uri,
  }
}
