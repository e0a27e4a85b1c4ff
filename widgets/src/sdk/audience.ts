import type { WidgetManifest } from './manifest.ts'

export interface Right {
  system: string
  roles: readonly string[]
}

/** Whether a person's native roles make a widget meant for them. What it may show is decided by the gateway, not here. */
export function isFor(manifest: Pick<WidgetManifest, 'audience'>, rights: readonly Right[]): boolean {
  if (manifest.audience.length === 0) return true
  return manifest.audience.some(({ system, roles }) =>
    rights.some(right => right.system === system && right.roles.some(role => roles.includes(role))),
  )
}
