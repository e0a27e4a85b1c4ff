import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useApp } from '../app/app-context.ts'
import { i18n, type Locale } from '../locales/texts.ts'
import { type AdminApi, AdminProblem, createAdminApi } from './admin-api.ts'
import type { Text } from './answers.ts'

/** The admin API of the person signed in. */
export function useAdminApi(): AdminApi {
  const { config, session } = useApp()
  return useMemo(() => createAdminApi(new URL(config.issuer).origin, session, () => i18n.locale), [config, session])
}

export type Loaded<T> = { data: T | undefined; problem: AdminProblem | undefined; reload(): Promise<void> }

/**
 * What one address of the admin API answers. A failed reload keeps what is there and adds the problem.
 * @param path undefined asks nothing
 * @param everySeconds asks again while the page is visible
 */
export function useAdmin<T>(path: string | undefined, everySeconds = 0): Loaded<T> {
  const api = useAdminApi()
  const [state, setState] = useState<{ path?: string; data?: T; problem?: AdminProblem }>({})
  const asked = useRef(0)
  const reload = useCallback(async () => {
    if (path === undefined) return
    const turn = ++asked.current
    try {
      const data = await api.get<T>(path)
      if (turn === asked.current) setState({ path, data })
    } catch (error) {
      const problem = error instanceof AdminProblem ? error : new AdminProblem(0, 'offline', '')
      if (turn === asked.current)
        setState(before => (before.path === path ? { ...before, problem } : { path, problem }))
    }
  }, [api, path])
  useEffect(() => {
    void reload()
    return () => {
      asked.current++
    }
  }, [reload])
  useEffect(() => {
    if (everySeconds <= 0) return
    const timer = setInterval(() => document.visibilityState === 'visible' && void reload(), everySeconds * 1000)
    return () => clearInterval(timer)
  }, [reload, everySeconds])
  const current = state.path === path ? state : {}
  return { data: current.data, problem: current.problem, reload }
}

/** Runs a change and tells its problem; `busy` while it runs. */
export function useChange(): {
  busy: boolean
  problem: AdminProblem | undefined
  run(work: () => Promise<unknown>): Promise<boolean>
} {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<AdminProblem>()
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof AdminProblem)) throw error
      setProblem(error)
      return false
    } finally {
      setBusy(false)
    }
  }, [])
  return { busy, problem, run }
}

/** A text of both languages in the one in use. */
export function inLocale(text: Text): string {
  return (i18n.locale as Locale) === 'en' ? text.en : text.zh
}
