import { decisions, rolesOf } from '../access/permissions.ts'
import { personOf, rightsIn, type Scope } from '../access/person.ts'
import { ReadNotes } from '../access/read-notes.ts'
import { knownRule } from '../quality/rules.ts'
import { UpstreamError } from '../systems/types.ts'
import type { RequestContext } from './context.ts'
import { type Dictionary, type DictionaryField, nodeOfConnection } from './dictionary.ts'
import type { Entities, Entity } from './entities.ts'
import { badInput } from './errors.ts'
import { fieldResolver } from './fields.ts'
import { fromKey } from './record.ts'
import { systemOf } from './sdl.ts'
import { SourceNotes } from './source-notes.ts'

/** Why a field is shown, or is not. */
export type FieldCause =
  | 'SHOWN'
  | 'NO_RIGHT'
  | 'MASKED'
  | 'NOT_MAPPED'
  | 'SYSTEM_DOWN'
  | 'OUTSIDE_SCOPE'
  | 'DATA_FAULT'
  | 'EMPTY'

export interface FieldExplanation {
  readable: boolean
  masked: boolean
  class: string
  cause: FieldCause
  reason: string
  rights: readonly string[]
}

interface Parts {
  dictionary: Dictionary
  entities: Entities
}

/**
 * Why a field is shown, masked or null for the viewer, and which right would show it; with a key, of that record. A record
 * outside the viewer's scope is explained like one that does not exist, and without the right no record is looked at.
 */
export async function explainField(
  parts: Parts,
  field: DictionaryField,
  key: string | null,
  context: RequestContext,
): Promise<FieldExplanation> {
  const decision = context.access.table[field.index]
  const system = systemOf(parts.dictionary, field)
  const { cause, note } =
    decision === decisions.denied ? { cause: 'NO_RIGHT' as const, note: '' } : await causeOf(parts, field, key, context)
  const english = context.locale === 'en'
  const words = { NO_RIGHT: '', SHOWN: '', MASKED: '', ...notes(system, context, note) }[cause]
  return {
    readable: decision === decisions.readable,
    masked: decision === decisions.masked,
    class: field.class,
    cause,
    reason: `${rightWords(field, decision, context)}${words === '' ? '' : `${english ? ' ' : ''}${words}`}`,
    rights: field.read,
  }
}

type Found = { cause: FieldCause; note: string }

async function causeOf(
  parts: Parts,
  field: DictionaryField,
  key: string | null,
  context: RequestContext,
): Promise<Found> {
  const seen: FieldCause = context.access.table[field.index] === decisions.masked ? 'MASKED' : 'SHOWN'
  const system = systemOf(parts.dictionary, field)
  const entity = entityOf(parts, field, system)
  if (field.source && !entity) return { cause: 'NOT_MAPPED', note: '' }
  const keyName = parts.dictionary.types.get(field.owner)?.entity?.key
  // Records that are seen by way of their parent cannot be looked at by their own key.
  const scope = ownEntity(parts, field)?.definition.scope
  const viaParent = scope !== undefined && scope !== 'none' && scope.filter === 'parent'
  if (key === null || !keyName || viaParent) {
    const down = context.systems.list().some(one => one.id === system && one.state === 'DOWN')
    return { cause: down ? 'SYSTEM_DOWN' : seen, note: '' }
  }
  if (key === '' || key.length > 100) throw badInput('"key" must have 1 to 100 characters')
  // What is looked at here is not given out, so it is neither recorded as read nor told as a fault of this answer.
  const sources = new SourceNotes()
  const looking: RequestContext = { ...context, sources, reads: new ReadNotes(undefined) }
  try {
    const of = parts.entities.get(`${system}.${field.owner}`) ?? ownEntity(parts, field)
    if (of && !(await context.loaders.row(of, key))) {
      const fault = context.sources.faults.find(one => one.type === field.owner && one.key === key)
      return fault ? { cause: 'DATA_FAULT', note: ruleName(fault.rule, context) } : { cause: 'OUTSIDE_SCOPE', note: '' }
    }
    const resolve = fieldResolver(parts.dictionary, parts.entities, field)
    // The path of the request is of no use to the resolvers of the dictionary.
    const value = await resolve?.(fromKey(field.owner, keyName, key), { first: 1 }, looking, undefined as never)
    const fault = sources.faults[0]
    if (fault) return { cause: 'DATA_FAULT', note: ruleName(fault.rule, context) }
    return { cause: value === null || value === undefined ? 'EMPTY' : seen, note: '' }
  } catch (error) {
    if (error instanceof UpstreamError) return { cause: 'SYSTEM_DOWN', note: '' }
    // Records of the type are asked for by a key that the viewer may not read.
    return { cause: 'NO_RIGHT', note: '' }
  }
}

