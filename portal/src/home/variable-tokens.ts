import type { WidgetManifest } from '@atrium/widgets/sdk'
import { startOfDay } from '@atrium/widgets/sdk/format'

const day = 86_400_000

/** Moments a manifest may name, in the reader's days. They stand still for a day, so that answers can be kept. */
export const variableTokens = {
  $endOfToday: () => new Date(startOfDay(Date.now()) + day).toISOString(),
  $endOfWeek: () => new Date(startOfDay(Date.now()) + 7 * day).toISOString(),
} as const

/** A manifest's variables with its moments filled in. */
export function fillVariables(
  variables: NonNullable<WidgetManifest['variables']>,
): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'string' && value in variableTokens
        ? variableTokens[value as keyof typeof variableTokens]()
        : value,
    ]),
  )
}
