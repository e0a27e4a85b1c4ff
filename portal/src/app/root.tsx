import { I18nProvider } from '@lingui/react'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { I18nProvider as AriaLocale } from 'react-aria-components/I18nProvider'
import { BrowserRouter } from 'react-router'
import { createInboxStore } from '../inbox/inbox-store.ts'
import { i18n } from '../locales/texts.ts'
import { useLocale } from '../ui/use-locale.ts'
import { AppContext, type AppServices } from './app-context.ts'
import type { BrowserConfig } from './config.ts'
import { createGraph, type DataOf } from './graph.ts'
import { connectLive } from './live.ts'
import type { Session } from './session.ts'
import { Shell } from './shell.tsx'
import { type AloneReason, StandAlone } from './stand-alone.tsx'

/** The signed-in portal: opens the graph, the socket and the inbox for this session, then shows the shell. */
export function Root({ config, session }: { config: BrowserConfig; session: Session }): ReactNode {
  return (
    <I18nProvider i18n={i18n}>
      <Localised config={config} session={session} />
    </I18nProvider>
  )
}

function Localised({ config, session }: { config: BrowserConfig; session: Session }): ReactNode {
  const locale = useLocale()
  const [alone, setAlone] = useState<AloneReason>()
  const connections = useMemo(() => {
    const language = (): string => i18n.locale
    const graph = createGraph(config.gateway, refused => session.token(refused), language)
    const live = connectLive(config.gateway, refused => session.token(refused), language)
    return { graph, live, inbox: createInboxStore(graph, live) }
  }, [config, session])
  const [shell, setShell] = useState<DataOf<'Shell'>>()

  // biome-ignore lint/correctness/useExhaustiveDependencies: names come in the language asked for, so a change of it asks again
  useEffect(() => {
    let current = true
    void connections.graph.query('Shell', {}).then(({ data, faults }) => {
      if (!current) return
      if (data) setShell(data)
      else setAlone(faults.some(fault => fault.code === 'UNAUTHENTICATED') ? 'denied' : 'gateway')
    })
    return () => {
      current = false
    }
  }, [connections, locale])

  // Messages and live figures hold texts in the language they were read in.
  const spoken = useRef(locale)
  useEffect(() => {
    if (spoken.current === locale) return
    spoken.current = locale
    void connections.inbox.loadAnew()
    connections.live.reconnect()
  }, [connections, locale])

  useEffect(() => session.onEnded(() => setAlone('ended')), [session])
  useEffect(() => {
    connections.inbox.start()
    return () => connections.inbox.stop()
  }, [connections])

  const services = useMemo<AppServices | undefined>(
    () => shell && { config, session, ...connections, me: shell.me, apps: shell.apps },
    [config, session, connections, shell],
  )
  if (alone) return <StandAlone reason={alone} />
  if (!services) return null
  return (
    <AppContext value={services}>
      <AriaLocale locale={locale}>
        <BrowserRouter>
          <Shell />
        </BrowserRouter>
      </AriaLocale>
    </AppContext>
  )
}
