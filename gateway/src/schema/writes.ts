import { audit } from '@atrium/platform/audit'
import type { GraphQLFieldResolver } from 'graphql'
import { personOf, rightsIn } from '../access/person.ts'
import { evaluate } from '../systems/expressions/evaluate.ts'
import { follow, type Row } from '../systems/protocols/protocol.ts'
import { UpstreamError } from '../systems/types.ts'
import type { RequestContext } from './context.ts'
import type { Dictionary, DictionaryField } from './dictionary.ts'
import type { Entities, Entity } from './entities.ts'
import { badInput, forbidden, notFound, toGraphQLError } from './errors.ts'
import { fromKey, fromRecord, type Reference } from './record.ts'
import type { Connectors } from './rows.ts'

const longestText = 4000

/**
 * A write into the system of record as the person who asks; never repeated by itself. The object it is about must lie
 * within the person's row scope. What was done, refused or left unknown stands in the audit log.
 */
export function writeResolver(
  dictionary: Dictionary,
  entities: Entities,
  connectors: Connectors,
  field: DictionaryField,
): GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>> {
  const source = field.source as Extract<DictionaryField['source'], { kind: 'write' }>
  const { system, operation, key: keyArgument } = source
  const subject = subjectOf(dictionary, source.of, keyArgument)
  const subjectEntity = entities.get(`${system}.${subject}`)
  const resultEntity = entities.get(`${system}.${source.of}`)
  return async (_root, args, context) => {
    const person = personOf(context.viewer)
    if (!context.access.may(field) || !person) throw forbidden(context, system, field.name)
    for (const [name, value] of Object.entries(args)) {
      if (typeof value === 'string' && value.trim() === '' && name !== 'comment')
        throw badInput(`"${name}" must not be empty`)
      if (typeof value === 'string' && value.length > longestText)
        throw badInput(`"${name}" has at most ${longestText} characters`)
    }
    const id = String(args[keyArgument])
    const entry = (outcome: 'success' | 'refused' | 'failed', detail: Record<string, unknown>) =>
      audit(context.db, {
        actor: { id: person.id, name: person.name.zh, kind: 'person' },
        action: `${system}.${operation}`,
        target: { type: subject, id },
        outcome,
        detail,
      })
    try {
      if (!resultEntity || !subjectEntity)
        throw new UpstreamError('UPSTREAM_REFUSED', system, 'is not configured for this', { outcome: 'not_sent' })
      const subjectRow = await context.loaders.row(subjectEntity, id)
      if (!subjectRow) {
        throw notFound(context, {
          zh: `没有找到 ${id}，或不在你的数据范围内`,
          en: `${id} was not found, or lies outside your data scope`,
        })
      }
      const known = { subject: subjectRow, me: rightsIn(person, system).id }
      const input = (await evaluate(source.input, args, known)) as Record<string, unknown>
      const answer = await connectors(system).invoke(operation, clean(input), {
        credential: context.credential,
        deadline: context.deadline,
        safe: false,
      })
      context.sources.touch(system)
      await entry('success', { input: Object.keys(clean(input)) })
      return written(resultEntity, answer, subjectEntity, id, context)
    } catch (error) {
      if (error instanceof UpstreamError)
        await entry(error.outcome === 'refused' ? 'refused' : 'failed', { code: error.code, outcome: error.outcome })
      throw toGraphQLError(error, context, true)
    }
  }
}

// What was changed is shown as the system answers it, or as the system has it now.
function written(entity: Entity, answer: unknown, subject: Entity, id: string, context: RequestContext): Reference {
  context.loaders.forget(subject, id)
  const key = entity.type.entity?.key
  const answered = entity.keyPath === null ? undefined : follow(answer, entity.keyPath)
  if (entity === subject && key && (answered === undefined || answered === null))
    return fromKey(entity.type.name, key, id)
  return fromRecord(entity, answer as Row)
}

// `customer` of a follow-up names a Customer; `code` of a customer names itself.
function subjectOf(dictionary: Dictionary, of: string, keyArgument: string): string {
  const linked = dictionary.types.get(of)?.fields.get(keyArgument)?.type
  return linked && dictionary.types.get(linked)?.entity ? linked : of
}

function clean(input: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== null))
}
