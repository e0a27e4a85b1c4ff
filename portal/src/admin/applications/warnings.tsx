import type { ReactNode } from 'react'
import { Notice } from '../../ui/instead.tsx'
import { inLocale } from '../use-admin.ts'
import type { Application } from './answers.ts'

/** What idp took but would rather not see, e.g. addresses without TLS. */
export function Warnings({ of: { warnings } }: { of: Application }): ReactNode {
  return warnings.map(warning => (
    <Notice key={warning.en} icon="alert">
      {inLocale(warning)}
    </Notice>
  ))
}
