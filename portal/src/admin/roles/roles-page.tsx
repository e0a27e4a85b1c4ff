import { useState } from 'react'
import { Icon } from '../../ui/icon.tsx'
import { actorName } from '../actor-name.ts'
import { AdminTabs } from '../admin-tabs.tsx'
import type { Effect, Matrix, Preview } from '../answers.ts'
import { longDay } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdminTexts } from '../texts.ts'
import { useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import { distinctPeople } from './distinct-people.ts'
import { EffectsPanel } from './effects-panel.tsx'
import { MatrixTable } from './matrix-table.tsx'
import { PreviewDrawer } from './preview-drawer.tsx'
import { VersionsMenu } from './versions-menu.tsx'

/** The matrix of business roles × systems: edit the draft, see who is affected, publish, roll back. */
export function Page() {
  const t = useAdminTexts()
  const api = useAdminApi()
  const matrix = useAdmin<Matrix>('roles')
  const [filter, setFilter] = useState('')
  const [changedOnly, setChangedOnly] = useState(false)
  const [open, setOpen] = useState(true)
  const [following, setFollowing] = useState<number>()
  const draft = matrix.data?.draft
  const preview = useAdmin<Preview>(draft ? 'roles/draft/preview' : undefined)
  const effects = useAdmin<{ items?: Effect[]; effects?: Effect[] }>(
    following === undefined ? undefined : 'roles/effects',
    following === undefined ? 0 : 2,
  )
  const change = useChange()

  if (!matrix.data) {
    return (
      <main className="page" id="main">
        <AdminTabs />
        {matrix.problem ? (
          <ProblemBlock problem={matrix.problem} onAgain={() => void matrix.reload()} />
        ) : (
          <p className="dimmer">{t('admin.loading')}</p>
        )}
      </main>
    )
  }
  const data = matrix.data
  const gain = distinctPeople(preview.data?.gains ?? [])
  const lose = distinctPeople(preview.data?.losses ?? [])
  const clashes = preview.data?.conflicts.length ?? 0
  return (
    <main className={draft && open ? 'withdrawer p-roles' : 'p-roles'} id="main">
      <AdminTabs />
      <div className="mainpane">
        <header className="boardhead">
          <div>
            <p className="micro dimmer">
              {data.published
                ? t('roles.kicker', {
                    version: data.published.version,
                    date: longDay(data.published.at),
                    name: actorName(data.published.by, t),
                  })
                : t('roles.kicker.none')}
            </p>
            <h1 className="lede">
              {draft
                ? t('roles.lede.draft', { version: draft.version, gain, lose })
                : t('roles.lede.published', { roles: data.roles.length, systems: data.systems.length })}
              {clashes > 0 && <span className="late">{t('roles.lede.conflicts', { n: clashes })}</span>}
            </h1>
          </div>
          <div className="bar">
            {draft && !open && (
              <button type="button" className="btn s bare" onClick={() => setOpen(true)}>
                <Icon name="people" />
                {t('roles.preview.show')}
              </button>
            )}
            <VersionsMenu
              live={data.published?.version}
              onRollBack={async version => {
                if (await change.run(() => api.send('POST', `roles/versions/${version}/rollback`, { comment: '' }))) {
                  setFollowing(version)
                  await matrix.reload()
                }
              }}
            />
          </div>
        </header>
        {change.problem && <ProblemBlock problem={change.problem} />}
        {following !== undefined && !draft && (
          <EffectsPanel
            published={data.published?.version ?? 0}
            effects={effects.data?.items ?? effects.data?.effects ?? []}
            systems={data.systems}
          />
        )}
        <div className="bar draftbar">
          {draft ? (
            <>
              <span className="badge go">{t('roles.draft', { version: draft.version })}</span>
              <span className="small">
                {t('roles.changes', { n: draft.changes.length, name: actorName(draft.by, t) })}
              </span>
            </>
          ) : (
            <span className="small dim">{t('roles.noDraft')}</span>
          )}
          <span className="push" />
          <label className="ask mini">
            <Icon name="search" small />
            <input
              placeholder={t('roles.filter.hint')}
              aria-label={t('roles.filter')}
              value={filter}
              onChange={event => setFilter(event.target.value)}
            />
          </label>
          {draft && (
            <button
              type="button"
              className="chip"
              aria-pressed={changedOnly}
              onClick={() => setChangedOnly(!changedOnly)}
            >
              {t('roles.changedOnly', { n: draft.changes.length })}
            </button>
          )}
          {data.drift > 0 && <span className="chip">{t('roles.drift', { n: data.drift })}</span>}
        </div>
        <MatrixTable
          matrix={data}
          filter={filter}
          changedOnly={changedOnly && draft !== null}
          onEdit={async (role, system, nativeRoles, scope) => {
            const done = await change.run(() =>
              api.send(
                'PUT',
                `roles/draft/cells/${encodeURIComponent(role)}/${encodeURIComponent(system)}`,
                { nativeRoles, ...(scope ? { scope } : {}) },
                draft?.revision,
              ),
            )
            setFollowing(undefined)
            setOpen(true)
            await Promise.all([matrix.reload(), preview.reload()])
            return done
          }}
        />
        <p className="legend">
          <span>
            <ins>{t('roles.gain')}</ins>
          </span>
          <span>
            <del>{t('roles.lose')}</del>
          </span>
          <span className="dimmer">{t('roles.legend')}</span>
        </p>
      </div>
      {draft && open && (
        <PreviewDrawer
          draft={draft}
          systems={data.systems}
          preview={preview.data}
          busy={change.busy}
          onClose={() => setOpen(false)}
          onDiscard={async () => {
            if (await change.run(() => api.send('DELETE', 'roles/draft', undefined, draft.revision)))
              await matrix.reload()
          }}
          onPublish={async comment => {
            if (await change.run(() => api.send('POST', 'roles/draft/publish', { comment }, draft.revision))) {
              setFollowing(draft.version)
              await matrix.reload()
            }
          }}
        />
      )}
    </main>
  )
}
