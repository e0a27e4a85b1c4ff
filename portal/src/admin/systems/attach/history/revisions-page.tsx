import { type ReactNode, useState } from 'react'
import { Button } from '../../../../ui/button.tsx'
import { FaultBlock } from '../../../../ui/fault-block.tsx'
import { Icon } from '../../../../ui/icon.tsx'
import { Instead, Notice, Skeleton } from '../../../../ui/instead.tsx'
import { Section } from '../../../../ui/section.tsx'
import { toast } from '../../../../ui/toast.tsx'
import { AdminTabs } from '../../../admin-tabs.tsx'
import { shortMoment } from '../../../moment.ts'
import '../attach.css'
import { BackToSystems } from '../back-to-systems.tsx'
import { PublicationDialog } from '../publication-dialog.tsx'
import { attachTexts } from '../texts.ts'
import { useMutation } from '../use-mutation.ts'
import { changedSince } from './changed-since.ts'
import { HistoryRows } from './history-rows.tsx'
import { useRevisions } from './use-revisions.ts'

/** Everything that was published of all systems, and the way back to an earlier state of them all. */
export function Page(): ReactNode {
  const t = attachTexts.useTexts()
  const { answer, items, reload, more } = useRevisions()
  const [target, setTarget] = useState<number>()
  const rollBack = useMutation('RollBackSystems')
  const state = answer?.data?.publishing
  const fault = answer?.faults[0]
  const touched = target === undefined ? [] : changedSince(items, target)
  return (
    <main className="page p-attach" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{t('revisions.kicker')}</p>
          <h1 className="lede">
            {state
              ? state.latest === 0
                ? t('revisions.lede.none', { n: state.systems })
                : t('revisions.lede', { revision: state.revision, since: shortMoment(state.since), n: state.systems })
              : t('loading')}
          </h1>
        </div>
        <BackToSystems />
      </header>
      {state?.fault && (
        <Notice icon="alert" bad>
          {t('revisions.fault', { latest: state.latest, revision: state.revision })}{' '}
          <span lang="en">{state.fault}</span>
        </Notice>
      )}
      <Section
        title={t('history.title')}
        count={items.length}
        dateline={<span className="dateline">{t('revisions.note')}</span>}
      >
        {fault && <FaultBlock fault={fault} name={t('history.title')} system="Atrium" onRetry={reload} />}
        {!answer && <Skeleton lines={5} />}
        {answer?.data && items.length === 0 && (
          <Instead icon="history" title={t('history.none')}>
            {t('history.none.hint')}
          </Instead>
        )}
        <HistoryRows
          revisions={items}
          running={state?.revision}
          act={({ revision }) =>
            state && revision < state.latest ? (
              <Button small icon="history" onClick={() => setTarget(revision)}>
                {t('rollBack.action')}
                <span className="sr">{t('history.toThis', { revision })}</span>
              </Button>
            ) : null
          }
        />
        <div className="bar padt">
          {more && (
            <Button small onClick={() => void more()}>
              {t('history.older')}
            </Button>
          )}
          {!more && items.length > 0 && (
            <Button small look="bare" icon="history" onClick={() => setTarget(0)}>
              {t('rollBack.file')}
            </Button>
          )}
        </div>
      </Section>
      {target !== undefined && state && (
        <PublicationDialog
          title={target === 0 ? t('rollBack.file') : t('rollBack.to', { revision: target })}
          action={t('rollBack.action')}
          grave
          comment={target === 0 ? t('rollBack.comment.file') : t('rollBack.comment', { revision: target })}
          busy={rollBack.busy}
          fault={rollBack.fault}
          perform={async comment =>
            (await rollBack.run({ revision: target, comment, expectedRevision: state.latest }))?.rollBackSystems
          }
          onDone={({ outcome, revision }) => {
            if (outcome !== 'CONFLICT')
              toast(outcome === 'UNCHANGED' ? t('publish.nothing') : t('rollBack.done', { revision }))
            setTarget(undefined)
            reload()
          }}
          onClose={() => setTarget(undefined)}
        >
          <p className="small">{t('rollBack.ask', { n: touched.length })}</p>
          <ul className="changelist">
            {touched.map(({ system, revisions }) => (
              <li key={system}>
                <Icon name="history" small />
                <div>
                  <span className="code strong">{system}</span> {t('rollBack.undoes', { list: revisions.join(', ') })}
                </div>
              </li>
            ))}
          </ul>
        </PublicationDialog>
      )}
    </main>
  )
}
