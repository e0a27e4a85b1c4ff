import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useOperation } from '../../../../app/use-operation.ts'
import { Notice } from '../../../../ui/instead.tsx'
import { attachTexts } from '../texts.ts'

/** Systems that are no longer as they were mapped, with the way to what is at risk. Nothing when all are. */
export function DriftNotice({ systems }: { systems: readonly { id: string; name: string }[] }): ReactNode {
  const t = attachTexts.useTexts()
  const { answer } = useOperation('SystemDrift', { system: null, open: true, first: 50 }, 60)
  const findings = (answer?.data?.systemDrift ?? []).filter(finding => finding.level !== 'HARMLESS')
  const touched = [...new Set(findings.map(finding => finding.system))]
  if (touched.length === 0) return null
  return (
    <Notice icon="alert" bad={findings.some(finding => finding.level === 'BREAKING')}>
      {t('drift.notice')}{' '}
      {touched.map(id => (
        <span key={id} className="driftlink">
          <Link className="link strong" to={`/admin/systems/${encodeURIComponent(id)}?tab=drift`}>
            {systems.find(system => system.id === id)?.name ?? id}
          </Link>
          {t('drift.notice.n', { n: findings.filter(finding => finding.system === id).length })}{' '}
        </span>
      ))}
    </Notice>
  )
}
