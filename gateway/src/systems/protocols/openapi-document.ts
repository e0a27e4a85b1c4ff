import { parse } from 'yaml'
import { MappingFault } from './protocol.ts'
import { fromSwagger2 } from './swagger2.ts'

type Json = Record<string, unknown>

export interface OpenApiDocument {
  document: Json
  /** the version as the document tells it */
  version: string
  /** follows references within the document, whatever it is given */
  resolve: (value: unknown) => Json
}

/**
 * Reads an OpenAPI 3.0/3.1 or Swagger 2.0 document in JSON or YAML; the latter is given the shape of the former.
 * @throws MappingFault when it is none
 */
export function readOpenApiDocument(text: string, system: string): OpenApiDocument {
  const document = parsed(text.replace(/^\ufeff/, ''), system)
  const resolve = resolver(document, system)
  if (typeof document?.openapi === 'string' && document.openapi.startsWith('3.'))
    return { document, version: document.openapi, resolve }
  if (String(document?.swagger) === '2.0' || document?.swagger === 2)
    return { document: fromSwagger2(document, resolve), version: '2.0', resolve }
  throw new MappingFault(`${system}: the document is neither OpenAPI 3 nor Swagger 2.0`)
}

function parsed(text: string, system: string): Json {
  try {
    // Reading JSON as YAML, of which it is a part, takes fifty times as long.
    return (/^\s*\{/.test(text) ? parseEither(text) : parse(text)) as Json
  } catch (error) {
    throw new MappingFault(`${system}: the OpenAPI document cannot be parsed: ${(error as Error).message}`)
  }
}

function parseEither(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parse(text)
  }
}

function resolver(document: Json, system: string): (value: unknown) => Json {
  return value => {
    let at = (value ?? {}) as Json
    for (let depth = 0; typeof at.$ref === 'string' && depth < 32; depth += 1) {
      if (!at.$ref.startsWith('#'))
        throw new MappingFault(
          `${system}: the OpenAPI document refers to ${at.$ref}, which lies outside it; give one document that holds everything`,
        )
      const parts = at.$ref
        .replace(/^#\/?/, '')
        .split('/')
        .map(part => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      let target: unknown = document
      for (const part of parts) target = (target as Json | null | undefined)?.[part]
      if (target === undefined || target === null)
        throw new MappingFault(`${system}: the OpenAPI document refers to ${at.$ref}, which it does not have`)
      at = target as Json
    }
    return at
  }
}

/** The address of the service, with the defaults of its variables. */
export function serverUrl(document: Json, documentUrl: string | undefined): string {
  const first = (
    document.servers as { url?: string; variables?: Record<string, { default?: unknown }> }[] | undefined
  )?.[0]
  const url = (first?.url ?? '/').replace(/\{([^}]+)\}/g, (whole, name: string) =>
    String(first?.variables?.[name]?.default ?? whole),
  )
  return new URL(url, documentUrl).toString()
}
