import { readFileSync } from 'node:fs'
import { buildSchema, type GraphQLSchema } from 'graphql'

/** TEMP until the gateway composes: /work/plan/schema.graphql */
export async function publicSchema(): Promise<GraphQLSchema> {
  const text = readFileSync('/work/plan/schema.graphql', 'utf8')
  const names = [...text.matchAll(/: (\w+)Connection!/g)].map(m => m[1]!)
  const declared = (name: string): boolean => new RegExp(`type ${name}Connection\\b`).test(text)
  const connections = [...new Set(names)]
    .filter(name => !declared(name))
    .map(name => `type ${name}Connection { nodes: [${name}!]! totalCount: Int! pageInfo: PageInfo! }`)
  return buildSchema(`${text}\n${connections.join('\n')}`)
}
