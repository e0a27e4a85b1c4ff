import type { ReactNode } from 'react'
import { Instead, Skeleton } from '../../../ui/instead.tsx'
import { ChangeList } from './change-list.tsx'
import { FaultList } from './fault-list.tsx'
import { missingSecrets } from './secrets.ts'
import { attachTexts } from './texts.ts'
import type { Workbench } from './use-workbench.ts'

type Props = {
  bench: Workbench
  onGo: (line: number, column: number | null) => void
  onSecrets: () => void
}

/** What a check found: faults with their places, else what becomes other. */
export function CheckFindings({ bench, onGo, onSecrets }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const { check } = bench
  if (!check) return <Skeleton lines={4} />
  const errors = check.faults.filter(fault => fault.level === 'ERROR')
  const breaking = check.difference.changes.filter(change => change.breaking).length
  return (
    <>
      {errors.length > 0 ? (
        <p className="small bad padt">{t('check.faults', { n: errors.length })}</p>
      ) : (
        <p className="small dim padt">
          {check.difference.changes.length === 0
            ? t('check.nothing')
            : breaking > 0
              ? t('check.breaking', { n: check.difference.changes.length, breaking })
              : t('check.changes', { n: check.difference.changes.length })}
        </p>
      )}
      {check.faults.length > 0 && <FaultList faults={check.faults} onGo={onGo} />}
      {missingSecrets(check.faults).length > 0 && (
        <button type="button" className="btn s" onClick={onSecrets}>
          {t('secrets.open')}
        </button>
      )}
      {check.difference.changes.length > 0 && <ChangeList difference={check.difference} />}
      {errors.length === 0 && check.description === null && (
        <Instead icon="plug" title={t('offers.unknown')}>
          {t('offers.unknown.hint')}
        </Instead>
      )}
    </>
  )
}
