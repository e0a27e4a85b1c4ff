import type { Kysely } from '@atrium/platform/database'
import { personOf } from '../access/person.ts'
import type { Database } from '../database/schema.ts'
import type { RequestContext } from '../schema/context.ts'
import { badInput, forbidden } from '../schema/errors.ts'
import type { Author } from './tables.ts'

/** @throws GraphQLError FORBIDDEN unless the viewer is an administrator, or a client with the scope `admin` */
export function requireAdministration(context: RequestContext): void {
  const { viewer } = context
  const person = personOf(viewer)
  const may =
    viewer.kind === 'client' ? viewer.scopes.includes('admin') : person?.businessRoles.includes('administrator')
  if (!may) throw forbidden(context, null, 'administration')
}

/** Who does it, as the audit log and the revisions name them. */
export function authorOf({ viewer }: Pick<RequestContext, 'viewer'>): Author {
  return viewer.kind === 'person'
    ? { id: viewer.person.id, name: viewer.person.name.zh, kind: 'person' }
    : { id: viewer.clientId, kind: 'client' }
}

/** Says who authors are in both languages: as the directory has them, else as they were named when they did it. */
export async function namesOf(
  db: Kysely<Database>,
  authors: readonly Author[],
): Promise<(author: Author) => { zhCN: string; en: string }> {
  const ids = [...new Set(authors.flatMap(({ kind, id }) => (kind === 'person' ? [id] : [])))]
  const people =
    ids.length === 0 ? [] : await db.selectFrom('people').select(['id', 'name']).where('id', 'in', ids).execute()
  const names = new Map(people.map(({ id, name }) => [id, name]))
  return ({ kind, id, name = id }) => {
    const known = kind === 'person' ? names.get(id) : undefined
    return { zhCN: known?.zh || name, en: known?.en || name }
  }
}

/** @throws GraphQLError BAD_INPUT unless it says something */
export function commentOf(text: string): string {
  const comment = text.trim()
  if (comment.length < 1 || comment.length > 1000) throw badInput('"comment" must have 1 to 1000 characters')
  return comment
}
