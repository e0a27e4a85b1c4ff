import type { WidgetManifest } from '@atrium/widgets/sdk'

/** The class that gives a widget its share of the page's twelve columns. */
export function columnsOf({ size }: Pick<WidgetManifest, 'size'>): string {
  return size === 'two-thirds' ? 'w8' : size === 'half' ? 'w6' : 'w4'
}
