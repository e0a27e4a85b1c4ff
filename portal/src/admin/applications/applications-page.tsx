import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { Icon } from '../../ui/icon.tsx'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import { ProblemBlock } from '../problem-block.tsx'
import { inLocale, useAdmin } from '../use-admin.ts'
import type { ApplicationRow } from './answers.ts'
import { applicationsTexts } from './texts.ts'

/** Every application that signs people in by Atrium. */
export function ApplicationsPage(): ReactNode {
  const t = applicationsTexts.useTexts()
  const applications = useAdmin<{ items: ApplicationRow[] }>('applications')
  const [filter, setFilter] = useState('')
  const all = applications.data?.items ?? []
  const wanted = filter.trim().toLowerCase()
  const shown = all.filter(one => `${one.id} ${one.name.zh} ${one.name.en} ${one.url}`.toLowerCase().includes(wanted))
  const connect = (
    <Link className="btn" to="/admin/applications/new">
      <Icon name="plus" />
      {t('apps.admin.new')}
    </Link>
  )
  return (
    <main className="page p-applications" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{t('apps.admin.kicker')}</p>
          <h1 className="lede">
            {!applications.data
              ? t('apps.admin.title')
              : all.length > 0
                ? t('apps.admin.lede', { n: all.length })
                : t('apps.admin.lede.none')}
          </h1>
        </div>
        {all.length > 0 && connect}
      </header>
      <Section
        title={t('apps.admin.title')}
        count={applications.data ? shown.length : undefined}
        dateline={
          <span className="dateline">
            <label className="ask mini">
              <Icon name="search" small />
              <input
                placeholder={t('apps.admin.find')}
                aria-label={t('apps.admin.find')}
                value={filter}
                onChange={event => setFilter(event.target.value)}
              />
            </label>
          </span>
        }
      >
        {applications.problem && (
          <ProblemBlock problem={applications.problem} onAgain={() => void applications.reload()} />
        )}
        {!applications.data && !applications.problem && <Skeleton lines={4} />}
        {applications.data && all.length === 0 && (
          <Instead icon="plug" title={t('apps.admin.empty')} actions={connect}>
            {t('apps.admin.empty.hint')}
          </Instead>
        )}
        {shown.length > 0 && <ApplicationTable rows={shown} />}
      </Section>
    </main>
  )
}

function ApplicationTable({ rows }: { rows: ApplicationRow[] }): ReactNode {
  const t = applicationsTexts.useTexts()
  return (
    <div className="scroll">
      <table className="table stacks applications">
        <thead>
          <tr>
            <th scope="col">{t('apps.admin.name')}</th>
            <th scope="col">{t('apps.admin.kind')}</th>
            <th scope="col">{t('apps.admin.address')}</th>
            <th scope="col">{t('apps.admin.roles')}</th>
            <th scope="col">{t('apps.admin.accounts')}</th>
            <th scope="col" className="num">
              {t('apps.admin.signIns')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.id}>
              <td className="head">
                <Link className="link strong" to={`/admin/applications/${row.id}`}>
                  {inLocale(row.name)}
                </Link>{' '}
                <span className="dimmer small code">{row.id}</span>
              </td>
              <td>{t(`kind.${row.kind}`)}</td>
              <td className="dim">{row.url}</td>
              <td className="dim small" data-label={t('apps.admin.roles')}>
                {row.nativeRoles.length > 0 ? row.nativeRoles.map(role => inLocale(role.name)).join(' · ') : '—'}
              </td>
              <td className="dim" data-label={t('apps.admin.accounts')}>
                {t(row.provisioned ? 'apps.admin.accounts.pushed' : 'apps.admin.accounts.own')}
              </td>
              <td className="num" data-label={t('apps.admin.signIns')}>
                {row.signIns30d}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
