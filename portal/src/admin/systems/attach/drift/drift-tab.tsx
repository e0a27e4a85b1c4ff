import { type FormEvent, type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { useOperation } from '../../../../app/use-operation.ts'
import { Button } from '../../../../ui/button.tsx'
import { FaultBlock } from '../../../../ui/fault-block.tsx'
import { TextField } from '../../../../ui/field.tsx'
import { Icon } from '../../../../ui/icon.tsx'
import { Instead, Skeleton } from '../../../../ui/instead.tsx'
import { Section } from '../../../../ui/section.tsx'
import { shortMoment } from '../../../moment.ts'
import type { Drift } from '../answers.ts'
import { attachTexts } from '../texts.ts'
import { useMutation } from '../use-mutation.ts'

type Props = { id: string; name: string; shown: string | null; onAcknowledged: () => void }

/** What changed at the system against its mapping: the difference, what is at risk, and who has taken note of it. */
export function DriftTab({ id, name, shown, onAcknowledged }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const { answer, reload } = useOperation('SystemDrift', { system: id, open: false, first: 50 }, 30)
  const findings = answer?.data?.systemDrift ?? []
  const fault = answer?.faults[0]
  return (
    <Section
      title={t('drift.title')}
      count={findings.length}
      dateline={<span className="dateline">{t('drift.note')}</span>}
    >
      {fault && <FaultBlock fault={fault} name={t('drift.title')} system={name} onRetry={reload} />}
      {!answer && <Skeleton lines={4} />}
      {answer?.data && findings.length === 0 && (
        <Instead icon="check" title={t('drift.none')}>
          {t('drift.none.hint')}
        </Instead>
      )}
      <ul className="rows drifts">
        {findings.map(finding => (
          <li key={finding.id} id={`drift-${finding.id}`} aria-current={finding.id === shown || undefined}>
            <Finding
              finding={finding}
              onDone={() => {
                reload()
                onAcknowledged()
              }}
            />
          </li>
        ))}
      </ul>
    </Section>
  )
}

const tones = { BREAKING: 'bad', RISK: 'warn', HARMLESS: 'off' } as const

function Finding({ finding, onDone }: { finding: Drift; onDone: () => void }): ReactNode {
  const t = attachTexts.useTexts()
  return (
    <article className="drift">
      <header className="bar">
        <h3>
          <span className={`state ${tones[finding.level]}`}>{t(`drift.level.${finding.level}`)}</span>
        </h3>
        <span className="small dimmer">
          {t(`drift.source.${finding.source}`)} · <time dateTime={finding.foundAt}>{shortMoment(finding.foundAt)}</time>
        </span>
        {finding.endedAt && <span className="badge">{t('drift.ended', { at: shortMoment(finding.endedAt) })}</span>}
      </header>
      {!finding.fits && !finding.endedAt && <p className="small">{t('drift.unfit')}</p>}
      <div className="driftcols">
        <div>
          <h4 className="label">{t('drift.changes')}</h4>
          <ul className="changelist">
            {finding.changes.map(change => (
              <li key={change.text} className={change.level === 'BREAKING' ? 'breaking' : undefined}>
                <Icon name={change.level === 'HARMLESS' ? 'plus' : 'alert'} small />
                <div>{change.text}</div>
              </li>
            ))}
          </ul>
        </div>
        <div>
          <h4 className="label">{t('drift.atRisk')}</h4>
          {finding.atRisk.length === 0 ? (
            <p className="small dimmer">{t('drift.atRisk.none')}</p>
          ) : (
            <ul className="changelist">
              {finding.atRisk.map(risk => (
                <li
                  key={`${risk.type} ${risk.field} ${risk.place}`}
                  className={risk.level === 'BREAKING' ? 'breaking' : undefined}
                >
                  <Icon name="link" small />
                  <div>
                    <Link
                      className="link code"
                      to={`/admin/dictionary/${encodeURIComponent(risk.type)}${risk.field ? `#${risk.field}` : ''}`}
                    >
                      {risk.type}
                      {risk.field && `.${risk.field}`}
                    </Link>{' '}
                    {!risk.field && t('drift.wholeType')} <span className="dimmer code">{risk.place}</span>
                  </div>
                </li>
              ))}
            </ul>
          )}
          {finding.operations.length > 0 && (
            <p className="small dim">
              {t('drift.operations')} <span className="code">{finding.operations.join(', ')}</span>
            </p>
          )}
        </div>
      </div>
      {finding.acknowledgedAt ? (
        <p className="small dimmer">
          {t('drift.acknowledged', { by: finding.acknowledgedBy ?? '', at: shortMoment(finding.acknowledgedAt) })}
          {finding.comment && ` ${finding.comment}`}
        </p>
      ) : (
        !finding.endedAt && <Acknowledge id={finding.id} onDone={onDone} />
      )}
    </article>
  )
}

function Acknowledge({ id, onDone }: { id: string; onDone: () => void }): ReactNode {
  const t = attachTexts.useTexts()
  const [comment, setComment] = useState('')
  const { busy, fault, run } = useMutation('AcknowledgeSystemDrift')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (await run({ id, comment: comment.trim() || null })) onDone()
  }
  return (
    <form className="acknowledge" onSubmit={event => void submit(event)}>
      <TextField
        label={t('drift.comment')}
        fault={fault?.message}
        value={comment}
        maxLength={1000}
        onChange={event => setComment(event.target.value)}
      />
      <Button type="submit" busy={busy} disabled={busy}>
        {t('drift.acknowledge')}
      </Button>
    </form>
  )
}
