import { type ReactNode, useState } from 'react'
import { AccountPage } from '../account-page.tsx'
import type { KnownDevice, OwnSession } from '../answers.ts'
import { useAccountTexts } from '../texts.ts'
import { useMine } from '../use-account.ts'
import { DevicesSection } from './devices-section.tsx'
import { SessionsSection } from './sessions-section.tsx'

/** Where the person is signed in, and the browsers that are known. */
export function Page(): ReactNode {
  const t = useAccountTexts()
  const sessions = useMine<{ items: OwnSession[] }>('sessions')
  const devices = useMine<{ items: KnownDevice[] }>('devices')
  const [ended, setEnded] = useState<ReadonlySet<string>>(new Set())
  const items = sessions.data?.items.filter(session => !ended.has(session.id))
  return (
    <AccountPage lede={items ? t('me.sessions.lede', { n: items.length }) : t('me.tab.sessions')}>
      <div className="cols">
        <SessionsSection
          loaded={sessions}
          items={items}
          onEnded={ids => {
            // What has ended is gone at once; the next reading tells the same.
            setEnded(before => new Set([...before, ...ids]))
            void sessions.reload()
          }}
        />
        <DevicesSection loaded={devices} />
      </div>
    </AccountPage>
  )
}
