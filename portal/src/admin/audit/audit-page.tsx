import { useEffect, useState } from 'react'
import { useApp } from '../../app/app-context.ts'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { actorName } from '../actor-name.ts'
import { AdminProblem } from '../admin-api.ts'
import { AdminTabs } from '../admin-tabs.tsx'
import type { AuditRow, Verdict } from '../answers.ts'
import { shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { isKnownText, useAdminTexts } from '../texts.ts'
import { useAdmin, useAdminApi } from '../use-admin.ts'
import { auditTexts } from './texts.ts'

export const texts = auditTexts

type Read = { client: string | null; operation: string | null; fields: string[]; records: number }
type Row = {
  id: string
  at: string
  actor: string
  action: string
  target: string
  outcome: string
  sealed: boolean
  read: Read | null
}
type Chain = 'idp' | 'gateway'
type PageOfRows = { rows: Row[]; next: string | null }
// `burying` shows what would bury the others: a token for each call into a system, a read of personal data.
type Search = { by: 'actor' | 'target'; text: string; burying: boolean }

// A token for each call into a system: hundreds a day a person, and every one says the same.
const buryingOthers = 'token.exchanged'

/** Who did what to what: one chain per service, one page for both. */
export function Page() {
  const t = auditTexts.useTexts()
  const [chain, setChain] = useState<Chain>('idp')
  const [search, setSearch] = useState<Search>({ by: 'actor', text: '', burying: false })
  const [verifying, setVerifying] = useState(false)
  const verdict = useAdmin<Verdict>(verifying ? 'audit/verify' : undefined)
  return (
    <main className="page p-audit" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <h1 className="lede">
            {verdict.data?.broken ? (
              <span className="late">
                {t('audit.lede.broken', { position: verdict.data.broken.position, reason: verdict.data.broken.reason })}
              </span>
            ) : verdict.data ? (
              t('audit.lede.whole', { sealed: verdict.data.sealed })
            ) : (
              t('audit.lede')
            )}
          </h1>
          {verdict.data && verdict.data.unsealed > 0 && (
            <p className="micro dimmer">{t('audit.unsealed', { n: verdict.data.unsealed })}</p>
          )}
        </div>
        <div className="bar">
          <fieldset className="join">
            {(['idp', 'gateway'] as const).map(one => (
              <button
                type="button"
                className="btn s"
                key={one}
                aria-pressed={chain === one}
                onClick={() => setChain(one)}
              >
                {t(`audit.${one}`)}
              </button>
            ))}
          </fieldset>
          <button
            type="button"
            className="btn s"
            onClick={() => {
              if (verifying) void verdict.reload()
              setVerifying(true)
            }}
          >
            <Icon name="check" />
            {t('audit.verify')}
          </button>
        </div>
      </header>
      {verdict.problem && <ProblemBlock problem={verdict.problem} />}
      <form
        className="bar draftbar auditfilters"
        onSubmit={event => {
          event.preventDefault()
          setSearch({ ...search, text: String(new FormData(event.currentTarget).get('text') ?? '').trim() })
        }}
      >
        <span className="pick">
          <select
            className="select s"
            aria-label={t('audit.by')}
            value={search.by}
            onChange={event => setSearch({ ...search, by: event.target.value as Search['by'] })}
          >
            <option value="actor">{t('audit.by.actor')}</option>
            <option value="target">{t('audit.by.target')}</option>
          </select>
          <Icon name="down" small />
        </span>
        <label className="ask mini">
          <Icon name="search" small />
          <input name="text" type="search" placeholder={t('audit.find')} aria-label={t('audit.find')} />
        </label>
        <button
          type="button"
          className="chip"
          aria-pressed={search.burying}
          onClick={() => setSearch({ ...search, burying: !search.burying })}
        >
          {t(chain === 'idp' ? 'audit.exchanges' : 'audit.reads')}
        </button>
      </form>
      <AuditTable key={`${chain} ${JSON.stringify(search)}`} chain={chain} search={search} />
    </main>
  )
}

function AuditTable({ chain, search }: { chain: Chain; search: Search }) {
  const t = auditTexts.useTexts()
  const common = useAdminTexts()
  const read = useAuditReader(chain, search)
  const [page, setPage] = useState<PageOfRows>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let gone = false
    read(null).then(
      first => !gone && setPage(first),
      () => !gone && setFailed(true),
    )
    return () => {
      gone = true
    }
  }, [read])
  if (failed && !page) return <ProblemBlock problem={new AdminProblem(0, 'offline', '')} />
  if (!page) return <Skeleton lines={8} />
  if (page.rows.length === 0) {
    return (
      <div className="instead">
        <Icon name="search" />
        <b>{t('audit.empty')}</b>
      </div>
    )
  }
  return (
    <>
      <div className="scroll">
        <table className="table stacks audit">
          <thead>
            <tr>
              <th scope="col">{t('audit.at')}</th>
              <th scope="col">{t('audit.actor')}</th>
              <th scope="col">{t('audit.action')}</th>
              <th scope="col">{t('audit.target')}</th>
              <th scope="col">{t('audit.outcome')}</th>
              <th scope="col">{t('audit.sealed')}</th>
            </tr>
          </thead>
          <tbody>
            {page.rows.map(row => (
              <tr key={row.id}>
                <td className="nowrap">
                  <time dateTime={row.at}>{shortMoment(row.at)}</time>
                </td>
                <td>{actorName({ id: row.actor }, common)}</td>
                <td>
                  <ActionName action={row.action} />
                </td>
                <td>
                  <TargetName target={row.target} />
                  {row.read && (
                    <div className="micro dimmer">
                      {t('audit.read', {
                        fields: row.read.fields.join(', '),
                        n: row.read.records,
                        client: row.read.client ?? '–',
                        operation: row.read.operation ?? '–',
                      })}
                    </div>
                  )}
                </td>
                <td>
                  <span className={row.outcome === 'success' ? 'state' : 'state bad'}>
                    {t(`audit.outcome.${row.outcome as AuditRow['outcome']}`)}
                  </span>
                </td>
                <td className="dimmer small">{row.sealed ? t('audit.sealed.yes') : t('audit.sealed.no')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {page.next && (
        <div className="bar padt">
          <button
            type="button"
            className="btn s"
            onClick={() =>
              void read(page.next).then(more => setPage({ rows: [...page.rows, ...more.rows], next: more.next }))
            }
          >
            {common('admin.older')}
          </button>
        </div>
      )}
    </>
  )
}

// A name for what the product itself records; the code for what a system's own operation adds.
function ActionName({ action }: { action: string }) {
  const t = useAdminTexts()
  const key = `action.${action}`
  return isKnownText(key) ? <span title={action}>{t(key)}</span> : <code>{action}</code>
}

// `type name`, the type in the reader's words.
function TargetName({ target }: { target: string }) {
  const t = useAdminTexts()
  const [type = '', ...name] = target.split(' ')
  const key = `target.${type}`
  if (!isKnownText(key)) return target
  // There is one directory and one policy: their ids say nothing.
  if (type === 'directory' || type === 'sign_in_policy') return t(key)
  return `${t(key)} ${type === 'client' ? actorName({ id: name.join(' ') }, t) : name.join(' ')}`
}

const pageSize = 50

function useAuditReader(chain: Chain, search: Search): (before: string | null) => Promise<PageOfRows> {
  const api = useAdminApi()
  const { graph } = useApp()
  const [read] = useState(() => async (before: string | null): Promise<PageOfRows> => {
    if (chain === 'gateway') {
      const answer = await graph.query('GatewayAudit', {
        first: pageSize,
        before,
        actor: search.by === 'actor' && search.text ? search.text : null,
        target: search.by === 'target' && search.text ? search.text : null,
        reads: search.burying,
      })
      const rows = answer.data?.auditLog ?? []
      return { rows, next: rows.length === pageSize ? (rows.at(-1)?.id ?? null) : null }
    }
    const query = new URLSearchParams({
      limit: String(pageSize),
      ...(before ? { before } : {}),
      ...(search.text ? { [search.by]: search.text } : {}),
      ...(search.burying ? {} : { except: buryingOthers }),
    })
    const found = await api.get<{ items: AuditRow[]; next: number | null }>(`audit?${query}`)
    return { rows: found.items.map(asRow), next: found.next === null ? null : String(found.next) }
  })
  return read
}

function asRow(row: AuditRow): Row {
  return {
    id: String(row.id),
    at: row.at,
    actor: row.actor.name ?? row.actor.id,
    action: row.action,
    target: [row.target.type, row.target.name ?? row.target.id].join(' '),
    outcome: row.outcome,
    sealed: row.sealed,
    read: null,
  }
}
