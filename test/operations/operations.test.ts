import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSchema, parse, print } from 'graphql'
import { describe, expect, it } from 'vitest'
import { builtinWidgets } from '../../widgets/src/builtin/index.ts'
import { generateOperations, InvalidOperation } from './generate.ts'
import { publicSchema, withDefer } from './public-schema.ts'

const folder = fileURLToPath(new URL('../../gateway/operations', import.meta.url))
const generated = fileURLToPath(new URL('../../portal/src/app/operations.ts', import.meta.url))

describe('the stored operations', () => {
  it('fit the public schema, and the portal’s types are made from them as they are', async () => {
    const made = generateOperations(await publicSchema(), folder)
    const bare = (text: string): string => text.replace(/[\s();|]/g, '')
    expect(bare(readFileSync(generated, 'utf8')), 'run node test/operations/write.ts').toBe(bare(made))
  })

  it('hold what every built-in widget shows and writes', () => {
    const kinds = new Map(
      readdirSync(folder).map(file => {
        const document = parse(readFileSync(join(folder, file), 'utf8'))
        const operation = document.definitions.find(node => node.kind === 'OperationDefinition')
        return [file.replace(/\.graphql$/, ''), operation?.operation]
      }),
    )
    for (const widget of builtinWidgets) {
      expect(kinds.get(widget.operation), `${widget.id} shows ${widget.operation}`).toBe('query')
      for (const action of widget.actions ?? []) expect(kinds.get(action.operation)).toBe('mutation')
    }
  })

  it('mean the same by a fragment of the same name, as the portal’s types do', () => {
    const first = new Map<string, string>()
    for (const file of readdirSync(folder)) {
      for (const node of parse(readFileSync(join(folder, file), 'utf8')).definitions) {
        if (node.kind !== 'FragmentDefinition') continue
        const text = print(node)
        expect(text, `${node.name.value} of ${file}`).toBe(first.get(node.name.value) ?? text)
        first.set(node.name.value, text)
      }
    }
  })

  it('are refused with file and reason when a field does not exist or the name is another', () => {
    const schema = buildSchema('type Query { me: String }')
    const broken = mkdtempSync(join(tmpdir(), 'operations-'))
    writeFileSync(join(broken, 'Me.graphql'), 'query Me { you }')
    writeFileSync(join(broken, 'Other.graphql'), 'query Me { me }')
    expect(() => generateOperations(schema, broken)).toThrow(InvalidOperation)
    expect(() => generateOperations(schema, broken)).toThrow(/Me\.graphql: .*you[\s\S]*Other\.graphql: must hold/)
  })

  it('say in their types what may be null, which enums there are, and which variables are needed', () => {
    const schema = buildSchema(`
      type Query { order(id: ID!, first: Int = 3): Order  hits: [Hit!]! }
      type Order { id: ID! state: State amount: String }
      type Person { name: String! }
      enum State { OPEN DONE }
      union Hit = Order | Person`)
    const made = mkdtempSync(join(tmpdir(), 'operations-'))
    writeFileSync(
      join(made, 'Find.graphql'),
      'query Find($id: ID!, $first: Int) { order(id: $id, first: $first) { id state } hits { __typename ... on Person { name } ... on Order { id } } }',
    )
    const text = generateOperations(schema, made).replace(/\s+/g, ' ')
    expect(text).toContain('variables: { id: string; first?: number | null }')
    expect(text).toContain("order: { id: string state: 'OPEN' | 'DONE' | null } | null")
    expect(text).toMatch(/__typename: 'Person' \} & \{ name: string \}/)
  })

  it('say in their types what may come later than the rest', () => {
    const schema = withDefer(
      buildSchema(
        'type Query { order: Order } type Order { id: ID! customer: Customer } type Customer { name: String! }',
      ),
    )
    const made = mkdtempSync(join(tmpdir(), 'operations-'))
    writeFileSync(
      join(made, 'Find.graphql'),
      'query Find { order { id ... { ... @defer { customer { ...C } } } ...O @defer } } fragment O on Order { again: id } fragment C on Customer { name }',
    )
    const text = generateOperations(schema, made).replace(/\s+/g, ' ')
    expect(text).toContain('order: (Partial<O> & { id: string customer?: C | null }) | null')
  })
})
