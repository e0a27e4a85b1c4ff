import type { CompanyCalendar } from './company-calendar.ts'

/** Values a template may name besides those of the calendar. */
export type Variables = Record<string, string | number | readonly string[] | undefined>

/** A template names something that does not exist. */
export class TemplateError extends Error {
  readonly code = 'TEMPLATE'
}

const placeholder = /\{\{([^{}]+)\}\}/g

/**
 * Fills `{{name}}` in the texts of an input: first from the variables, then from the calendar (`{{monthStart-12M}}`). A text
 * that is one placeholder takes the value as it is (a number, a list); `{{name:odata}}` writes a list of texts as OData
 * literals `'a','b'`, `{{name:csv}}` as `a,b`. Values may hold placeholders themselves.
 * @throws TemplateError naming what does not exist
 */
export function fillTemplate(template: unknown, variables: Variables, calendar: CompanyCalendar, depth = 0): unknown {
  if (depth > 4) throw new TemplateError('placeholders refer to one another in a circle')
  if (typeof template === 'string') {
    const whole = /^\{\{([^{}:]+)\}\}$/.exec(template)?.[1]
    if (whole !== undefined) {
      const value = lookUp(whole.trim(), variables, calendar)
      return typeof value === 'string' ? fillTemplate(value, variables, calendar, depth + 1) : value
    }
    let found = false
    const text = template.replace(placeholder, (_, expression: string) => {
      found = true
      return asText(expression, variables, calendar)
    })
    return found ? fillTemplate(text, variables, calendar, depth + 1) : text
  }
  if (Array.isArray(template)) return template.map(item => fillTemplate(item, variables, calendar, depth))
  if (template !== null && typeof template === 'object') {
    return Object.fromEntries(
      Object.entries(template).map(([key, item]) => [key, fillTemplate(item, variables, calendar, depth)]),
    )
  }
  return template
}

function lookUp(name: string, variables: Variables, calendar: CompanyCalendar): string | number | readonly string[] {
  const value = Object.hasOwn(variables, name) ? variables[name] : calendar.resolve(name)
  if (value === undefined) throw new TemplateError(`there is no "{{${name}}}"`)
  return value
}

function asText(expression: string, variables: Variables, calendar: CompanyCalendar): string {
  const [name = '', form] = expression.split(':').map(part => part.trim())
  const value = lookUp(name, variables, calendar)
  const list = (Array.isArray(value) ? value : [value]).map(String)
  if (form === undefined && list.length === 1) return list[0] ?? ''
  if (form === 'csv') return list.join(',')
  if (form === 'odata') return list.map(text => `'${text.replaceAll("'", "''")}'`).join(',')
  throw new TemplateError(`"{{${expression}}}" is a list: write it with :odata or :csv`)
}
