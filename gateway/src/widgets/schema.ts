import { rolesOf } from '../access/permissions.ts'
import { personOf } from '../access/person.ts'
import type { RequestContext } from '../schema/context.ts'
import { forbidden } from '../schema/errors.ts'
import type { WidgetDefinition, Widgets } from './definition.ts'

/** The company's own widgets in the public schema. */
export const widgetTypeDefs = /* GraphQL */ `
  extend type Query {
    "The company's own widgets that are meant for me, in their order."
    widgets: [WidgetManifest!]!
  }
  "The manifest of a declarative widget as JSON: which stored operation it shows, and how."
  scalar WidgetManifest
`

/** Whom a widget is meant for is settled here: what leaves does not say who else gets it. */
export function widgetResolvers(widgets: Widgets) {
  return {
    Query: {
      widgets: (_: unknown, __: object, context: RequestContext) => {
        if (!personOf(context.viewer)) throw forbidden(context, null, 'widgets')
        const held = rolesOf(context.viewer)
        return widgets.filter(widget => isFor(widget, held)).map(manifestOf)
      },
    },
  }
}

function isFor({ access }: WidgetDefinition, held: ReadonlySet<string>): boolean {
  const wanted = [
    ...access.businessRoles.map(role => `role:${role}`),
    ...Object.entries(access.rights).flatMap(([system, roles]) => roles.map(role => `${system}:${role}`)),
  ]
  return wanted.length === 0 || wanted.some(role => held.has(role))
}

function manifestOf({ access: _, ...manifest }: WidgetDefinition): object {
  return { ...manifest, audience: [] }
}
