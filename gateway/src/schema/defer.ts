import {
  DirectiveLocation,
  type DirectiveNode,
  type DocumentNode,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLError,
  GraphQLNonNull,
  GraphQLString,
  Kind,
  specifiedRules,
  type ValidationRule,
  visit,
} from 'graphql'

/** @defer, as the version of 2022-08-24 of the specification of incremental delivery has it (clients name it deferSpec=20220824). */
export const deferDirective = new GraphQLDirective({
  name: 'defer',
  description: 'Delivers the fragment later, on its own, when it is not ready with the rest of the answer.',
  locations: [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
  args: {
    if: { type: new GraphQLNonNull(GraphQLBoolean), defaultValue: true },
    label: { type: GraphQLString, description: 'Comes back with the fragment; unique in the document.' },
  },
})

/** Validation rule: labels are written out and unique, and fields with an effect are not deferred. */
export const deferRule: ValidationRule = context => {
  const labels = new Map<string, DirectiveNode>()
  return {
    Directive(node) {
      if (node.name.value !== deferDirective.name) return
      const root = context.getParentType()
      const schema = context.getSchema()
      if (root && (root === schema.getMutationType() || root === schema.getSubscriptionType()))
        context.reportError(new GraphQLError(`fields of ${root.name} cannot be deferred`, { nodes: node }))
      const label = node.arguments?.find(one => one.name.value === 'label')
      if (!label || label.value.kind === Kind.NULL) return
      if (label.value.kind !== Kind.STRING) {
        context.reportError(new GraphQLError('the label of @defer is written out', { nodes: node }))
        return
      }
      const other = labels.get(label.value.value)
      if (other)
        context.reportError(
          new GraphQLError(`the label "${label.value.value}" of @defer is there twice`, { nodes: [other, node] }),
        )
      labels.set(label.value.value, node)
    },
  }
}

/** The rules by which a document is found valid. */
export const documentRules: readonly ValidationRule[] = [...specifiedRules, deferRule]

/** Whether something in a document may be deferred. */
export function defers(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Directive(node) {
      if (node.name.value === deferDirective.name) found = true
    },
  })
  return found
}
