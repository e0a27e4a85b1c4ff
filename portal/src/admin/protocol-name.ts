const names: Record<string, string> = {
  openapi: 'REST',
  rest: 'REST',
  soap: 'SOAP',
  odata: 'OData',
  'json-rpc': 'JSON-RPC',
  graphql: 'GraphQL',
  sql: 'SQL',
  files: 'CSV / Excel',
}

/** A protocol as people write it. */
export function protocolName(protocol: string): string {
  return names[protocol.toLowerCase()] ?? protocol
}
