import type { Person } from '../access/person.ts'
import type { RequestContext } from './context.ts'

/** An employee as the graph shows them, in the language of the request. */
export function toEmployee(person: Person, context: Pick<RequestContext, 'locale'>): Record<string, unknown> {
  const language = context.locale === 'en' ? 'en' : 'zh'
  return {
    __typename: 'Employee',
    id: person.id,
    name: person.name[language],
    username: person.username,
    department: person.departmentName[language],
    position: person.position[language],
    email: person.email,
  }
}
