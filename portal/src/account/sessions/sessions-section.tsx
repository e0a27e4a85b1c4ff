import { Trans } from '@lingui/react'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { useApp } from '../../app/app-context.ts'
import type { Loaded } from '../../app/use-idp.ts'
import { Button } from '../../ui/button.tsx'
import { Dateline } from '../../ui/dateline.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import type { OwnSession } from '../answers.ts'
import { ConfirmDialog } from '../confirm-dialog.tsx'
import { focusSection } from '../focus.ts'
import { ProblemInstead } from '../problem-text.tsx'
import { useAccountTexts } from '../texts.ts'
import { inLocale, useAccountApi } from '../use-account.ts'
import { SessionRow } from './session-row.tsx'

type Props = {
  loaded: Loaded<{ items: OwnSession[] }>
  items: OwnSession[] | undefined
  onEnded: (ids: string[]) => void
}

/** The live sessions, this one first; each of the others can be ended, or all of them at once. */
export function SessionsSection({ loaded, items, onEnded }: Props): ReactNode {
  const t = useAccountTexts()
  const api = useAccountApi()
  const { session } = useApp()
  const [asked, setAsked] = useState<OwnSession | 'others'>()
  const others = (items ?? []).filter(one => !one.current)
  const close = (): void => setAsked(undefined)

  const endOne = async (one: OwnSession): Promise<void> => {
    await api.send('DELETE', `sessions/${encodeURIComponent(one.id)}`)
    toast(t('me.sessions.ended', { device: inLocale(one.device.name) }))
    close()
    onEnded([one.id])
    focusSection('sessions')
  }
  const endOthers = async (): Promise<void> => {
    const { ended } = await api.send<{ ended: number }>('POST', 'sessions/end-others', {})
    toast(t('me.sessions.others.done', { n: ended }))
    close()
    onEnded(others.map(one => one.id))
    focusSection('sessions')
  }

  return (
    <Section
      id="sessions"
      title={t('me.sessions')}
      count={items?.length}
      className="w8"
      dateline={<Dateline systems={['idp']} at={loaded.at} loading={!items && !loaded.problem} />}
      busy={!items && !loaded.problem}
    >
      {loaded.problem ? <ProblemInstead problem={loaded.problem} onAgain={() => void loaded.reload()} /> : null}
      {items ? (
        <ul className="rows sessions">
          {items.map(one => (
            <SessionRow key={one.id} session={one} onEnd={() => setAsked(one)} onSignOut={() => session.signOut()} />
          ))}
        </ul>
      ) : loaded.problem ? null : (
        <Skeleton lines={6} />
      )}
      {others.length > 0 ? (
        <div className="sectionfoot">
          <p>
            <Trans id="me.sessions.suspicious" components={{ a: <Link className="link" to="/account/security" /> }} />
          </p>
          <Button look="grave" onClick={() => setAsked('others')}>
            {t('me.sessions.others', { n: others.length })}
          </Button>
        </div>
      ) : null}
      {asked === 'others' ? (
        <ConfirmDialog
          title={t('me.sessions.others.title', { n: others.length })}
          question={t('me.sessions.others.ask')}
          action={t('me.sessions.others', { n: others.length })}
          onConfirm={endOthers}
          onClose={close}
        />
      ) : asked ? (
        <ConfirmDialog
          title={t('me.sessions.end.title', { device: inLocale(asked.device.name) })}
          question={t('me.sessions.end.ask')}
          action={t('me.sessions.end')}
          onConfirm={() => endOne(asked)}
          onClose={close}
        />
      ) : null}
    </Section>
  )
}
