import { formatNumber } from '@atrium/widgets/sdk/format'
import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import { useApp } from '../../app/app-context.ts'
import type { DataOf } from '../../app/graph.ts'
import { useOperation } from '../../app/use-operation.ts'
import { FaultBlock } from '../../ui/fault-block.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { useLocale } from '../../ui/use-locale.ts'
import { AdminTabs } from '../admin-tabs.tsx'
import { shortMoment } from '../moment.ts'
import { protocolName } from '../protocol-name.ts'
import { useAdminTexts } from '../texts.ts'
import { DriftNotice } from './attach/drift/drift-notice.tsx'
import { attachTexts } from './attach/texts.ts'
import { DeliveriesSection } from './deliveries-section.tsx'
import { LatencyChart, Spark } from './latency-chart.tsx'
import { OperationsSection } from './operations/operations-section.tsx'
import { QuarantineSection } from './quarantine-section.tsx'

export type SystemRow = DataOf<'AdminSystems'>['systems'][number]

/** What each system is doing, what happened to the one selected, and what waits in quarantine. */
export function Page() {
  const t = useAdminTexts()
  const at = attachTexts.useTexts()
  const locale = useLocale()
  const { live, graph } = useApp()
  const { answer, reload } = useOperation('AdminSystems', {}, 10)
  const [selected, setSelected] = useState<string>()
  useEffect(() => live.subscribe('SystemChanges', () => ({}), reload), [live, reload])
  const systems = answer?.data?.systems ?? []
  const fault = answer?.faults[0]
  const shown =
    systems.find(system => system.id === selected) ?? systems.find(system => system.state === 'DOWN') ?? systems[0]
  return (
    <main className="page p-systems" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">
            {t('systems.kicker', { time: shortMoment(new Date(answer?.at ?? Date.now()).toISOString()) })}
          </p>
          <h1 className="lede">
            <Sentence systems={systems} />
          </h1>
        </div>
        <div className="bar">
          <Link className="btn" to="/admin/systems/revisions">
            <Icon name="history" />
            {at('systems.revisions')}
          </Link>
          <Link className="btn" to="/admin/systems/new">
            <Icon name="plus" />
            {at('systems.attach')}
          </Link>
        </div>
      </header>
      <DriftNotice systems={systems} />
      <section className="section" aria-labelledby="systems-title">
        <header>
          <h2 id="systems-title">
            {t('systems.title')}
            <span className="n">{systems.length}</span>
          </h2>
          <span className="dateline">{t('systems.window')}</span>
        </header>
        <div className="scroll">
          <table className="table systems">
            <thead>
              <tr>
                <th scope="col">{t('systems.system')}</th>
                <th scope="col">{t('systems.state')}</th>
                <th scope="col">{t('systems.freshAt')}</th>
                <th scope="col" className="num">
                  {t('systems.p95')}
                </th>
                <th scope="col">{t('systems.latency')}</th>
                <th scope="col" className="num">
                  {t('systems.errorRate')}
                </th>
                <th scope="col">{t('systems.breaker')}</th>
                <th scope="col" className="num">
                  {t('systems.quarantined')}
                </th>
              </tr>
            </thead>
            <tbody>
              {systems.map(system => (
                <tr key={system.id} aria-selected={system.id === shown?.id || undefined}>
                  <td>
                    <button type="button" className="link strong" onClick={() => setSelected(system.id)}>
                      {system.name}
                    </button>
                    <span className="sub2">{protocolName(system.protocol)}</span>
                  </td>
                  <td>
                    <span className={`state${stateTone(system.state)}`}>{t(`systems.state.${system.state}`)}</span>
                  </td>
                  <td>
                    {system.lastSuccessAt ? shortMoment(system.lastSuccessAt) : t('systems.never')}
                    {system.state === 'DOWN' && system.since && (
                      <span className="sub2 warn">{shortMoment(system.since)}</span>
                    )}
                  </td>
                  <td className="num">{system.p95Ms === null ? '—' : `${formatNumber(system.p95Ms, locale)} ms`}</td>
                  <td>
                    <Spark points={system.latency.map(point => Number(point.value))} />
                  </td>
                  <td className={Number(system.errorRate ?? 0) >= 0.5 ? 'num bad' : 'num'}>
                    {system.errorRate === null ? '—' : `${(Number(system.errorRate) * 100).toFixed(2)}%`}
                  </td>
                  <td>
                    {system.breaker === 'CLOSED' ? (
                      t('systems.breaker.CLOSED')
                    ) : (
                      <span className={system.breaker === 'OPEN' ? 'badge bad' : 'badge warn'}>
                        {t(`systems.breaker.${system.breaker}`)}
                      </span>
                    )}
                    {system.nextProbeAt && (
                      <span className="sub2">{t('systems.nextProbe', { time: shortMoment(system.nextProbeAt) })}</span>
                    )}
                  </td>
                  <td className="num">{system.quarantined}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {!answer && <Skeleton rows={3} />}
        {fault && systems.length === 0 && (
          <FaultBlock fault={fault} name={t('systems.title')} system="Atrium" onRetry={reload} />
        )}
      </section>
      <div className="cols under">
        {!answer && (
          <div className="w7">
            <Skeleton rows={5} />
          </div>
        )}
        {shown && (
          <section className="section w7" aria-labelledby="system-detail">
            <header>
              <h2 id="system-detail">
                {shown.name} · {t(`systems.state.${shown.state}`)}
              </h2>
              <span className="dateline">
                <span className="stamp">{shown.id.toUpperCase()}</span>
                {t('systems.p95')}
              </span>
            </header>
            {shown.explanation && <p className="small dim">{shown.explanation}</p>}
            <LatencyChart points={shown.latency} />
            <div className="two">
              <Events system={shown} />
              <div className="bar">
                <button
                  type="button"
                  className="btn s"
                  onClick={() => void graph.mutate('ProbeSystem', { id: shown.id }).then(reload)}
                >
                  <Icon name="refresh" />
                  {t('systems.probe')}
                </button>
                <Link
                  className="btn s"
                  to={`/admin/systems/${encodeURIComponent(shown.id)}`}
                  aria-label={at('systems.openOf', { name: shown.name })}
                >
                  <Icon name="edit" />
                  {at('systems.open')}
                </Link>
              </div>
            </div>
          </section>
        )}
        <div className="w5 stack">
          <QuarantineSection />
          <DeliveriesSection />
        </div>
      </div>
      <OperationsSection />
    </main>
  )
}

function Sentence({ systems }: { systems: SystemRow[] }) {
  const t = useAdminTexts()
  const named = (state: SystemRow['state']): string =>
    systems
      .filter(system => system.state === state)
      .map(system => system.name)
      .join(', ')
  if (systems.length === 0) return t('admin.loading')
  if (named('DOWN')) return <span className="late">{t('systems.lede.down', { names: named('DOWN') })}</span>
  if (named('SLOW')) return t('systems.lede.slow', { names: named('SLOW') })
  return t('systems.lede.up', { n: systems.length })
}

function Events({ system }: { system: SystemRow }) {
  const t = useAdminTexts()
  if (system.events.length === 0) return <p className="small dimmer">{t('systems.noEvents')}</p>
  return (
    <ol className="path" aria-label={t('systems.events')}>
      {system.events.slice(0, 8).map(event => (
        <li
          key={`${event.at} ${event.kind}`}
          className={/OPENED|FAILED|PAUSED|EXPIRES/.test(event.kind) ? 'risk' : 'ok'}
        >
          <b>{event.text}</b>
          <time dateTime={event.at}>{shortMoment(event.at)}</time>
        </li>
      ))}
    </ol>
  )
}

function stateTone(state: SystemRow['state']): string {
  return { UP: '', SLOW: ' warn', DOWN: ' bad', PAUSED: ' off', UNKNOWN: ' off' }[state]
}
