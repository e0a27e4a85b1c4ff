import {
  type GraphQLField,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import type { Csdl, CsdlEntityType } from '../protocols/csdl.ts'
import type { ElementType, SoapOperation } from '../protocols/wsdl.ts'
import { type ContractNode, type ContractValue, type OperationContract, placesOf } from './contract.ts'

/** What an operation of a WSDL takes and answers. */
export function soapContract({ input, output }: Pick<SoapOperation, 'input' | 'output'>): OperationContract {
  const node = (element: ElementType): ContractNode => ({
    kind: element.simple === null ? 'record' : element.simple === 'string' ? 'text' : element.simple,
    list: element.list,
    required: !element.optional && !element.list,
    values: element.values,
    *members() {
      for (const member of element.children()) yield [member.name, node(member)]
    },
  })
  const takes = placesOf(node(input))
  takes.delete('')
  return { takes, answers: placesOf(node(output)) }
}

/** What an entity set of an OData document answers; what it can be asked by are the same properties. */
export function odataContract(csdl: Csdl, operation: string): OperationContract | undefined {
  const [kind = '', name = ''] = operation.split(':')
  if (kind === 'call') {
    const found = csdl.functions.get(name)
    if (!found) return undefined
    const takes = [...found.parameters].map(([key, one]) => [key, valueAt(one)] as const)
    const result = csdl.types.get(found.result ?? '')
    return { takes: new Map(takes), answers: result ? placesOf(entityNode(csdl, result)) : new Map() }
  }
  const type = csdl.sets.get(name)
  if (!type) return undefined
  const answers = placesOf(entityNode(csdl, type))
  const takes = new Map<string, ContractValue>()
  // A key must be told where one record is meant; a filter may name any property.
  for (const [key, one] of type.properties)
    takes.set(key, { ...valueAt(one), required: (kind === 'get' || kind === 'update') && type.keys.includes(key) })
  return { takes, answers }
}

function valueAt({ type, collection }: { type: string; collection: boolean }): ContractValue {
  return { kind: type, list: collection, required: false }
}

function entityNode(csdl: Csdl, type: CsdlEntityType, list = false): ContractNode {
  return {
    kind: 'record',
    list,
    required: false,
    *members() {
      for (const [name, one] of [...type.properties, ...type.navigations]) {
        const inner = csdl.types.get(one.type)
        if (inner) yield [name, entityNode(csdl, inner, one.collection)]
        else yield [name, { ...valueAt(one), members: () => [] }]
      }
    },
  }
}

/** What a root field of a GraphQL schema takes and answers. */
export function graphQlContract(field: GraphQLField<unknown, unknown>): OperationContract {
  const value = (type: GraphQLType): Omit<ContractNode, 'members'> => {
    const named = getNamedType(type)
    return {
      kind: isObjectType(named) ? 'record' : named.name,
      list: isListType(getNullableType(type)),
      required: isNonNullType(type),
      values: isEnumType(named) ? named.getValues().map(one => one.name) : undefined,
    }
  }
  const node = (type: GraphQLType): ContractNode => ({
    ...value(type),
    *members() {
      const named = getNamedType(type)
      if (isObjectType(named))
        for (const member of Object.values(named.getFields())) yield [member.name, node(member.type)]
    },
  })
  const takes = field.args.map(argument => {
    const { kind, list, values } = value(argument.type)
    return [argument.name, { kind, list, required: isRequiredArgument(argument), ...(values && { values }) }] as const
  })
  return { takes: new Map(takes), answers: placesOf(node(field.type)) }
}
