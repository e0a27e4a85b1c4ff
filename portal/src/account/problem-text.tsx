import type { ReactNode } from 'react'
import type { IdpProblem } from '../app/idp-api.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { Instead } from '../ui/instead.tsx'
import { type AccountTexts, useAccountTexts } from './texts.ts'

/** A refusal in a sentence: idp's own words where it has some, since it knows best what was wrong. */
export function problemText(t: AccountTexts, problem: IdpProblem): string {
  if (problem.status === 0) return t('me.offline')
  if (problem.code === 'session_ended') return t('me.ended')
  if (problem.status === 429 && problem.retryAfterSeconds !== undefined)
    return t('me.fault.wait', { seconds: problem.retryAfterSeconds })
  return problem.status >= 500 || !problem.message ? t('me.fault') : problem.message
}

/** What a section says when it has nothing to show because idp refused or did not answer. */
export function ProblemInstead({ problem, onAgain }: { problem: IdpProblem; onAgain: () => void }): ReactNode {
  const t = useAccountTexts()
  const offline = problem.status === 0
  return (
    <div role="alert">
      <Instead
        icon={offline ? 'plug' : 'alert'}
        bad
        title={problemText(t, problem)}
        actions={
          <Button small icon="refresh" onClick={onAgain}>
            {t('me.again')}
          </Button>
        }
      >
        {offline ? t('me.offline.hint') : null}
      </Instead>
    </div>
  )
}

/** A refusal under a form. */
export function ProblemLine({ problem }: { problem: IdpProblem | undefined }): ReactNode {
  const t = useAccountTexts()
  if (!problem) return null
  const inDoubt = problem.status === 0 || problem.status >= 500
  return (
    <p className="fault" role="alert">
      <Icon name="alert" small />
      <span>
        {problemText(t, problem)}
        {inDoubt ? <span className="faultnote">{t('me.fault.inDoubt')}</span> : null}
      </span>
    </p>
  )
}
