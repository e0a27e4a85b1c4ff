import { type ReactNode, useEffect, useState } from 'react'
import { Icon } from '../../../ui/icon.tsx'
import { Skeleton } from '../../../ui/instead.tsx'
import type { Check, Publication } from './answers.ts'
import { ChangeList } from './change-list.tsx'
import { FaultList } from './fault-list.tsx'
import { PublicationDialog } from './publication-dialog.tsx'
import { attachTexts } from './texts.ts'
import { useMutation } from './use-mutation.ts'

type Props = {
  id: string
  name: string
  yaml: string
  /** what was found of this very text; looked for when it is not known */
  check?: Check | undefined
  /** the revision from which the text comes, when an earlier one is restored; 0 is systems.yaml */
  restores?: number
  expectedRevision: number
  onDone: (publication: Publication) => void
  onClose: () => void
}

/** What publishing this text changes and breaks, before it is done. */
export function PublishDialog(props: Props): ReactNode {
  const t = attachTexts.useTexts()
  const publish = useMutation('PublishSystem')
  const { run, fault } = useMutation('CheckSystem')
  const [check, setCheck] = useState(props.check)
  useEffect(() => {
    if (!props.check) void run({ id: props.id, yaml: props.yaml }).then(data => setCheck(data?.checkSystem))
  }, [run, props.check, props.id, props.yaml])
  const breaking = check?.difference.changes.filter(change => change.breaking).length ?? 0
  const blocked = check ? !check.publishable : false
  const warnings = check?.faults.filter(one => one.level === 'WARNING') ?? []
  return (
    <PublicationDialog
      title={
        blocked
          ? t('publish.blocked')
          : props.restores !== undefined
            ? restoreTitle(t, props.name, props.restores)
            : t('publish.title', { name: props.name })
      }
      action={
        breaking > 0 ? t('publish.anyway') : props.restores !== undefined ? t('restore.action') : t('publish.action')
      }
      grave={breaking > 0}
      blocked={blocked}
      {...(props.restores !== undefined && {
        comment: props.restores === 0 ? t('restore.comment.file') : t('restore.comment', { revision: props.restores }),
      })}
      busy={publish.busy || (!check && !fault)}
      fault={publish.fault ?? fault}
      perform={async comment => {
        const { id, yaml, expectedRevision } = props
        return (await publish.run({ id, yaml, comment, expectedRevision }))?.publishSystem
      }}
      onDone={props.onDone}
      onClose={props.onClose}
    >
      {!check ? (
        !fault && <Skeleton lines={3} />
      ) : blocked ? (
        <FaultList faults={check.faults} />
      ) : (
        <>
          {breaking > 0 ? (
            <p className="fault">
              <Icon name="alert" small />
              {t('publish.breaks', { n: breaking })}
            </p>
          ) : (
            <p className="small dim">{t('publish.safe')}</p>
          )}
          <div className="dialogscroll">
            <ChangeList difference={check.difference} />
            {warnings.length > 0 && <FaultList faults={warnings} />}
          </div>
        </>
      )}
    </PublicationDialog>
  )
}

function restoreTitle(t: typeof attachTexts.text, name: string, revision: number): string {
  return revision === 0 ? t('restore.title.file', { name }) : t('restore.title', { name, revision })
}
