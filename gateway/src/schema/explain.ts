import { decisions } from '../access/permissions.ts'
import type { RequestContext } from './context.ts'
import type { DictionaryField } from './dictionary.ts'

export interface FieldExplanation {
  readable: boolean
  masked: boolean
  class: string
  reason: string
  rights: readonly string[]
}

/** Why a field is shown, masked or null for the viewer, and which right would show it. */
export function explainField(
  field: DictionaryField,
  system: string | null,
  held: ReadonlySet<string>,
  context: RequestContext,
): FieldExplanation {
  const decision = context.access.table[field.index]
  const readable = decision === decisions.readable
  const masked = decision === decisions.masked
  const by = field.read.filter(rule => held.has(rule))
  const english = context.locale === 'en'
  const needed = field.read.join(english ? ', ' : '、')
  const name = english ? field.label.en : field.label.zh
  const reason = readable
    ? english
      ? `You may read “${name}” by ${by.join(', ')}.`
      : `你可以读取“${name}”，依据：${by.join('、')}。`
    : masked
      ? english
        ? `“${name}” is shown masked; one of these rights shows it whole: ${needed}.`
        : `“${name}”已脱敏；完整查看需要以下权限之一：${needed}。`
      : english
        ? `“${name}” needs one of these rights: ${needed || 'none that exists'}.`
        : `读取“${name}”需要以下权限之一：${needed || '（没有）'}。`
  const away =
    readable &&
    system !== null &&
    context.systems.has(system) &&
    context.systems.list().some(one => one.id === system && one.state === 'DOWN')
  const note = away ? (english ? ' Its system does not answer at the moment.' : '来源系统目前没有应答。') : ''
  return { readable, masked, class: field.class, reason: reason + note, rights: field.read }
}
