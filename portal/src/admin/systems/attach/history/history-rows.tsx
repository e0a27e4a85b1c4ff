import type { ReactNode } from 'react'
import { useLocale } from '../../../../ui/use-locale.ts'
import { shortMoment } from '../../../moment.ts'
import type { Revision } from '../answers.ts'
import { LazyDiff } from '../lazy-diff.tsx'
import { attachTexts } from '../texts.ts'
import { OnOpen } from './on-open.tsx'

type Props = {
  revisions: readonly Revision[]
  /** the system whose changes alone are shown */
  system?: string
  /** the number of the one that runs */
  running: number | undefined
  act: (revision: Revision) => ReactNode
}

/** What was published, newest first: by whom, when, why, and the texts before and after. */
export function HistoryRows({ revisions, system, running, act }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const locale = useLocale()
  return (
    <ol className="rows history">
      {revisions.map(revision => {
        const changes = revision.changes.filter(change => system === undefined || change.system === system)
        return (
          <li key={revision.revision}>
            <div className="row2">
              <span>
                <b>{t('history.revision', { n: revision.revision })}</b>{' '}
                {revision.revision === running && <span className="badge go">{t('history.running')}</span>}{' '}
                {revision.rolledBackTo !== null && (
                  <span className="badge">
                    {revision.rolledBackTo === 0
                      ? t('history.rolledBackFile')
                      : t('history.rolledBack', { n: revision.rolledBackTo })}
                  </span>
                )}
                <span className="block">{revision.comment}</span>
              </span>
              <span className="num">{act(revision)}</span>
              <span className="sub">
                {locale === 'en' ? revision.authorNames.en : revision.authorNames.zhCN} ·{' '}
                <time dateTime={revision.at}>{shortMoment(revision.at)}</time>
                {system === undefined && ` · ${changes.map(one => one.system).join(', ')}`}
              </span>
            </div>
            {changes.map(change => (
              <OnOpen
                key={change.system}
                summary={
                  system === undefined
                    ? t(`history.kind.${change.kind}.of`, { system: change.system })
                    : t(`history.kind.${change.kind}`)
                }
              >
                <LazyDiff
                  before={change.before ?? ''}
                  after={change.after ?? ''}
                  label={t('history.diff', { n: revision.revision })}
                />
              </OnOpen>
            ))}
          </li>
        )
      })}
    </ol>
  )
}
