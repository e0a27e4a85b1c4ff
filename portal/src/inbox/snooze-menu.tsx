import { formatClock, startOfDay } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import { useTexts } from '../locales/portal-texts.ts'
import { Icon } from '../ui/icon.tsx'
import { Menu } from '../ui/menu.tsx'
import { useNow } from '../ui/use-now.ts'

const hour = 3_600_000
const day = 24 * hour

export interface SnoozeChoice {
  id: 'today' | 'tomorrow' | 'monday' | 'week'
  at: number
}

/** Until when a message may wait, seen from now: never in the past, and Monday only when it is not tomorrow. */
export function snoozeChoices(now: number): SnoozeChoice[] {
  const midnight = startOfDay(now)
  const later = Math.ceil((now + 2 * hour) / hour) * hour
  const daysToMonday = (8 - new Date(now).getDay()) % 7 || 7
  const at = (days: number): number => new Date(midnight + days * day + hour / 2).setHours(9, 0, 0, 0)
  return [
    ...(later < midnight + 19 * hour ? [{ id: 'today' as const, at: later }] : []),
    { id: 'tomorrow' as const, at: at(1) },
    ...(daysToMonday > 1 ? [{ id: 'monday' as const, at: at(daysToMonday) }] : []),
    ...(daysToMonday === 7 ? [] : [{ id: 'week' as const, at: at(7) }]),
  ]
}

export function SnoozeMenu({ onSnooze }: { onSnooze: (until: string, label: string) => void }): ReactNode {
  const t = useTexts()
  const now = useNow(30_000)
  return (
    <Menu
      label={t('inbox.snooze')}
      className="btn s bare"
      trigger={
        <>
          <Icon name="clock" />
          {t('inbox.snooze')}
        </>
      }
      groups={[
        {
          entries: snoozeChoices(now).map(({ id, at }) => {
            const label = t(`inbox.snooze.${id}`, { time: formatClock(at) })
            return {
              id,
              label,
              perform: () => onSnooze(new Date(at).toISOString(), t('inbox.snoozed.until', { time: label })),
            }
          }),
        },
      ]}
    />
  )
}
