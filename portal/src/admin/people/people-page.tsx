import { useState } from 'react'
import { Icon } from '../../ui/icon.tsx'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import type { PersonRow } from '../answers.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdminTexts } from '../texts.ts'
import { inLocale, useAdmin } from '../use-admin.ts'
import { PersonDrawer } from './person-drawer.tsx'
import { peopleTexts } from './texts.ts'

export const texts = peopleTexts

/** The directory; a person's drawer says what rights they have and why. */
export function Page() {
  const t = useAdminTexts()
  const [search, setSearch] = useState('')
  const [after, setAfter] = useState<string>()
  const [open, setOpen] = useState<string>()
  const query = new URLSearchParams({ first: '50', ...(search ? { search } : {}), ...(after ? { after } : {}) })
  const people = useAdmin<{ items: PersonRow[]; total: number; next: string | null }>(`people?${query}`)
  return (
    <main className={open ? 'withdrawer p-roles' : 'p-roles'} id="main">
      <AdminTabs />
      <div className="mainpane">
        <header className="boardhead">
          <div>
            <h1 className="lede">
              {people.data ? t('people.lede', { total: people.data.total }) : t('admin.loading')}
            </h1>
          </div>
        </header>
        <form
          className="bar draftbar"
          onSubmit={event => {
            event.preventDefault()
            setAfter(undefined)
            setSearch(String(new FormData(event.currentTarget).get('search') ?? '').trim())
          }}
        >
          <label className="ask mini wide">
            <Icon name="search" small />
            <input name="search" placeholder={t('people.search')} aria-label={t('people.search')} />
          </label>
        </form>
        {people.problem && <ProblemBlock problem={people.problem} onAgain={() => void people.reload()} />}
        {people.data?.items.length === 0 && <Instead icon="search" title={t('people.none', { search })} />}
        <div className="scroll" hidden={people.data?.items.length === 0}>
          <table className="table stacks people">
            <thead>
              <tr>
                <th scope="col">{t('people.name')}</th>
                <th scope="col">{t('people.department')}</th>
                <th scope="col">{t('people.position')}</th>
                <th scope="col">{t('people.roles')}</th>
                <th scope="col">{t('people.state')}</th>
              </tr>
            </thead>
            <tbody>
              {(people.data?.items ?? []).map(person => (
                <tr key={person.id} aria-selected={person.id === open || undefined}>
                  <td className="head">
                    <button type="button" className="link strong" onClick={() => setOpen(person.id)}>
                      {inLocale(person.name)}
                    </button>{' '}
                    <span className="dimmer small">{person.username}</span>
                  </td>
                  <td>{inLocale(person.department.name)}</td>
                  <td>{inLocale(person.position)}</td>
                  <td className="small">{person.businessRoles.map(role => inLocale(role.name)).join(' · ')}</td>
                  <td>
                    <span className={person.active ? 'state' : 'state off'}>
                      {person.active ? t('people.active') : t('people.inactive')}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {!people.data && !people.problem && <Skeleton rows={10} />}
        {people.data?.next && (
          <div className="bar padt">
            <button type="button" className="btn s" onClick={() => setAfter(people.data?.next ?? undefined)}>
              {t('people.next')}
            </button>
          </div>
        )}
      </div>
      {open && (
        <PersonDrawer key={open} id={open} onClose={() => setOpen(undefined)} onChanged={() => void people.reload()} />
      )}
    </main>
  )
}
