import { useCallback, useEffect, useRef, useState } from 'react'
import { type IdpApi, IdpProblem } from './idp-api.ts'

export type Loaded<T> = {
  data: T | undefined
  problem: IdpProblem | undefined
  /** when the data came, epoch ms */
  at: number | undefined
  reload(): Promise<void>
}

/**
 * What one address of an API answers. A failed reload keeps what is there and adds the problem.
 * @param path undefined asks nothing
 * @param everySeconds asks again while the page is visible
 */
export function useIdp<T>(api: IdpApi, path: string | undefined, everySeconds = 0): Loaded<T> {
  const [state, setState] = useState<{ path?: string; data?: T; at?: number; problem?: IdpProblem }>({})
  const asked = useRef(0)
  const reload = useCallback(async () => {
    if (path === undefined) return
    const turn = ++asked.current
    try {
      const data = await api.get<T>(path)
      if (turn === asked.current) setState({ path, data, at: Date.now() })
    } catch (error) {
      const problem = error instanceof IdpProblem ? error : new IdpProblem(0, 'offline', '')
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
  return { data: current.data, problem: current.problem, at: current.at, reload }
}

/** Runs a change and tells its problem; `busy` while it runs. */
export function useChange(): {
  busy: boolean
  problem: IdpProblem | undefined
  run(work: () => Promise<unknown>): Promise<boolean>
} {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<IdpProblem>()
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof IdpProblem)) throw error
      setProblem(error)
      return false
    } finally {
      setBusy(false)
    }
  }, [])
  return { busy, problem, run }
}
