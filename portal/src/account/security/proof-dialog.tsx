import type { ReactNode } from 'react'
import { useApp } from '../../app/app-context.ts'
import type { Proof } from '../../app/session.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useAccountTexts } from '../texts.ts'
import { type Doing, doingInWords, rememberDoing } from './doing.ts'

type Props = { doing: Doing; proof: Proof; onClose: () => void }

/** Says why the person has to show again who they are, and takes them to the sign-in page and back. */
export function ProofDialog({ doing, proof, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const { session } = useApp()
  const values = { minutes: Math.round(proof.maxAgeSeconds / 60), what: doingInWords(t, doing) }
  return (
    <Dialog title={t('me.proof.title')} isOpen onClose={onClose}>
      <p>{proof.acr === '2' ? t('me.proof.two', values) : t('me.proof.one', values)}</p>
      <div className="bar">
        <Button onClick={onClose}>{t('me.cancel')}</Button>
        <Button
          look="main"
          autoFocus
          onClick={() => {
            rememberDoing(doing, session.personId)
            session.signInAgain(proof)
          }}
        >
          {t('me.proof.go')}
        </Button>
      </div>
    </Dialog>
  )
}
