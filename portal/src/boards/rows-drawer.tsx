import { type ReactNode, useEffect, useState } from 'react'
import { Link } from 'react-router'
import { useApp } from '../app/app-context.ts'
import type { DataOf, GraphFault } from '../app/graph.ts'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Dateline, systemCode } from '../ui/dateline.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FaultBlock } from '../ui/fault-block.tsx'
import { Skeleton } from '../ui/instead.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { saveCsv } from './csv.ts'
import { cellOf } from './row-cell.ts'

type Rows = DataOf<'KpiRows'>['kpiRows']
const pageSize = 50

/** The rows behind a figure, read from its system as me, page by page. */
export function RowsDrawer({ kpi, onClose }: { kpi: KpiFields; onClose: () => void }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const { graph } = useApp()
  const [rows, setRows] = useState<Rows>()
  const [fault, setFault] = useState<GraphFault>()
  const [loading, setLoading] = useState(true)
  const load = (after: string | null): void => {
    setLoading(true)
    setFault(undefined)
    void graph
      .query('KpiRows', { kpi: kpi.id, first: pageSize, ...(after ? { after } : {}) })
      .then(({ data, faults }) => {
        setLoading(false)
        if (!data) return setFault(faults[0])
        setRows(before =>
          after && before ? { ...data.kpiRows, rows: [...before.rows, ...data.kpiRows.rows] } : data.kpiRows,
        )
      })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: opens once; the figure behind may change meanwhile
  useEffect(() => load(null), [])
  return (
    <Dialog title={t('rows.title', { name: kpi.name })} isOpen onClose={onClose} place="side">
      <IconButton icon="x" label={t('close')} className="closer" onClick={onClose} />
      <p className="bar">
        <span className="small dim">{rows ? t('rows.count', { count: rows.totalCount }) : ''}</span>
        <Dateline systems={[kpi.system]} at={rows ? Date.parse(rows.at) : undefined} loading={loading} />
        <span className="push" />
        <Link className="small" to={`/dictionary#figure-${kpi.id}`}>
          {t('rows.lineage')}
        </Link>
        {rows && rows.rows.length > 0 ? (
          <Button small look="bare" icon="down2" onClick={() => saveCsv(kpi.name, rows)}>
            {t('rows.export')}
          </Button>
        ) : null}
      </p>
      {rows ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: wider than a phone, it scrolls sideways and must be reachable by keyboard
        <section className="scroll" tabIndex={0} aria-label={t('rows.title', { name: kpi.name })}>
          <table className="table">
            <thead>
              <tr>
                {rows.columns.map(column => (
                  <th key={column.key} scope="col" className={column.align === 'end' ? 'num' : ''}>
                    {column.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.rows.map((row, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: pages are only added at the end
                <tr key={index}>
                  {row?.map((cell, place) => (
                    <td key={rows.columns[place]?.key} className={rows.columns[place]?.align === 'end' ? 'num' : ''}>
                      {cellOf(cell, rows.columns[place]?.align, locale)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : fault ? (
        <FaultBlock
          fault={fault}
          name={kpi.name}
          system={systemCode(fault.system ?? kpi.system)}
          onRetry={() => load(null)}
        />
      ) : (
        <Skeleton lines={10} />
      )}
      {rows?.pageInfo.hasNextPage ? (
        <p className="bar padt">
          <Button small busy={loading} onClick={() => load(rows.pageInfo.endCursor)}>
            {t('rows.more')}
          </Button>
        </p>
      ) : null}
    </Dialog>
  )
}