function ruleName(rule: string, { locale }: RequestContext): string {
  const name = knownRule(rule)?.name
  return (locale === 'en' ? name?.en : name?.zh) ?? rule
}

/** Where the field's values are read. */
function entityOf({ dictionary, entities }: Parts, field: DictionaryField, system: string | null): Entity | undefined {
  const target = field.source?.kind === 'value' ? field.owner : (nodeOfConnection(field.type) ?? field.type)
  return (
    entities.get(`${system}.${target}`) ??
    (dictionary.types.has(target) ? undefined : ownEntity({ dictionary, entities }, field))
  )
}

function ownEntity({ dictionary, entities }: Parts, field: DictionaryField): Entity | undefined {
  const system = dictionary.types.get(field.owner)?.entity?.system
  return entities.get(`${system}.${field.owner}`)
}

function rightWords(field: DictionaryField, decision: number | undefined, context: RequestContext): string {
  const english = context.locale === 'en'
  const held = rolesOf(context.viewer)
  const needed = field.read.join(english ? ', ' : '、')
  const by = field.read.filter(rule => held.has(rule))
  const name = english ? field.label.en : field.label.zh
  if (decision === decisions.readable)
    return english ? `You may read “${name}” by ${by.join(', ')}.` : `你可以读取“${name}”，依据：${by.join('、')}。`
  if (decision === decisions.masked)
    return english
      ? `“${name}” is shown masked; one of these rights shows it whole: ${needed}.`
      : `“${name}”已脱敏；完整查看需要以下权限之一：${needed}。`
  return english
    ? `“${name}” needs one of these rights: ${needed || 'none that exists'}.`
    : `读取“${name}”需要以下权限之一：${needed || '（没有）'}。`
}

const reaches: Record<Scope, { zh: string; en: string }> = {
  none: { zh: '无', en: 'nothing' },
  own: { zh: '本人', en: 'your own' },
  department: { zh: '本部门', en: 'your department' },
  department_and_below: { zh: '本部门及下级', en: 'your department and those below' },
  all: { zh: '全部', en: 'everything' },
}

/** What is said beyond the right, by cause. */
function notes(system: string | null, context: RequestContext, fault: string) {
  const english = context.locale === 'en'
  const person = personOf(context.viewer)
  const reach = reaches[person && system ? rightsIn(person, system).scope : 'none'][english ? 'en' : 'zh']
  return english
    ? {
        NOT_MAPPED: 'No system is mapped to it.',
        SYSTEM_DOWN: 'Its system does not answer at the moment.',
        OUTSIDE_SCOPE: `There is no such record within your data scope (${reach}).`,
        DATA_FAULT: `The system’s value breaks the dictionary and was left out: ${fault}.`,
        EMPTY: 'The system holds no value.',
      }
    : {
        NOT_MAPPED: '没有系统映射到这个字段。',
        SYSTEM_DOWN: '来源系统目前没有应答。',
        OUTSIDE_SCOPE: `你的数据范围（${reach}）内没有这条记录。`,
        DATA_FAULT: `来源系统的值不符合数据字典，已被略去：${fault}。`,
        EMPTY: '来源系统没有填写这个值。',
      }
}
