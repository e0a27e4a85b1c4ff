import type { ReactNode } from 'react'
import type { Publication } from './answers.ts'
import { PublicationDialog } from './publication-dialog.tsx'
import { attachTexts } from './texts.ts'
import { useMutation } from './use-mutation.ts'

type Props = {
  id: string
  name: string
  /** the types that it gives now */
  types: readonly string[]
  expectedRevision: number
  onDone: (publication: Publication) => void
  onClose: () => void
}

/** Takes a system away, naming the data that go with it. */
export function RemoveDialog({ id, name, types, expectedRevision, onDone, onClose }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const { busy, fault, run } = useMutation('RemoveSystem')
  return (
    <PublicationDialog
      title={t('remove.title', { name })}
      action={t('remove.action')}
      grave
      busy={busy}
      fault={fault}
      perform={async comment => (await run({ id, comment, expectedRevision }))?.removeSystem}
      onDone={onDone}
      onClose={onClose}
    >
      <p className="small">
        {types.length > 0 ? t('remove.ask', { n: types.length }) : t('remove.ask.none')}{' '}
        <span className="code">{types.join(', ')}</span>
      </p>
      <p className="small dim">{t('remove.refused')}</p>
    </PublicationDialog>
  )
}
