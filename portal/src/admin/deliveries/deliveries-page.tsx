import { type ReactNode, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import type { Named } from '../answers.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdminTexts } from '../texts.ts'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import { type SignOut, type State, states } from './answers.ts'
import { DeliveryFilters } from './delivery-filters.tsx'
import { DeliveryTable } from './delivery-table.tsx'
import { deliveriesTexts } from './texts.ts'

export const texts = deliveriesTexts

type Rows = { items: SignOut[]; next: number | null }
const counted = 200

/** Which system has heard that somebody signed out, which has not, why, and once more by hand. */
export function Page(): ReactNode {
  const t = deliveriesTexts.useTexts()
  const api = useAdminApi()
  const [filter, setFilter] = useSearchParams()
  const pending = useAdmin<Rows>(`deliveries?topic=logout&state=pending&limit=${counted}`, 5)
  const dead = useAdmin<Rows>(`deliveries?topic=logout&state=dead&limit=${counted}`, 5)
  const applications = useAdmin<{ items: Named[] }>('applications')
  const names = useMemo(
    () => new Map((applications.data?.items ?? []).map(system => [system.id, inLocale(system.name)])),
    [applications.data],
  )
  const query = new URLSearchParams({ topic: 'logout', limit: '50' })
  for (const name of ['person', 'target'] as const) {
    const value = filter.get(name)
    if (value) query.set(name, value)
  }
  const state = states.find(one => one === filter.get('state'))
  if (state) query.set('state', state)
  const list = useAdmin<Rows>(`deliveries?${query}`, 5)
  const change = useChange()
  const retry = async (row: SignOut): Promise<void> => {
    if (await change.run(() => api.send('POST', `deliveries/${row.id}/retry`))) toast(t('signOuts.retried'))
    await Promise.all([list.reload(), pending.reload(), dead.reload()])
  }
  const narrow = (changes: { person?: string; target?: string; state?: State | '' }): void => {
    const next = new URLSearchParams(filter)
    for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name)
    setFilter(next, { replace: true })
  }
  const problem = change.problem ?? list.problem
  return (
    <main className="page p-signouts" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{t('signOuts.kicker')}</p>
          <h1 className="lede">
            {pending.data && dead.data ? (
              <Sentence pending={pending.data.items.length} dead={dead.data.items.length} />
            ) : (
              t('signOuts.title')
            )}
          </h1>
        </div>
      </header>
      <Section title={t('signOuts.title')} dateline={<span className="dateline">{t('signOuts.live')}</span>}>
        <DeliveryFilters
          person={filter.get('person') ?? ''}
          target={filter.get('target') ?? ''}
          state={state ?? ''}
          applications={[...names]}
          onChange={narrow}
        />
        {problem && <ProblemBlock problem={problem} onAgain={() => void list.reload()} />}
        {list.data ? (
          <Pages key={String(query)} first={list.data} query={String(query)}>
            {items =>
              items.length === 0 ? (
                <Instead icon="check" title={t('signOuts.empty')}>
                  {t('signOuts.empty.hint')}
                </Instead>
              ) : (
                <DeliveryTable
                  items={items}
                  nameOf={id => names.get(id) ?? id}
                  busy={change.busy}
                  onRetry={retry}
                  onPerson={person => narrow({ person })}
                />
              )
            }
          </Pages>
        ) : (
          !problem && <Skeleton lines={4} />
        )}
      </Section>
    </main>
  )
}

function Sentence({ pending, dead }: { pending: number; dead: number }): ReactNode {
  const t = deliveriesTexts.useTexts()
  const many = (n: number) => ({ n, more: n >= counted ? '+' : '' })
  if (dead > 0)
    return (
      <>
        <span className="late">{t(pending > 0 ? 'signOuts.lede.both' : 'signOuts.lede.dead', many(dead))}</span>
        {pending > 0 ? t('signOuts.lede.both.rest', many(pending)) : t('signOuts.lede.dead.rest')}
      </>
    )
  return pending > 0 ? t('signOuts.lede.pending', many(pending)) : t('signOuts.lede.none')
}

// The first page renews itself; older ones stay as they were read.
function Pages({
  first,
  query,
  children,
}: {
  first: Rows
  query: string
  children: (items: SignOut[]) => ReactNode
}): ReactNode {
  const t = useAdminTexts()
  const api = useAdminApi()
  const [older, setOlder] = useState<Rows>()
  const next = older ? older.next : first.next
  const known = new Set(first.items.map(item => item.id))
  return (
    <>
      {children([...first.items, ...(older?.items ?? []).filter(item => !known.has(item.id))])}
      {next !== null && (
        <div className="bar padt">
          <button
            type="button"
            className="btn s"
            onClick={() =>
              void api
                .get<Rows>(`deliveries?${query}&before=${next}`)
                .then(more => setOlder({ items: [...(older?.items ?? []), ...more.items], next: more.next }))
                .catch(() => undefined)
            }
          >
            {t('admin.older')}
          </button>
        </div>
      )}
    </>
  )
}
