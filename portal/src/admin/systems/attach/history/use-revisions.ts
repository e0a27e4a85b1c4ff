import { useCallback, useState } from 'react'
import { useApp } from '../../../../app/app-context.ts'
import { useOperation } from '../../../../app/use-operation.ts'
import type { Revision } from '../answers.ts'

const page = 20

/** The revisions of one system or of all, newest first, with the earlier ones that were asked for. */
export function useRevisions(system?: string) {
  const { graph } = useApp()
  const { answer, reload } = useOperation('SystemRevisions', { system: system ?? null, first: page, before: null })
  const [older, setOlder] = useState<{ of: number; items: Revision[]; ended: boolean }>()
  const newest = answer?.data?.systemRevisions ?? []
  // Earlier ones were asked for below what was the newest page then.
  const start = newest.at(-1)?.revision ?? 0
  const fitting = older?.of === start ? older : undefined
  const items = [...newest, ...(fitting?.items ?? [])]
  const last = items.at(-1)?.revision
  const more = useCallback(async () => {
    const { data } = await graph.query('SystemRevisions', { system: system ?? null, first: page, before: last ?? null })
    const next = data?.systemRevisions ?? []
    setOlder(before => ({
      of: start,
      items: [...(before?.of === start ? before.items : []), ...next],
      ended: next.length < page,
    }))
  }, [graph, system, last, start])
  const ended = fitting ? fitting.ended : newest.length < page
  return { answer, items, reload, more: ended ? undefined : more }
}
