import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { useApp } from '../../../../app/app-context.ts'
import { Button } from '../../../../ui/button.tsx'
import { FaultBlock } from '../../../../ui/fault-block.tsx'
import { Instead, Skeleton } from '../../../../ui/instead.tsx'
import { Section } from '../../../../ui/section.tsx'
import type { Publication } from '../answers.ts'
import { PublishDialog } from '../publish-dialog.tsx'
import { attachTexts } from '../texts.ts'
import { HistoryRows } from './history-rows.tsx'
import { useRevisions } from './use-revisions.ts'

type Props = {
  id: string
  name: string
  running: string
  expectedRevision: number
  onPublished: (publication: Publication) => void
}

/** What was published of one system; each state of it can be published again. */
export function HistoryTab({ id, name, running, expectedRevision, onPublished }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const { graph } = useApp()
  const { answer, items, reload, more } = useRevisions(id)
  const [restoring, setRestoring] = useState<{ revision: number; yaml: string }>()
  const [file, setFile] = useState<string | null>()
  const fault = answer?.faults[0]
  const openFile = async (): Promise<void> => {
    const { data } = await graph.query('SystemSource', { id, revision: 0 })
    const yaml = data?.systemSource?.yaml ?? null
    setFile(yaml)
    if (yaml !== null) setRestoring({ revision: 0, yaml })
  }
  return (
    <Section
      title={t('history.title')}
      count={items.length}
      dateline={
        <span className="dateline">
          <Link className="link" to="/admin/systems/revisions">
            {t('history.all')}
          </Link>
        </span>
      }
    >
      {fault && <FaultBlock fault={fault} name={t('history.title')} system={name} onRetry={reload} />}
      {!answer && <Skeleton lines={4} />}
      {answer?.data && items.length === 0 && (
        <Instead icon="history" title={t('history.none')}>
          {t('history.none.hint')}
        </Instead>
      )}
      <HistoryRows
        revisions={items}
        system={id}
        running={items[0]?.changes.some(change => change.after === running) ? items[0].revision : undefined}
        act={({ revision, changes }) => {
          const yaml = changes.find(change => change.system === id)?.after
          if (!yaml || yaml === running) return null
          return (
            <Button small icon="history" onClick={() => setRestoring({ revision, yaml })}>
              {t('restore.action')}
              <span className="sr">{t('history.toThis', { revision })}</span>
            </Button>
          )
        }}
      />
      <div className="bar padt">
        {more && (
          <Button small onClick={() => void more()}>
            {t('history.older')}
          </Button>
        )}
        {!more && items.length > 0 && file !== null && (
          <Button small look="bare" icon="history" onClick={() => void openFile()}>
            {t('restore.file')}
          </Button>
        )}
        {file === null && <span className="hint">{t('restore.noFile')}</span>}
      </div>
      {restoring && (
        <PublishDialog
          id={id}
          name={name}
          yaml={restoring.yaml}
          restores={restoring.revision}
          expectedRevision={expectedRevision}
          onDone={publication => {
            setRestoring(undefined)
            reload()
            onPublished(publication)
          }}
          onClose={() => setRestoring(undefined)}
        />
      )}
    </Section>
  )
}
