import type { MessageFields } from '../app/operations.ts'
import type { IconName } from '../ui/icon.tsx'

const byKind: Record<MessageFields['kind'], IconName> = {
  APPROVAL: 'seal',
  TASK: 'task',
  ALERT: 'alert',
  REMINDER: 'clock',
  NOTICE: 'horn',
}

const byType: readonly [RegExp, IconName][] = [
  [/payment|invoice/, 'coin'],
  [/stock/, 'box'],
  [/shipment|delivery/, 'truck'],
  [/order/, 'lock'],
]

/** What a message is about, as an icon; never the only bearer of a meaning. */
export function messageIcon(message: Pick<MessageFields, 'kind' | 'type'>): IconName {
  const special =
    message.kind === 'ALERT' || message.kind === 'REMINDER'
      ? byType.find(([type]) => type.test(message.type))
      : undefined
  return special?.[1] ?? byKind[message.kind]
}
