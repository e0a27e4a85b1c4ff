import { type FormEvent, type ReactNode, useState } from 'react'
import type { GraphFault } from '../../../app/graph.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Icon } from '../../../ui/icon.tsx'
import type { Publication } from './answers.ts'
import { FaultList } from './fault-list.tsx'
import { attachTexts } from './texts.ts'

type Props = {
  title: string
  /** what will be other */
  children: ReactNode
  action: string
  /** something is taken from somebody */
  grave?: boolean
  /** why it cannot be done at all; then only closing is left */
  blocked?: boolean
  comment?: string
  busy: boolean
  fault: GraphFault | undefined
  perform: (comment: string) => Promise<Publication | undefined>
  /** what it came to; a conflict is told when it was read */
  onDone: (publication: Publication) => void
  onClose: () => void
}

/** Asks once, naming what changes, takes a comment for the history, and says what became of it. */
export function PublicationDialog(props: Props): ReactNode {
  const t = attachTexts.useTexts()
  const [comment, setComment] = useState(props.comment ?? '')
  const [tried, setTried] = useState(false)
  const [answer, setAnswer] = useState<Publication>()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (comment.trim() === '') return
    const publication = await props.perform(comment.trim())
    setAnswer(publication)
    if (publication?.outcome === 'PUBLISHED' || publication?.outcome === 'UNCHANGED') props.onDone(publication)
  }
  const close = (): void => (answer?.outcome === 'CONFLICT' ? props.onDone(answer) : props.onClose())
  const ended = props.blocked || answer?.outcome === 'REFUSED' || answer?.outcome === 'CONFLICT'
  return (
    <Dialog title={props.title} isOpen onClose={close} role="alertdialog" className="publication">
      {answer?.outcome === 'REFUSED' ? (
        <div role="alert">
          <p className="small">{t('publish.refused')}</p>
          <FaultList faults={answer.faults} />
        </div>
      ) : answer?.outcome === 'CONFLICT' ? (
        <p className="small" role="alert">
          {t('publish.conflict', { revision: answer.revision })}
        </p>
      ) : (
        props.children
      )}
      {props.fault && !ended && (
        <p className="fault padt" role="alert">
          <Icon name="alert" small />
          {props.fault.code === 'OFFLINE' ? t('fault.offline') : props.fault.message}
        </p>
      )}
      {ended ? (
        <div className="bar">
          <Button onClick={close}>{t('close')}</Button>
        </div>
      ) : (
        <form onSubmit={event => void submit(event)} noValidate>
          <TextField
            label={t('publish.comment')}
            hint={t('publish.comment.hint')}
            fault={tried && comment.trim() === '' ? t('publish.comment.missing') : undefined}
            value={comment}
            maxLength={1000}
            onChange={event => setComment(event.target.value)}
          />
          <div className="bar">
            <Button look="bare" onClick={props.onClose}>
              {t('cancel')}
            </Button>
            <Button look={props.grave ? 'grave' : 'main'} type="submit" busy={props.busy} disabled={props.busy}>
              {props.action}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
