export type Node = Record<string, unknown>

/** An element of a message as the WSDL's schema declares it. */
export interface ElementType {
  name: string
  /** lists are always lists, however many entries an answer has */
  list: boolean
  optional: boolean
  /** namespace its tag carries; undefined for an unqualified local element */
  namespace: string | undefined
  /** null for a complex type */
  simple: 'string' | 'integer' | 'boolean' | 'decimal' | null
  /** permitted values of an enumeration */
  values: readonly string[] | undefined
  /** read on demand, since types may contain themselves */
  children(): readonly ElementType[]
  member(name: string): ElementType | undefined
}

/** Reads the elements that the schemas of a WSDL declare. */
export interface TypeReader {
  element(node: Node, schema: Node): ElementType
}

/** @param fail says what of the schemas cannot be read */
export function readTypes(schemas: Node[], fail: (what: string) => never): TypeReader {
  const complex = new Map<string, { node: Node; schema: Node }>()
  const simple = new Map<string, Node>()
  const globals = new Map<string, { node: Node; schema: Node }>()
  for (const schema of schemas) {
    for (const node of children(schema, 'complexType')) complex.set(attribute(node, 'name') ?? '', { node, schema })
    for (const node of children(schema, 'simpleType')) simple.set(attribute(node, 'name') ?? '', node)
    for (const node of children(schema, 'element')) globals.set(attribute(node, 'name') ?? '', { node, schema })
    if (
      children(schema, 'import').some(one => attribute(one, 'schemaLocation')) ||
      children(schema, 'include').length > 0
    ) {
      fail('refers to schemas outside itself; give a document with its schemas inside')
    }
  }

  function element(node: Node, schema: Node): ElementType {
    const reference = attribute(node, 'ref')
    if (reference) {
      const target = globals.get(local(reference)) ?? fail(`refers to the element ${reference}, which is not declared`)
      return {
        ...element(target.node, target.schema),
        ...occurrence(node),
        namespace: attribute(target.schema, 'targetNamespace'),
      }
    }
    const qualified = (attribute(node, 'form') ?? attribute(schema, 'elementFormDefault')) === 'qualified'
    const typeName = local(attribute(node, 'type') ?? '')
    const inlineComplex = child(node, 'complexType')
    const inlineSimple = child(node, 'simpleType')
    const named = complex.get(typeName)
    const base = {
      name: attribute(node, 'name') ?? '',
      ...occurrence(node),
      namespace: qualified ? attribute(schema, 'targetNamespace') : undefined,
    }
    // Text with attributes: the text is the value.
    const simpleContent = child(inlineComplex ?? named?.node, 'simpleContent')
    const content = child(simpleContent, 'extension') ?? child(simpleContent, 'restriction')
    if ((inlineComplex || named) && !content) {
      let read: Map<string, ElementType> | undefined
      const readAll = (): Map<string, ElementType> => {
        const list = inlineComplex
          ? particles(inlineComplex, schema)
          : particles((named as { node: Node }).node, (named as { schema: Node }).schema)
        return new Map(list.map(one => [one.name, one]))
      }
      const members = (): Map<string, ElementType> => {
        read ??= readAll()
        return read
      }
      let list: readonly ElementType[] | undefined
      const children = (): readonly ElementType[] => {
        list ??= [...members().values()]
        return list
      }
      return { ...base, simple: null, values: undefined, children, member: name => members().get(name) }
    }
    let declared = inlineSimple ?? simple.get(content ? local(attribute(content, 'base') ?? '') : typeName)
    let primitive = local(attribute(content, 'base') ?? '') || typeName
    let values: string[] = []
    for (let depth = 0; declared && depth < 16; depth += 1) {
      const restriction = child(declared, 'restriction')
      if (values.length === 0) values = children(restriction, 'enumeration').map(one => attribute(one, 'value') ?? '')
      primitive = local(attribute(restriction, 'base') ?? '')
      declared = simple.get(primitive)
    }
    return {
      ...base,
      simple: simpleKind(primitive),
      values: values.length > 0 ? values : undefined,
      children: () => [],
      member: () => undefined,
    }
  }

  function particles(type: Node, schema: Node): ElementType[] {
    const extension = child(child(type, 'complexContent'), 'extension')
    if (extension) {
      const parent = complex.get(local(attribute(extension, 'base') ?? ''))
      return [...(parent ? particles(parent.node, parent.schema) : []), ...particles(extension, schema)]
    }
    return ['sequence', 'all', 'choice'].flatMap(kind =>
      children(type, kind).flatMap(group => [
        ...children(group, 'element').map(node => element(node, schema)),
        ...particles(group, schema),
      ]),
    )
  }
  return { element }
}

function occurrence(node: Node): { list: boolean; optional: boolean } {
  const most = attribute(node, 'maxOccurs') ?? '1'
  return {
    list: most === 'unbounded' || Number(most) > 1,
    optional: attribute(node, 'minOccurs') === '0' || attribute(node, 'nillable') === 'true',
  }
}

function simpleKind(name: string): ElementType['simple'] {
  if (/^(int|integer|long|short|byte|unsigned\w+|nonNegativeInteger|positiveInteger)$/.test(name)) return 'integer'
  if (name === 'boolean') return 'boolean'
  return name === 'decimal' ? 'decimal' : 'string'
}

/** The elements of this name within another. */
export function children(node: Node | undefined, name: string): Node[] {
  const found = node?.[name]
  return Array.isArray(found) ? found.map(one => (typeof one === 'object' && one !== null ? (one as Node) : {})) : []
}

export function child(node: Node | undefined, name: string): Node | undefined {
  return children(node, name)[0]
}

export function attribute(node: Node | undefined, name: string): string | undefined {
  const value = node?.[`@${name}`]
  return typeof value === 'string' ? value : undefined
}

/** A name without its prefix. */
export function local(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
