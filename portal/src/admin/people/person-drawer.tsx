import { Button } from 'react-aria-components/Button'
import { Icon } from '../../ui/icon.tsx'
import type { Explanation, PersonDetail } from '../answers.ts'
import { Confirm } from '../confirm.tsx'
import { longDay } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdminTexts } from '../texts.ts'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'

/** One person: rights per system with the reason of each, sessions, and what an administrator can do about them. */
export function PersonDrawer({ id, onClose, onChanged }: { id: string; onClose: () => void; onChanged: () => void }) {
  const t = useAdminTexts()
  const api = useAdminApi()
  const person = useAdmin<PersonDetail>(`people/${encodeURIComponent(id)}`)
  const change = useChange()
  const act = async (action: string): Promise<void> => {
    await change.run(() => api.send('POST', `people/${encodeURIComponent(id)}/${action}`, {}))
    await person.reload()
    onChanged()
  }
  const data = person.data
  return (
    <aside className="drawer" aria-labelledby="person-title">
      <div className="dbody">
        <header className="bar">
          <h2 className="title" id="person-title">
            {data ? inLocale(data.name) : t('admin.loading')}
          </h2>
          <button type="button" className="iconic s push" aria-label={t('admin.close')} onClick={onClose}>
            <Icon name="x" />
          </button>
        </header>
        {(person.problem ?? change.problem) && <ProblemBlock problem={(person.problem ?? change.problem)!} />}
        {data && (
          <>
            <p className="small dim">
              {inLocale(data.position)} · {inLocale(data.department.name)} ·{' '}
              {t('people.sessions', { n: data.sessions })}
            </p>
            {data.locked && <p className="small bad">{t('people.locked')}</p>}
            <section>
              <h3>{t('people.rights')}</h3>
              {Object.entries(data.rights.systems).map(([system, right]) => (
                <SystemRight
                  key={system}
                  person={id}
                  system={system}
                  roles={right.roles}
                  scope={t(`admin.scope.${right.scope}`)}
                  nativeId={right.id}
                />
              ))}
            </section>
            <section>
              <h3>{t('people.assignments')}</h3>
              {data.assignments.length === 0 ? (
                <p className="small dimmer">{t('people.noAssignments')}</p>
              ) : (
                <ul>
                  {data.assignments.map(assignment => (
                    <li key={assignment.id}>
                      {assignment.role}
                      <span>
                        {assignment.reason} ·{' '}
                        {t('people.grantedBy', { name: assignment.grantedBy.name ?? assignment.grantedBy.id })}
                        {assignment.until && ` · ${t('people.until', { date: longDay(assignment.until) })}`}
                      </span>
                    </li>
                  ))}
                </ul>
              )}
            </section>
          </>
        )}
      </div>
      {data && (
        <footer className="dfoot">
          <div className="bar">
            {data.locked && (
              <button type="button" className="btn s" disabled={change.busy} onClick={() => void act('unlock')}>
                {t('people.unlock')}
              </button>
            )}
            <button
              type="button"
              className="btn s"
              disabled={change.busy || data.sessions === 0}
              onClick={() => void act('end-sessions')}
            >
              {t('people.endSessions')}
            </button>
            {data.active ? (
              <Confirm
                button={<Button className="btn s bare push">{t('people.deactivate')}</Button>}
                title={t('people.deactivate')}
                question={t('people.deactivate.ask', { name: inLocale(data.name) })}
                action={t('people.deactivate')}
                onConfirm={() => act('deactivate')}
              />
            ) : (
              <button type="button" className="btn s push" disabled={change.busy} onClick={() => void act('activate')}>
                {t('people.activate')}
              </button>
            )}
          </div>
        </footer>
      )}
    </aside>
  )
}

function SystemRight({
  person,
  system,
  roles,
  scope,
  nativeId,
}: {
  person: string
  system: string
  roles: string[]
  scope: string
  nativeId: string | null
}) {
  const t = useAdminTexts()
  const why = useAdmin<Explanation>(
    roles.length > 0 ? `people/${encodeURIComponent(person)}/explain/${encodeURIComponent(system)}` : undefined,
  )
  return (
    <details className="why">
      <summary>
        <span className="stamp">{system.toUpperCase()}</span> {roles.length > 0 ? roles.join(', ') : '—'}{' '}
        <span className="dimmer small">
          {nativeId ?? t('people.noAccount')} · {scope}
        </span>
      </summary>
      <ul aria-label={t('people.why')}>
        {(why.data?.links ?? []).map(link => (
          <li key={`${link.nativeRole.id} ${inLocale(link.text)}`}>{inLocale(link.text)}</li>
        ))}
      </ul>
    </details>
  )
}
