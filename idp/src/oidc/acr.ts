import { type ClaimsParameter, type Client, errors, type KoaContextWithOIDC } from 'oidc-provider'

/** How surely a person was recognised: `1` by one factor, `2` by two. Keycloak counts its levels alike. */
export type Level = '1' | '2'

/** Every level that can be reached, for `acr_values_supported`. */
export const acrValues: Level[] = ['1', '2']

/** The level an application asks for, and whether it takes no lower one. */
export type WantedLevel = { level: Level; essential: boolean }

type Requested = { essential?: unknown; value?: unknown; values?: unknown }

/**
 * What `acr_values` and the claim `acr` of the parameter `claims` ask for. Who demands one of several levels gets the lowest of
 * them; who wishes gets the first that there is, since `acr_values` is in the order of preference (OpenID Connect Core §3.1.2.1).
 */
export function wantedLevel(params: { claims?: unknown; acr_values?: unknown }): WantedLevel | undefined {
  const claim = acrClaim(params.claims)
  const demanded = claim?.essential === true ? known(listed(claim)) : []
  if (demanded.length > 0) return { level: demanded.includes('1') ? '1' : '2', essential: true }
  const wishes = typeof params.acr_values === 'string' ? params.acr_values.split(' ') : claim ? listed(claim) : []
  const [level] = known(wishes)
  return level && { level, essential: false }
}

/** Whether a session of this level is enough for what an application wants. */
export function reaches(acr: string | undefined, wanted: WantedLevel): boolean {
  return acr === '2' || wanted.level === '1'
}

/**
 * The level to tell an application, whose demand must be matched literally (§5.5.1.1): who demands `1` and would get `2`, which
 * includes it, is told `1`.
 */
export function toldLevel(acr: string | undefined, params: { claims?: unknown }): string | undefined {
  const claim = acrClaim(params.claims)
  const demanded = claim?.essential === true ? known(listed(claim)) : []
  return acr === '2' && demanded.length > 0 && !demanded.includes('2') ? '1' : acr
}

/**
 * An application that must have a level nobody can reach is told so (`unmet_authentication_requirements`): the library alone
 * would ask for the password again and again. A level that is only wished for is answered with the one that was reached.
 */
export async function refuseUnreachableAcr(
  _ctx: KoaContextWithOIDC,
  claims: ClaimsParameter,
  _client: Client,
): Promise<void> {
  const acr = claims.id_token?.acr as Requested | null | undefined
  if (!acr?.essential) return
  const wanted = listed(acr)
  if (wanted.length === 0 || known(wanted).length > 0) return
  throw unmet(`none of the requested authentication levels can be reached: ${wanted.slice(0, 5).join(' ')}`)
}

/** The error of OpenID Connect Core Unmet Authentication Requirements 1.0. */
export function unmet(description: string): Error {
  return new errors.CustomOIDCProviderError('unmet_authentication_requirements', description)
}

function acrClaim(claims: unknown): Requested | undefined {
  // The library has refused what is no JSON object by the time anybody asks here.
  const parsed: unknown = typeof claims === 'string' ? JSON.parse(claims) : claims
  const acr = (parsed as { id_token?: { acr?: unknown } } | undefined)?.id_token?.acr
  return typeof acr === 'object' && acr !== null ? acr : undefined
}

function listed({ value, values }: Requested): string[] {
  return [...(value === undefined ? [] : [value]), ...(Array.isArray(values) ? values : [])].map(String)
}

function known(values: string[]): Level[] {
  return acrValues.filter(level => values.includes(level)).sort((a, b) => values.indexOf(a) - values.indexOf(b))
}
