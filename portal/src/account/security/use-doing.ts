import { useCallback, useEffect, useState } from 'react'
import { useApp } from '../../app/app-context.ts'
import { IdpProblem } from '../../app/idp-api.ts'
import type { Proof } from '../../app/session.ts'
import { toast } from '../../ui/toast.tsx'
import type { Account } from '../answers.ts'
import { useAccountTexts } from '../texts.ts'
import { type Doing, doingInWords, takeDoing } from './doing.ts'
import { proofAsked, proofNeeded } from './proof.ts'

export type DoingState = {
  /** what is under way; its dialog is open */
  doing: Doing | undefined
  /** what waits for a new proof of who the person is */
  waiting: { doing: Doing; proof: Proof } | undefined
  begin(doing: Doing): void
  end(): void
  /**
   * Runs a call to the API that belongs to what is under way. A refusal that asks for a new proof leads there instead of being thrown.
   * @returns undefined when it led there
   * @throws IdpProblem
   */
  call<T>(work: () => Promise<T>): Promise<T | undefined>
}

/** What the person is changing, and the way by the sign-in page when idp wants them to show again who they are. */
export function useDoing(account: Account | undefined): DoingState {
  const t = useAccountTexts()
  const { session } = useApp()
  const [doing, setDoing] = useState<Doing>()
  const [waiting, setWaiting] = useState<DoingState['waiting']>()

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page comes back from the sign-in page
  useEffect(() => {
    const begun = takeDoing(session.personId)
    if (!begun) return
    if (!session.proved) return void toast(t('me.proof.not'))
    setDoing(begun)
    toast(t('me.proof.back', { what: doingInWords(t, begun) }))
  }, [])

  const begin = useCallback(
    (next: Doing) => {
      const proof = account && next.what !== 'rename' ? proofNeeded(account) : undefined
      if (proof) setWaiting({ doing: next, proof })
      else setDoing(next)
    },
    [account],
  )
  const end = useCallback(() => {
    setDoing(undefined)
    setWaiting(undefined)
  }, [])
  const call = useCallback(
    async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work()
      } catch (error) {
        const proof = error instanceof IdpProblem ? proofAsked(error) : undefined
        if (!proof || !doing) throw error
        setDoing(undefined)
        setWaiting({ doing, proof })
        return undefined
      }
    },
    [doing],
  )
  return { doing, waiting, begin, end, call }
}
