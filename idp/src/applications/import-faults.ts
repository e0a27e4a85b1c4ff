import type { ImportFault } from '../directory/import-check.ts'
import type { ImportDocument } from '../directory/import-schema.ts'
import type { Text } from '../oidc/tables.ts'
import { redirectFault, webAddressFault } from './addresses.ts'
import { type KeySet, keySetFault } from './key-set.ts'
import { protocolOf } from './kinds.ts'

type Found = { detail: Text } | undefined

/** What is wrong with the applications of an import: the addresses and keys are held to what the admin API holds them to. */
export function importedApplicationFaults({ applications = [] }: ImportDocument): ImportFault[] {
  return applications.flatMap((one, index) => {
    const { kind } = protocolOf({ redirect_uris: one.redirectUris, client_metadata: one.client ?? {} })
    const looked: [field: string, found: Found][] = [
      ['url', webAddressFault(one.url)],
      ...one.redirectUris.map((uri, i): [string, Found] => [`redirectUris.${i}`, redirectFault(uri, kind)]),
      ...one.postLogoutRedirectUris.map((uri, i): [string, Found] => [
        `postLogoutRedirectUris.${i}`,
        redirectFault(uri, kind),
      ]),
      ['backchannelLogoutUri', one.backchannelLogoutUri ? webAddressFault(one.backchannelLogoutUri) : undefined],
      // The import's schema has checked the same shape.
      ['client.jwks', one.client?.jwks ? keySetFault(one.client.jwks as KeySet) : undefined],
    ]
    return looked.flatMap(([field, found]) =>
      found ? [{ path: `applications.${index}.${field}`, ...found.detail }] : [],
    )
  })
}
