import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { Link } from 'react-router'
import { Button } from '../../ui/button.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { toast } from '../../ui/toast.tsx'
import type { PersonDetail } from '../answers.ts'
import { Confirm } from '../confirm.tsx'
import { shortDay, shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import { FactorList } from './factor-list.tsx'
import { PasswordState } from './password-state.tsx'
import type { PersonSignIn, SessionSeen } from './sign-in-answers.ts'
import { peopleTexts } from './texts.ts'

/** How one person signs in, and what an administrator can do about it: unlock, reset, take away, end. */
export function SignInSection({ person, onChanged }: { person: PersonDetail; onChanged: () => void }): ReactNode {
  const t = peopleTexts.useTexts()
  const api = useAdminApi()
  const path = `people/${encodeURIComponent(person.id)}`
  const signIn = useAdmin<PersonSignIn>(`${path}/sign-in`, 10)
  const change = useChange()
  const name = inLocale(person.name)
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    const done = await change.run(work)
    await signIn.reload()
    onChanged()
    return done
  }
  const problem = change.problem ?? signIn.problem
  const data = signIn.data
  return (
    <>
      {problem && <ProblemBlock problem={problem} onAgain={() => void signIn.reload()} />}
      {!data && !problem && <Skeleton lines={6} />}
      {data && (
        <>
          {data.locked && (
            <div className="clash">
              <span aria-hidden="true" />
              <div>
                <b>{t('person.locked')}</b>
                <p>{t('person.locked.hint')}</p>
                <div className="bar">
                  <Button
                    small
                    disabled={change.busy}
                    onClick={async () => {
                      if (await act(() => api.send('POST', `${path}/unlock`, {}))) toast(t('person.unlocked', { name }))
                    }}
                  >
                    {t('person.unlock')}
                  </Button>
                </div>
              </div>
            </div>
          )}
          <PasswordState person={person} password={data.password} onChanged={() => void signIn.reload()} />
          <FactorList
            name={name}
            signIn={data}
            busy={change.busy}
            onRemove={id => act(() => api.send('DELETE', `${path}/factors/${encodeURIComponent(id)}`))}
            onRemoveAll={() => act(() => api.send('DELETE', `${path}/factors`))}
          />
          <Sessions
            sessions={data.sessions}
            busy={change.busy}
            onEnd={id => void act(() => api.send('DELETE', `${path}/sessions/${encodeURIComponent(id)}`))}
          />
          <section>
            <h3>
              {t('person.devices')}
              <span className="n">{data.devices.length}</span>
            </h3>
            {data.devices.length === 0 && <p className="small dimmer">{t('person.devices.none')}</p>}
            <ul>
              {data.devices.map(device => (
                <li key={device.id}>
                  <span>
                    {inLocale(device.device.name)}
                    <span className="micro dimmer block">
                      {device.ip}
                      {device.trustedUntil &&
                        ` · ${t('person.device.trusted', { date: shortDay(device.trustedUntil) })}`}
                    </span>
                  </span>
                  <span className="nowrap">{t('person.device.seen', { date: shortDay(device.lastSeenAt) })}</span>
                </li>
              ))}
            </ul>
          </section>
          <div className="bar">
            <Confirm
              button={
                <AriaButton className="btn s grave" isDisabled={change.busy || data.sessions.length === 0}>
                  {t('person.signOut')}
                </AriaButton>
              }
              title={t('person.signOut')}
              question={t('person.signOut.ask', { name, n: data.sessions.length })}
              action={t('person.signOut')}
              onConfirm={() =>
                act(async () => {
                  const { sessionsEnded } = await api.send<{ sessionsEnded: number }>('POST', `${path}/sign-out`, {})
                  toast(t('person.signedOut', { n: sessionsEnded }))
                })
              }
            />
            <Link className="btn s bare" to={`/admin/deliveries?person=${encodeURIComponent(person.id)}`}>
              {t('person.signOuts')}
            </Link>
          </div>
        </>
      )}
    </>
  )
}

function Sessions({
  sessions,
  busy,
  onEnd,
}: {
  sessions: SessionSeen[]
  busy: boolean
  onEnd: (id: string) => void
}): ReactNode {
  const t = peopleTexts.useTexts()
  return (
    <section>
      <h3>
        {t('person.sessions')}
        <span className="n">{sessions.length}</span>
      </h3>
      {sessions.length === 0 && <p className="small dimmer">{t('person.sessions.none')}</p>}
      <ul>
        {sessions.map(session => (
          <li key={session.id}>
            <span>
              {inLocale(session.device.name)}
              <span className="micro dimmer block">
                {[
                  session.ip,
                  t('person.session.started', { time: shortMoment(session.startedAt) }),
                  t('person.session.seen', { time: shortMoment(session.lastSeenAt) }),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
              <span className="micro dimmer block">
                {session.systems.map(system => inLocale(system.name)).join(' · ')}
              </span>
            </span>
            <Button
              small
              look="bare"
              disabled={busy}
              aria-label={t('person.session.end.of', { device: inLocale(session.device.name) })}
              onClick={() => onEnd(session.id)}
            >
              {t('person.session.end')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
