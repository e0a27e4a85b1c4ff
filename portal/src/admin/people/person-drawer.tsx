import { Button } from 'react-aria-components/Button'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { Skeleton } from '../../ui/instead.tsx'
import { actorName } from '../actor-name.ts'
import type { Explanation, Matrix, PersonDetail } from '../answers.ts'
import { Confirm } from '../confirm.tsx'
import { Drawer } from '../drawer.tsx'
import { longDay } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdminTexts } from '../texts.ts'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import { SignInSection } from './sign-in-section.tsx'
import { peopleTexts } from './texts.ts'

/** One person: rights per system with the reason of each, sessions, and what an administrator can do about them. */
export function PersonDrawer({ id, onClose, onChanged }: { id: string; onClose: () => void; onChanged: () => void }) {
  const t = useAdminTexts()
  const own = peopleTexts.useTexts()
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
    <Drawer
      title={data ? inLocale(data.name) : t('admin.loading')}
      kicker={data && `${data.username} · ${inLocale(data.position)} · ${inLocale(data.department.name)}`}
      onClose={onClose}
      foot={
        data && (
          <div className="bar">
            <span className="small dim">{t('people.sessions', { n: data.sessions })}</span>
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
        )
      }
    >
      {(person.problem ?? change.problem) && <ProblemBlock problem={(person.problem ?? change.problem)!} />}
      {!data && !person.problem && <Skeleton lines={6} />}
      {data && (
        <Tabs>
          <TabList className="tabs drawertabs" aria-label={own('person.tabs')}>
            <Tab id="rights">{own('person.tab.rights')}</Tab>
            <Tab id="sign-in">
              {own('person.tab.signIn')}
              {data.locked && <span className="badge bad locked">{t('people.locked')}</span>}
            </Tab>
          </TabList>
          <TabPanel id="rights">
            <Rights person={data} />
          </TabPanel>
          <TabPanel id="sign-in">
            <SignInSection
              person={data}
              onChanged={() => {
                void person.reload()
                onChanged()
              }}
            />
          </TabPanel>
        </Tabs>
      )}
    </Drawer>
  )
}

function Rights({ person }: { person: PersonDetail }) {
  const t = useAdminTexts()
  const matrix = useAdmin<Matrix>('roles')
  const roleName = (id: string): string => {
    const role = matrix.data?.roles.find(one => one.id === id) ?? person.businessRoles.find(one => one.id === id)
    return role ? inLocale(role.name) : id
  }
  return (
    <>
      <section>
        <h3>{t('people.rights')}</h3>
        {Object.entries(person.rights.systems).map(([system, right]) => (
          <SystemRight
            key={system}
            person={person.id}
            system={system}
            roles={right.roles}
            scope={t(`admin.scope.${right.scope}`)}
            nativeId={right.id}
          />
        ))}
      </section>
      <section>
        <h3>{t('people.assignments')}</h3>
        {person.assignments.length === 0 ? (
          <p className="small dimmer">{t('people.noAssignments')}</p>
        ) : (
          <ul>
            {person.assignments.map(assignment => (
              <li key={assignment.id}>
                {roleName(assignment.role)}
                <span>
                  {assignment.reason} · {t('people.grantedBy', { name: actorName(assignment.grantedBy, t) })}
                  {assignment.until && ` · ${t('people.until', { date: longDay(assignment.until) })}`}
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
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
