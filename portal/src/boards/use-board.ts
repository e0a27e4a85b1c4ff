import { useEffect, useState } from 'react'
import { useApp } from '../app/app-context.ts'
import type { GraphFault } from '../app/graph.ts'
import type { KpiFields } from '../app/operations.ts'
import { useOperation } from '../app/use-operation.ts'

/** A board's figures: as last read at once, then each as it changes. */
export function useBoard(board: string): {
  kpis: KpiFields[]
  fault: GraphFault | undefined
  loading: boolean
  reload(): void
} {
  const { live } = useApp()
  const { answer, loading, reload } = useOperation('Kpis', { board }, 120)
  const [changed, setChanged] = useState<ReadonlyMap<string, KpiFields>>(new Map())
  useEffect(
    () =>
      live.subscribe(
        'KpiChanges',
        () => ({ board }),
        ({ kpiChanges }) => setChanged(before => new Map(before).set(kpiChanges.id, kpiChanges)),
      ),
    [live, board],
  )
  const kpis = (answer?.data?.kpis ?? []).map(kpi => newer(kpi, changed.get(kpi.id)))
  return { kpis, fault: answer?.faults[0], loading, reload }
}

/** The later of two readings of a figure; of the same time the one heard live, which may say that it is stale now. */
export function newer(asked: KpiFields, heard: KpiFields | undefined): KpiFields {
  if (!heard) return asked
  return Date.parse(heard.at ?? '1970') >= Date.parse(asked.at ?? '1970') ? heard : asked
}
