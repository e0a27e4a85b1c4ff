import type { Text } from '../types.ts'
import type { Change, ChangeKind } from './difference.ts'

const words: Record<ChangeKind, [zh: string, en: string]> = {
  OPERATION_REMOVED: ['接口已删除', 'operation removed'],
  OPERATION_ADDED: ['新增接口', 'operation added'],
  INPUT_REMOVED: ['参数已删除', 'input removed'],
  INPUT_REQUIRED: ['参数变为必填', 'input now required'],
  INPUT_ADDED: ['新增可选参数', 'optional input added'],
  INPUT_TYPE: ['参数类型变窄', 'input takes another type'],
  INPUT_VALUES_REMOVED: ['参数不再接受这些值', 'input no longer takes these values'],
  INPUT_VALUES_ADDED: ['参数接受更多值', 'input takes more values'],
  PROPERTY_REMOVED: ['属性已删除', 'property removed'],
  PROPERTY_ADDED: ['新增属性', 'property added'],
  PROPERTY_TYPE: ['属性类型变了', 'property of another type'],
  PROPERTY_OPTIONAL: ['属性可能缺失', 'property may be missing'],
  VALUES_ADDED: ['属性出现新代码', 'property may have new values'],
  VALUES_REMOVED: ['属性的代码变少', 'property has fewer values'],
  NULLS: ['值突然为空', 'values suddenly missing'],
  UNFIT: ['值突然不合类型或代码', 'values suddenly unfit'],
}

/** A change in a sentence. */
export function sayChange({ kind, operation, path, before, after }: Change): Text {
  const [zh, en] = words[kind]
  const place = path === null ? operation : `${operation} · ${path}`
  const was =
    before !== null && after !== null ? ` (${before} → ${after})` : before || after ? ` (${before ?? after})` : ''
  return { zh: `${place}：${zh}${was}`, en: `${place}: ${en}${was}` }
}
