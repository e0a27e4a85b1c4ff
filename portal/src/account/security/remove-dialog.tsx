import type { ReactNode } from 'react'
import type { Account, Factor } from '../answers.ts'
import { ConfirmDialog } from '../confirm-dialog.tsx'
import { eitherOf } from '../factor-words.ts'
import { useAccountTexts } from '../texts.ts'
import { useAccountApi } from '../use-account.ts'
import type { DoingState } from './use-doing.ts'

type Props = {
  factor: { factor: string; name: string }
  account: Account
  factors: readonly Factor[]
  call: DoingState['call']
  onRemoved: () => void
  onClose: () => void
}

/** Removes a factor, or says why it must stay. */
export function RemoveDialog({ factor, account, factors, call, onRemoved, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const left = factors.filter(one => one.id !== factor.factor)
  const needed = account.required.length > 0 && !left.some(one => account.required.includes(one.kind))
  const remove = async (): Promise<void> => {
    const answered = await call(async () => {
      await api.send('DELETE', `factors/${encodeURIComponent(factor.factor)}`)
      return true
    })
    if (answered) onRemoved()
  }
  return (
    <ConfirmDialog
      title={t('me.factors.remove.title', { name: factor.name })}
      question={
        needed
          ? t('me.factors.remove.blocked', { kinds: eitherOf(t, account.required) })
          : left.length === 0
            ? t('me.factors.remove.last')
            : t('me.factors.remove.ask')
      }
      action={t('me.factors.remove')}
      {...(needed ? {} : { onConfirm: remove })}
      onClose={onClose}
    />
  )
}
