import { type ReactNode, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import type { PersonDetail } from '../answers.ts'
import { shortDay, shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { useAdminTexts } from '../texts.ts'
import { inLocale, useAdminApi, useChange } from '../use-admin.ts'
import type { PersonSignIn, ResetLink } from './sign-in-answers.ts'
import { peopleTexts } from './texts.ts'

type Props = { person: PersonDetail; password: PersonSignIn['password']; onChanged: () => void }

/** Since when the password is set, when it ends, and a link to set a new one. */
export function PasswordState({ person, password, onChanged }: Props): ReactNode {
  const t = peopleTexts.useTexts()
  const common = useAdminTexts()
  const api = useAdminApi()
  const change = useChange()
  const [asking, setAsking] = useState(false)
  const [mustChange, setMustChange] = useState(false)
  const [given, setGiven] = useState<ResetLink>()
  const give = async (): Promise<void> => {
    const done = await change.run(async () =>
      setGiven(
        await api.send<ResetLink>('POST', `people/${encodeURIComponent(person.id)}/password-reset`, { mustChange }),
      ),
    )
    if (done) setAsking(false)
    onChanged()
  }
  const facts = [
    !password.set
      ? t('person.password.none')
      : password.changedAt
        ? t('person.password.changed', { date: shortDay(password.changedAt) })
        : t('person.password.old'),
    password.expiresAt && t('person.password.expires', { date: shortDay(password.expiresAt) }),
  ].filter(Boolean)
  return (
    <section>
      <h3>{t('person.password')}</h3>
      <p className="small passwordstate">
        <span>
          {facts.join(' · ')}
          {password.mustChange && <span className="warn"> · {t('person.password.mustChange')}</span>}
        </span>
        {!asking && (
          <Button small onClick={() => setAsking(true)}>
            {t('person.reset')}
          </Button>
        )}
      </p>
      {change.problem && <ProblemBlock problem={change.problem} />}
      {asking && (
        <div className="asking">
          <p className="small dim">{t('person.reset.ask', { name: inLocale(person.name) })}</p>
          {password.set && (
            <label className="check small">
              <input type="checkbox" checked={mustChange} onChange={event => setMustChange(event.target.checked)} />
              {t('person.reset.mustChange')}
            </label>
          )}
          <div className="bar">
            <Button small disabled={change.busy} onClick={() => void give()}>
              {t('person.reset.make')}
            </Button>
            <Button small look="bare" onClick={() => setAsking(false)}>
              {common('admin.cancel')}
            </Button>
          </div>
        </div>
      )}
      {given && (
        <ShownOnce
          takesFocus
          label={t('person.reset.link')}
          value={given.link}
          note={t(given.mailed ? 'person.reset.mailed' : 'person.reset.notMailed', {
            email: person.email,
            time: shortMoment(given.expiresAt),
          })}
        />
      )}
    </section>
  )
}
