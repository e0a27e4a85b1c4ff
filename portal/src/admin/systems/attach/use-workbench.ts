import { useCallback, useEffect, useMemo, useState } from 'react'
import type { GraphFault } from '../../../app/graph.ts'
import { useLocale } from '../../../ui/use-locale.ts'
import type { Check } from './answers.ts'
import { useMutation } from './use-mutation.ts'

/** Texts that were changed and not published, by system: coming back to a page finds them as they were left. */
const drafts = new Map<string, string>()

/** After the text was published, or is not wanted any more. */
export function forgetDraft(id: string): void {
  drafts.delete(id)
}

/** A system's text as it is being written, beside the one that runs. */
export interface Workbench {
  id: string
  /** what runs; '' for a system that is not attached yet */
  running: string
  yaml: string
  changed: boolean
  /** what was found of `checkedYaml`, which may be an earlier state of the text */
  check: Check | undefined
  checkedYaml: string | undefined
  /** the latest check that got so far as to say what the system offers */
  described: Check | undefined
  /** whether what was found is about the text as it is now */
  current: boolean
  checking: boolean
  fault: GraphFault | undefined
  edit(yaml: string): void
  discard(): void
  runCheck(): Promise<Check | undefined>
}

export function useWorkbench(id: string, running: string, initial = running): Workbench {
  const locale = useLocale()
  const [yaml, setYaml] = useState(() => drafts.get(id) ?? initial)
  const [found, setFound] = useState<{ yaml: string; check: Check }>()
  const [described, setDescribed] = useState<Check>()
  const { busy, fault, run } = useMutation('CheckSystem')
  const changed = yaml !== running

  useEffect(() => {
    if (!changed) return
    const hold = (event: BeforeUnloadEvent): void => event.preventDefault()
    addEventListener('beforeunload', hold)
    return () => removeEventListener('beforeunload', hold)
  }, [changed])

  const edit = useCallback(
    (next: string): void => {
      if (next === running) drafts.delete(id)
      else drafts.set(id, next)
      setYaml(next)
    },
    [id, running],
  )
  const check = useCallback(
    async (text: string, asked: boolean): Promise<Check | undefined> => {
      const data = await run({ id, yaml: text, asked })
      if (data) setFound({ yaml: text, check: data.checkSystem })
      if (data?.checkSystem.description) setDescribed(data.checkSystem)
      return data?.checkSystem
    },
    [id, run],
  )
  // What the page says of a system is what a check of its text finds; sentences come in the reader's language.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is there at first, and after a change of language or of what runs
  useEffect(() => void check(yaml, false), [check, running, locale])

  return useMemo(
    () => ({
      id,
      running,
      yaml,
      changed,
      check: found?.check,
      checkedYaml: found?.yaml,
      described,
      current: found?.yaml === yaml,
      checking: busy,
      fault,
      edit,
      discard: () => edit(running),
      runCheck: () => check(yaml, true),
    }),
    [id, running, yaml, changed, found, described, busy, fault, edit, check],
  )
}
