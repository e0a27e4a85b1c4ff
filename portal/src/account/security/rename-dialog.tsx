import { type ReactNode, type SyntheticEvent, useState } from 'react'
import { useChange } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemLine } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import { useAccountApi } from '../use-account.ts'
import type { DoingState } from './use-doing.ts'

type Props = {
  factor: { factor: string; name: string }
  call: DoingState['call']
  onRenamed: (name: string) => void
  onClose: () => void
}

/** Gives a factor another name. */
export function RenameDialog({ factor, call, onRenamed, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const change = useChange()
  const [value, setValue] = useState(factor.name)
  const [tried, setTried] = useState(false)
  const name = value.trim()
  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (change.busy || name === '') return
    await change.run(async () => {
      const answered = await call(async () => {
        await api.send('PUT', `factors/${encodeURIComponent(factor.factor)}`, { name })
        return true
      })
      if (answered) onRenamed(name)
    })
  }
  return (
    <Dialog title={t('me.factors.rename.of', { name: factor.name })} isOpen onClose={onClose}>
      <form onSubmit={event => void submit(event)} noValidate>
        <TextField
          label={t('me.factors.name')}
          hint={t('me.factors.name.hint')}
          fault={tried && name === '' ? t('me.password.required') : undefined}
          maxLength={60}
          required
          autoFocus
          value={value}
          onChange={event => setValue(event.target.value)}
        />
        <ProblemLine problem={change.problem} />
        <div className="bar">
          <Button onClick={onClose}>{t('me.cancel')}</Button>
          <Button look="main" type="submit" busy={change.busy}>
            {t('me.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
