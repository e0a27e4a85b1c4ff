import type { ReactNode } from 'react'
import { useChange } from '../app/use-idp.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ProblemLine } from './problem-text.tsx'
import { useAccountTexts } from './texts.ts'

type Props = {
  title: string
  question: string
  action: string
  /** left out when there is only something to say */
  onConfirm?: () => Promise<unknown>
  onClose: () => void
}

/** Asks once before something is taken away, naming what. A refusal is shown in it. */
export function ConfirmDialog({ title, question, action, onConfirm, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const change = useChange()
  return (
    <Dialog title={title} isOpen onClose={onClose} role="alertdialog">
      <p>{question}</p>
      <ProblemLine problem={change.problem} />
      <div className="bar">
        <Button onClick={onClose}>{onConfirm ? t('me.cancel') : t('me.close')}</Button>
        {onConfirm ? (
          <Button
            look="grave"
            className="main"
            busy={change.busy}
            onClick={() => {
              if (!change.busy) void change.run(onConfirm)
            }}
          >
            {action}
          </Button>
        ) : null}
      </div>
    </Dialog>
  )
}
