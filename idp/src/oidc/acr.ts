import { type ClaimsParameter, type Client, errors, type KoaContextWithOIDC } from 'oidc-provider'

/** How surely a person was recognised: `1` is one factor, the only one there is so far. Keycloak counts its levels alike. */
export const acrOneFactor = '1'

/** Every level that can be reached, for `acr_values_supported`. */
export const acrValues = [acrOneFactor]

type Requested = { essential?: boolean; value?: unknown; values?: unknown[] } | null | undefined

/**
 * An application that must have a level nobody can reach is told so (`unmet_authentication_requirements`): the library alone
 * would ask for the password again and again. A level that is only wished for is answered with the one that was reached.
 */
export async function refuseUnreachableAcr(
  _ctx: KoaContextWithOIDC,
  claims: ClaimsParameter,
  _client: Client,
): Promise<void> {
  const acr = claims.id_token?.acr as Requested
  if (!acr?.essential) return
  const wanted = [...(acr.value === undefined ? [] : [acr.value]), ...(Array.isArray(acr.values) ? acr.values : [])]
  if (wanted.length === 0 || wanted.some(value => acrValues.includes(String(value)))) return
  throw new errors.CustomOIDCProviderError(
    'unmet_authentication_requirements',
    `none of the requested authentication levels can be reached: ${wanted.slice(0, 5).join(' ')}`,
  )
}
