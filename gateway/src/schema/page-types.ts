import { type FieldDefinitionNode, type ObjectTypeDefinitionNode, parse } from 'graphql'
import { type Dictionary, nodeOfConnection } from './dictionary.ts'

/** The types of a list's pages, as far as nobody tells them: their names, and what they are. */
export function pageTypes(dictionary: Dictionary, present: ReadonlySet<string>): Map<string, string> {
  const texts = new Map<string, string>()
  for (const field of dictionary.fields) {
    const name = nodeOfConnection(field.type)
    if (name === undefined || present.has(`${name}Connection`)) continue
    texts.set(`${name}Connection`, `nodes: [${name}!]! edges: [${name}Edge!]! totalCount: Int pageInfo: PageInfo!`)
    texts.set(`${name}Edge`, `cursor: String! node: ${name}!`)
  }
  if (!present.has('PageInfo')) texts.set('PageInfo', 'hasNextPage: Boolean! endCursor: String')
  return texts
}

/** The fields of a type of a page. */
export function fieldNodes(text: string): readonly FieldDefinitionNode[] {
  const [node] = parse(`type Page { ${text} }`, { noLocation: true }).definitions
  return (node as ObjectTypeDefinitionNode).fields ?? []
}
