import { sha256 } from '@atrium/platform/secrets'
import { getIntrospectionQuery } from 'graphql'
import type { Carrier } from './carrier.ts'
import type { SystemDefinition } from './configuration.ts'
import { shapesAddress } from './protocols/files/carrier.ts'
import { describeFiles } from './protocols/files/describe.ts'
import { describeGraphQl } from './protocols/graphql.ts'
import { describeJsonRpc } from './protocols/json-rpc.ts'
import { describeOData } from './protocols/odata.ts'
import { describeOpenApi } from './protocols/openapi.ts'
import type { Description, HttpCall, Site } from './protocols/protocol.ts'
import { badAnswer, refusal } from './protocols/refusal.ts'
import { describeRest } from './protocols/rest.ts'
import { describeSoap } from './protocols/soap.ts'
import { catalogAddress } from './protocols/sql/carrier.ts'
import { describeSql } from './protocols/sql/describe.ts'

/** A system's description document, read. */
export interface Described {
  description: Description
  /** what the document says, where calls go by something else for what no longer fits it */
  told?: Description
  /** by which the server can say that nothing changed */
  etag?: string
  hash: string
  document: string
}

/**
 * Fetches a system's description document and reads it, unless it is the one `known`.
 * @throws UpstreamError when it cannot be had, MappingFault when it cannot be read
 */
export async function readDescription(
  id: string,
  definition: SystemDefinition,
  carrier: Carrier,
  deadline: number,
  known?: Described,
): Promise<Described> {
  const call = documentCall(definition)
  if (!call) return describe(id, definition, '')
  if (known?.etag) call.headers['if-none-match'] = known.etag
  const answer = await carrier.send({ ...call, maxBytes: definition.limits.documentBytes }, deadline)
  if (known && answer.status === 304) return known
  const failed = refusal(id, answer)
  if (failed) throw failed
  if (answer.body === '') throw badAnswer(id, 'answered an empty description document', answer)
  if (known && known.document === answer.body) return known
  const described = describe(id, definition, answer.body)
  const etag = answer.headers?.etag
  return typeof etag === 'string' ? { ...described, etag } : described
}

/** Reads a description document that is at hand. @throws MappingFault */
export function describe(id: string, definition: SystemDefinition, document: string): Described {
  const site: Site = {
    id,
    endpoint: definition.endpoint,
    documentUrl: definition.document,
    jsonrpc: definition.jsonrpc,
    typeTag: definition.typeTag,
    rpc: definition.rpc,
    zone: definition.zone,
    sql: definition.sql,
    files: definition.files,
    rest: definition.rest,
    settings: definition.settings,
    answers: definition.answers,
    types: definition.types,
  }
  return { description: read(definition.protocol, document, site), hash: sha256(document), document }
}

function read(protocol: SystemDefinition['protocol'], document: string, site: Site): Description {
  switch (protocol) {
    case 'openapi':
      return describeOpenApi(document, site)
    case 'soap':
      return describeSoap(document, site)
    case 'odata':
      return describeOData(document, site)
    case 'graphql':
      return describeGraphQl(document, site)
    case 'json-rpc':
      return describeJsonRpc(document, site)
    case 'files':
      return describeFiles(document, site)
    case 'sql':
      return describeSql(document, site)
    case 'rest':
      return describeRest(site)
  }
}

/** Whether a system says what it offers, so that reading it shows that the system is there. */
export function describesItself(definition: SystemDefinition): boolean {
  return documentCall(definition) !== undefined
}

function documentCall({ protocol, document, endpoint }: SystemDefinition): HttpCall | undefined {
  if (protocol === 'json-rpc' || protocol === 'rest') return undefined
  if (protocol === 'files') return { method: 'GET', url: shapesAddress, headers: {} }
  if (protocol === 'sql') return { method: 'GET', url: catalogAddress, headers: {} }
  if (protocol === 'graphql' && endpoint) {
    const body = JSON.stringify({ query: getIntrospectionQuery() })
    return {
      method: 'POST',
      url: endpoint,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
    }
  }
  if (!document) return undefined
  const accept = protocol === 'openapi' ? 'application/json, application/yaml;q=0.9' : 'application/xml, text/xml'
  return { method: 'GET', url: document, headers: { accept } }
}
