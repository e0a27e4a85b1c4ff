import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ManySystems {
  systems: number
  /** of each system */
  types: number
}

/** The names of a system's types. */
export function typeNames(system: number, types: number): string[] {
  return Array.from({ length: types }, (_, type) => `S${system}T${type}`)
}

/** A system's entry of systems.yaml. */
export function yamlOf(system: number, origin: string, types: number): string {
  const entities = typeNames(system, types).map(
    (name, type) => `  ${name}:
    operation: list${type}
    rows: items
    total: total
    filter: { id: ids, ids: { field: ids, reads: [id] }, search: { field: q, reads: [name] } }
    scope: none
`,
  )
  return `name: { zh: 系统${system}, en: System ${system} }
url: ${origin}/s${system}
protocol: openapi
document: ${origin}/s${system}/openapi.json
endpoint: ${origin}/s${system}
authentication: { kind: none }
limits: { timeoutMs: 1000 }
dictionary: s${system}.graphql
entities:
${entities.join('')}`
}

/** systems.yaml with all of them, and the part of the dictionary that each adds. */
export async function writeManySystems(dir: string, origin: string, many: ManySystems): Promise<void> {
  const all = Array.from({ length: many.systems }, (_, system) => system)
  const entries = all.map(system => `  s${system}:\n${yamlOf(system, origin, many.types).replace(/^(?=.)/gm, '    ')}`)
  const files: Record<string, string> = {
    'systems.yaml': `company: { zone: Asia/Shanghai, currency: CNY }\nsystems:\n${entries.join('')}`,
    'messages.yaml': 'timeZone: Asia/Shanghai\nsources: {}\nevents: {}\n',
    'boards.yaml': 'zone: Asia/Shanghai\nboards: {}\nkpis: {}\n',
    'provisioning.yaml': 'systems: {}\n',
    ...Object.fromEntries(all.map(system => [`s${system}.graphql`, dictionaryOf(system, many.types)])),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
}

function dictionaryOf(system: number, types: number): string {
  const from = (path: string): string => `@from(system: "s${system}", path: "${path}")`
  const names = typeNames(system, types)
  const objects = names.map(
    (
      name,
      index,
    ) => `type ${name} @entity(key: "id", system: "s${system}") @read(roles: ["*"]) @label(zh: "类型", en: "Type") {
  id: ID! ${from('id')}
  name: String ${from('name')} @label(zh: "名称", en: "Name")
  amount: Decimal ${from('amount')}
  day: Date ${from('day')}
  at: DateTime ${from('at')}
  phone: String ${from('phone')} @class(is: PERSONAL) @mask(kind: PHONE, roles: ["*"])
  parent: ${names[(index + 1) % types]} ${from('parent')}
}
`,
  )
  const lists = names.map(name => {
    const args = 'ids: [String!], search: String, first: Int = 20, after: String'
    return `  ${name.toLowerCase()}s(${args}): ${name}Connection @list\n`
  })
  return `${objects.join('')}extend type Query {\n${lists.join('')}}\n`
}
