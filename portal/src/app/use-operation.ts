import { useCallback, useEffect, useRef, useState } from 'react'
import { useLocale } from '../ui/use-locale.ts'
import { useApp } from './app-context.ts'
import type { Answer, DataOf, Graph, OnPart, QueryName, VariablesOf } from './graph.ts'

export interface OperationState<T> {
  answer: Answer<T> | undefined
  loading: boolean
  reload(): void
}

const remembered = new Map<string, Answer<unknown>>()
const underway = new Map<string, Underway>()

/** A request that several sections may wait for. */
interface Underway {
  whole: Promise<Answer<unknown>>
  /** what there is of the answer */
  soFar: Answer<unknown> | undefined
  listeners: Set<OnPart<unknown>>
}

/** Forgets the answers kept for coming back to a page; after a change of language or person. */
export function forgetAnswers(): void {
  remembered.clear()
}

/**
 * A stored query's answer: the last one at once when the page was here before, then the new one. A failed reload keeps what
 * is there and adds the fault.
 * @param refreshSeconds asks again after so long while the page is visible
 */
export function useOperation<N extends QueryName>(
  name: N,
  variables: VariablesOf<N>,
  refreshSeconds = 0,
): OperationState<DataOf<N>> {
  return useStored<DataOf<N>>(name, variables, refreshSeconds)
}

/** The same for a stored query that a manifest names; its data is read by the manifest's paths. */
export function useStoredQuery(name: string, variables: object, refreshSeconds = 0): OperationState<unknown> {
  return useStored(name, variables, refreshSeconds)
}

// What a name answers is known to the caller: from the generated types, or not at all.
function useStored<T>(name: string, variables: object, refreshSeconds: number): OperationState<T> {
  const { graph } = useApp()
  // Answers hold names in the reader's language.
  const key = `${useLocale()}:${name}:${JSON.stringify(variables)}`
  const [answer, setAnswer] = useState(() => remembered.get(key) as Answer<T> | undefined)
  const [loading, setLoading] = useState(true)
  const asked = useRef(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for name and variables, which are new objects at each render
  const reload = useCallback(() => {
    const turn = ++asked.current
    setLoading(true)
    const show = (next: Answer<unknown>): void => {
      if (turn !== asked.current) return
      setAnswer(before => shown(before, next as Answer<T>))
    }
    const request = ask(graph, key, name, variables)
    if (request.soFar) show(request.soFar)
    request.listeners.add(show)
    void request.whole.then(next => {
      if (turn !== asked.current) return
      setLoading(false)
      setAnswer(before => {
        const merged = shown(before, next as Answer<T>)
        if (next.data) remembered.set(key, merged)
        return merged
      })
    })
  }, [graph, key])

  useEffect(() => {
    reload()
    return () => {
      asked.current++
    }
  }, [reload])

  useEffect(() => {
    if (refreshSeconds <= 0) return
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), refreshSeconds * 1000)
    return () => clearInterval(timer)
  }, [reload, refreshSeconds])

  return { answer, loading, reload }
}

/**
 * What is shown when an answer or a part of one comes. What is there as a whole is not replaced by parts of the next answer:
 * rows would lose what they have. An answer that ends without data leaves what is there.
 */
export function shown<T>(before: Answer<T> | undefined, next: Answer<T>): Answer<T> {
  if (next.pending) return before?.data && !before.pending ? before : next
  if (next.data || !before?.data) return next
  const { pending: _, ...kept } = before
  return { ...kept, faults: next.faults }
}

/** Two sections that ask the same at the same moment share one request. */
function ask(graph: Graph, key: string, name: string, variables: object): Underway {
  const known = underway.get(key)
  if (known) return known
  const listeners: Underway['listeners'] = new Set()
  const onPart: OnPart<unknown> = part => {
    request.soFar = part
    for (const listener of listeners) listener(part)
  }
  const whole = graph.queryStored(name, variables, onPart).finally(() => underway.delete(key))
  const request: Underway = { whole, soFar: undefined, listeners }
  underway.set(key, request)
  return request
}
