import { Icon } from '../ui/icon.tsx'
import type { AdminProblem } from './admin-api.ts'
import { useAdminTexts } from './texts.ts'

/** What a section says when the admin API refused or did not answer. */
export function ProblemBlock({ problem, onAgain }: { problem: AdminProblem; onAgain?: () => void }) {
  const t = useAdminTexts()
  const offline = problem.status === 0
  const forbidden = problem.status === 403
  return (
    <div className="instead bad" role="alert">
      <Icon name={forbidden ? 'lock' : 'plug'} />
      <b>{offline ? t('admin.offline') : forbidden ? t('admin.forbidden') : problem.message}</b>
      {offline && <span>{t('admin.offline.hint')}</span>}
      {onAgain && !forbidden && (
        <span className="bar">
          <button type="button" className="btn s" onClick={onAgain}>
            <Icon name="refresh" />
            {t('admin.again')}
          </button>
        </span>
      )}
    </div>
  )
}
