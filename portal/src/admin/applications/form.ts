import type { Text } from '../answers.ts'
import type { Application, ApplicationInput, Authentication, IdTokenAlg, Kind } from './answers.ts'

/** The form as it is typed: lists are lines, a key set is text. */
export type Draft = {
  id: string
  nameZh: string
  nameEn: string
  url: string
  kind: Kind
  authentication: Authentication
  redirectUris: string
  postLogoutRedirectUris: string
  backchannelLogoutUri: string
  /** where the keys of private_key_jwt come from */
  keys: 'uri' | 'inline'
  jwksUri: string
  jwks: string
  dpop: boolean
  par: boolean
  idTokenAlg: IdTokenAlg
}

export type Field = keyof Draft

const browserFlow: Field[] = ['url', 'redirectUris', 'postLogoutRedirectUris', 'dpop']

/** What is asked of each kind, besides its name and id. Whatever is not asked is not sent. */
const asked: Record<Kind, readonly Field[]> = {
  web: [...browserFlow, 'backchannelLogoutUri', 'authentication', 'par', 'idTokenAlg'],
  browser: browserFlow,
  machine: ['authentication', 'dpop'],
  device: ['redirectUris', 'postLogoutRedirectUris', 'dpop'],
  legacy_implicit: ['url', 'redirectUris', 'postLogoutRedirectUris'],
}

/** Whether a field belongs to what is asked now. */
export function isAsked(draft: Draft, field: Field): boolean {
  if (field === 'keys') return isAsked(draft, 'authentication') && draft.authentication === 'private_key_jwt'
  if (field === 'jwksUri') return isAsked(draft, 'keys') && draft.keys === 'uri'
  if (field === 'jwks') return isAsked(draft, 'keys') && draft.keys === 'inline'
  return field === 'id' || field === 'nameZh' || field === 'nameEn' || asked[draft.kind].includes(field)
}

/** Whether applications of this kind have a secret. */
export function hasSecret({ kind, authentication }: Pick<ApplicationInput, 'kind' | 'authentication'>): boolean {
  return (
    kind !== 'browser' &&
    kind !== 'legacy_implicit' &&
    authentication !== 'private_key_jwt' &&
    authentication !== 'none'
  )
}

export function emptyDraft(kind: Kind): Draft {
  return {
    id: '',
    nameZh: '',
    nameEn: '',
    url: '',
    kind,
    authentication: kind === 'web' || kind === 'machine' ? 'client_secret_basic' : 'none',
    redirectUris: '',
    postLogoutRedirectUris: '',
    backchannelLogoutUri: '',
    keys: 'uri',
    jwksUri: '',
    jwks: '',
    dpop: false,
    par: false,
    idTokenAlg: 'ES256',
  }
}

export function draftOf(application: Application): Draft {
  return {
    id: application.id,
    nameZh: application.name.zh,
    nameEn: application.name.en,
    url: application.url,
    kind: application.kind,
    authentication: application.authentication,
    redirectUris: application.redirectUris.join('\n'),
    postLogoutRedirectUris: application.postLogoutRedirectUris.join('\n'),
    backchannelLogoutUri: application.backchannelLogoutUri ?? '',
    keys: application.jwks ? 'inline' : 'uri',
    jwksUri: application.jwksUri ?? '',
    jwks: application.jwks ? JSON.stringify(application.jwks, null, 2) : '',
    dpop: application.dpop,
    par: application.par,
    idTokenAlg: application.idTokenAlg,
  }
}

/** The lines that hold something. */
export function lines(text: string): string[] {
  return text
    .split(/\s+/)
    .map(line => line.trim())
    .filter(Boolean)
}

/** What is sent; a kind's own choices stand where nothing is asked. */
export function inputOf(draft: Draft): ApplicationInput {
  const when = <T>(field: Field, value: T, otherwise: T): T => (isAsked(draft, field) ? value : otherwise)
  return {
    name: { zh: draft.nameZh.trim(), en: draft.nameEn.trim() },
    url: draft.url.trim(),
    kind: draft.kind,
    authentication: when('authentication', draft.authentication, draft.kind === 'device' ? deviceProof(draft) : 'none'),
    redirectUris: when('redirectUris', lines(draft.redirectUris), []),
    postLogoutRedirectUris: when('postLogoutRedirectUris', lines(draft.postLogoutRedirectUris), []),
    backchannelLogoutUri: when('backchannelLogoutUri', draft.backchannelLogoutUri.trim() || null, null),
    jwksUri: when('jwksUri', draft.jwksUri.trim() || null, null),
    jwks: when('jwks', parsed(draft.jwks), null),
    dpop: when('dpop', draft.dpop, false),
    par: when('par', draft.par, false),
    idTokenAlg: when('idTokenAlg', draft.idTokenAlg, 'ES256'),
  }
}

