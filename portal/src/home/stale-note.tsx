import { formatMoment } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import type { Answer } from '../app/graph.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { systemCode } from '../ui/dateline.tsx'
import { useLocale } from '../ui/use-locale.ts'

/** Says under the content what of it is old, or missing. */
export function StaleNote({ answer }: { answer: Answer<unknown> }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const old = answer.sources.find(note => note.stale)
  if (old) {
    return (
      <p className="micro warn padt">
        {t('fault.stale', { system: systemCode(old.system), time: formatMoment(Date.parse(old.at), locale) })}
      </p>
    )
  }
  const missing = answer.faults.find(fault => fault.system)
  return missing?.system ? (
    <p className="micro dimmer padt">{t('fault.partial', { system: systemCode(missing.system) })}</p>
  ) : null
}
