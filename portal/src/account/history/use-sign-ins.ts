import { useCallback, useState } from 'react'
import { type Loaded, useChange } from '../../app/use-idp.ts'
import { announce } from '../../ui/live-region.tsx'
import type { SignIn } from '../answers.ts'
import { useAccountTexts } from '../texts.ts'
import { useAccountApi, useMine } from '../use-account.ts'

const pageSize = 25
type Answer = { items: SignIn[]; next: string | number | null }

/** The sign-ins read so far, newest first, and how to read older ones. */
export function useSignIns(): {
  items: SignIn[] | undefined
  /** whether there are older ones */
  next: boolean
  at: number | undefined
  problem: Loaded<Answer>['problem']
  busy: boolean
  older(): Promise<void>
  reload(): Promise<void>
} {
  const t = useAccountTexts()
  const api = useAccountApi()
  const first = useMine<Answer>(`sign-ins?limit=${pageSize}`)
  const [older, setOlder] = useState<Answer>()
  const change = useChange()
  const next = older ? older.next : (first.data?.next ?? null)
  const readOlder = useCallback(async () => {
    if (next === null) return
    await change.run(async () => {
      const answer = await api.get<Answer>(`sign-ins?limit=${pageSize}&before=${encodeURIComponent(next)}`)
      setOlder(before => ({ items: [...(before?.items ?? []), ...answer.items], next: answer.next }))
      announce(t('me.history.more', { n: answer.items.length }))
    })
  }, [api, change.run, next, t])
  return {
    items: first.data && [...first.data.items, ...(older?.items ?? [])],
    next: next !== null,
    at: first.at,
    problem: first.problem ?? change.problem,
    busy: change.busy || (!first.data && !first.problem),
    older: readOlder,
    reload: first.reload,
  }
}
