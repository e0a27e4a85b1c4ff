import type { ReactNode } from 'react'
import { ConfirmDialog } from '../confirm-dialog.tsx'
import { useAccountTexts } from '../texts.ts'
import { useAccountApi } from '../use-account.ts'
import type { DoingState } from './use-doing.ts'

type Props = { left: number; call: DoingState['call']; onMade: (codes: string[]) => void; onClose: () => void }

/** Makes new recovery codes in place of the old ones. */
export function NewCodesDialog({ left, call, onMade, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const make = async (): Promise<void> => {
    const made = await call(() => api.send<{ codes: string[] }>('POST', 'recovery-codes', {}))
    if (made) onMade(made.codes)
  }
  return (
    <ConfirmDialog
      title={t('me.codes.new.title')}
      question={left > 0 ? t('me.codes.new.ask', { n: left }) : t('me.codes.new.ask.zero')}
      action={t('me.codes.new')}
      onConfirm={make}
      onClose={onClose}
    />
  )
}
