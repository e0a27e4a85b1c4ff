import { follow } from './protocol.ts'

/**
 * Puts values into a structure that a configuration gives. A text `$a.b` stands for the value of that path in `scope`,
 * `...$a` in a list for the members of that list; a member without a value is left out. Values are never read as templates.
 */
export function fillTemplate(template: unknown, scope: Readonly<Record<string, unknown>>): unknown {
  if (typeof template === 'string') return template.startsWith('$') ? follow(scope, template.slice(1)) : template
  if (Array.isArray(template)) {
    return template.flatMap(one => {
      if (typeof one === 'string' && one.startsWith('...$')) {
        const spread = follow(scope, one.slice(4))
        return Array.isArray(spread) ? spread : []
      }
      const value = fillTemplate(one, scope)
      return value === undefined ? [] : [value]
    })
  }
  if (template === null || typeof template !== 'object') return template
  return Object.fromEntries(
    Object.entries(template)
      .map(([key, one]) => [key, fillTemplate(one, scope)] as const)
      .filter(([, value]) => value !== undefined),
  )
}