// An installed application that came with a secret keeps it.
function deviceProof({ authentication }: Draft): Authentication {
  return authentication === 'private_key_jwt' ? 'none' : authentication
}

/** The form for another kind: how that kind usually proves itself. */
export function asKind(draft: Draft, kind: Kind): Draft {
  return { ...draft, kind, authentication: kind === 'web' || kind === 'machine' ? 'client_secret_basic' : 'none' }
}

export type Fault =
  | 'required'
  | 'id'
  | 'url'
  | 'redirect.required'
  | 'redirect.absolute'
  | 'redirect.fragment'
  | 'redirect.wildcard'
  | 'redirect.insecure'
  | 'jwks'
  | 'jwks.private'

/** The fields that a refusal of idp names (`redirectUris.0`), with its words. */
export function refusedFields(extra: Readonly<Record<string, unknown>>): Partial<Record<Field, Text>> {
  const faults = Array.isArray(extra.faults) ? (extra.faults as { path: string; detail: Text }[]) : []
  return Object.fromEntries(faults.map(({ path, detail }) => [path.split('.')[0], detail]).reverse())
}

/** What is wrong with what is asked. */
export function faultsOf(draft: Draft): Partial<Record<Field, Fault>> {
  const found: [Field, Fault | undefined][] = [
    ['id', /^[a-z][a-z0-9-]{0,62}$/.test(draft.id) ? undefined : draft.id ? 'id' : 'required'],
    ['nameZh', draft.nameZh.trim() ? undefined : 'required'],
    ['nameEn', draft.nameEn.trim() ? undefined : 'required'],
    ['url', draft.url.trim() ? (isWeb(draft.url.trim()) ? undefined : 'url') : 'required'],
    [
      'redirectUris',
      lines(draft.redirectUris).length === 0 && draft.kind !== 'device'
        ? 'redirect.required'
        : addressFault(draft.redirectUris),
    ],
    ['postLogoutRedirectUris', addressFault(draft.postLogoutRedirectUris)],
    ['backchannelLogoutUri', addressFault(draft.backchannelLogoutUri)],
    ['jwksUri', draft.jwksUri.trim() ? (isWeb(draft.jwksUri.trim()) ? undefined : 'url') : 'required'],
    ['jwks', keySetFault(draft.jwks)],
  ]
  return Object.fromEntries(found.filter(([field, fault]) => fault && isAsked(draft, field)))
}

function isWeb(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password
}

// RFC 6749 §3.1.2: absolute and without a fragment; compared exactly, so a star stands for itself.
function addressFault(text: string): Fault | undefined {
  for (const line of lines(text)) {
    if (line.includes('*')) return 'redirect.wildcard'
    const url = URL.parse(line)
    if (!url) return 'redirect.absolute'
    if (line.includes('#')) return 'redirect.fragment'
    // Other schemes are those of applications on a phone or a desktop (RFC 8252 §7.1).
    if (url.protocol === 'javascript:' || url.protocol === 'data:') return 'redirect.insecure'
  }
  return undefined
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

function keySetFault(text: string): Fault | undefined {
  const keys = parsed(text)?.keys
  if (!Array.isArray(keys) || keys.length === 0 || keys.some(key => typeof key !== 'object' || !key?.kty)) return 'jwks'
  return keys.some(key => 'd' in key || key.kty === 'oct') ? 'jwks.private' : undefined
}

/** An id from what is known: the English name, else the host's first part. */
export function suggestId(name: string, url: string): string {
  const host = URL.parse(url)?.hostname ?? ''
  const from = name.trim() || (/^[\d.:[\]]+$/.test(host) ? '' : host.split('.')[0]) || ''
  return from
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63)
}
