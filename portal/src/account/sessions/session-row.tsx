import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { Stamp } from '../../ui/dateline.tsx'
import type { OwnSession } from '../answers.ts'
import { methodsInWords } from '../method-words.ts'
import { momentOf } from '../moment.ts'
import { Parts } from '../parts.tsx'
import { useAccountTexts } from '../texts.ts'
import { inLocale } from '../use-account.ts'

type Props = { session: OwnSession; onEnd: () => void; onSignOut: () => void }

/** One place where the person is signed in. */
export function SessionRow({ session, onEnd, onSignOut }: Props): ReactNode {
  const t = useAccountTexts()
  const device = inLocale(session.device.name)
  const methods = methodsInWords(t, session.methods)
  const times = [
    t('me.sessions.started', { time: momentOf(session.startedAt) }),
    ...(methods ? [t('me.sessions.methods', { methods })] : []),
    ...(session.current ? [] : [t('me.sessions.seen', { time: momentOf(session.lastSeenAt) })]),
    t('me.sessions.expires', { time: momentOf(session.expiresAt) }),
  ]
  return (
    <li className="entry-row">
      <div>
        <p>
          <b>{device}</b>
          {session.current ? <span className="badge go">{t('me.sessions.current')}</span> : null}
          {session.ip ? <span className="dimmer nowrap">{session.ip}</span> : null}
        </p>
        <Parts of={times} />
        {session.systems.length > 0 ? (
          <p className="sub stamps">
            {t('me.sessions.systems')}
            {session.systems.map(system => (
              <span key={system.id} title={inLocale(system.name)}>
                <Stamp system={system.id} />
              </span>
            ))}
          </p>
        ) : null}
      </div>
      {session.current ? (
        <Button small look="bare" onClick={onSignOut}>
          {t('me.sessions.signOut')}
        </Button>
      ) : (
        <Button small onClick={onEnd} aria-label={t('me.sessions.end.of', { device })}>
          {t('me.sessions.end')}
        </Button>
      )}
    </li>
  )
}
