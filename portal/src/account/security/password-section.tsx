import type { ReactNode } from 'react'
import type { Loaded } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dateline } from '../../ui/dateline.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import type { Account } from '../answers.ts'
import { dayOf } from '../moment.ts'
import { ProblemInstead } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import type { Doing } from './doing.ts'

type Props = { loaded: Loaded<Account>; onBegin: (doing: Doing) => void }

/** How old the password is, what one must have, and the way to a new one. */
export function PasswordSection({ loaded, onBegin }: Props): ReactNode {
  const t = useAccountTexts()
  const password = loaded.data?.password
  return (
    <Section
      id="password"
      title={t('me.password')}
      dateline={<Dateline systems={['idp']} at={loaded.at} loading={!password && !loaded.problem} />}
      busy={!password && !loaded.problem}
    >
      {loaded.problem ? (
        <ProblemInstead problem={loaded.problem} onAgain={() => void loaded.reload()} />
      ) : !password ? (
        <Skeleton lines={3} />
      ) : (
        <>
          <dl className="facts ruled">
            <dt>{t('me.password.changed')}</dt>
            <dd>{password.changedAt ? dayOf(password.changedAt) : t('me.password.never')}</dd>
            <dt>{t('me.password.expires')}</dt>
            <dd>
              <Expiry at={password.expiresAt} />
            </dd>
            <dt>{t('me.password.rule')}</dt>
            <dd>
              {password.history > 0
                ? t('me.password.rule.history', { length: password.minLength, history: password.history })
                : t('me.password.rule.length', { length: password.minLength })}
            </dd>
          </dl>
          <div className="bar padt">
            <Button onClick={() => onBegin({ what: 'password' })}>{t('me.password.change')}</Button>
          </div>
        </>
      )}
    </Section>
  )
}

function Expiry({ at }: { at: string | null }): ReactNode {
  const t = useAccountTexts()
  if (!at) return t('me.password.expires.never')
  return Date.parse(at) > Date.now() ? dayOf(at) : <span className="bad">{t('me.password.expired')}</span>
}
