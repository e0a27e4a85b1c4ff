import { I18nProvider } from '@lingui/react'
import type { ReactNode } from 'react'
import { useTexts } from '../locales/portal-texts.ts'
import { i18n } from '../locales/texts.ts'
import { Button } from '../ui/button.tsx'
import { Mark } from './mark.tsx'

/** Why there is no portal to show: the sign-in is out of reach, the session ended, the gateway is. */
export type AloneReason = 'unreachable' | 'ended' | 'gateway' | 'denied'

const waitedSeconds = 12

/** A page that stands without the shell. */
export function StandAlone({ reason }: { reason: AloneReason }): ReactNode {
  return (
    <I18nProvider i18n={i18n}>
      <Words reason={reason} />
    </I18nProvider>
  )
}

function Words({ reason }: { reason: AloneReason }): ReactNode {
  const t = useTexts()
  const words = {
    unreachable: [t('down.title'), t('down.text', { seconds: waitedSeconds }), t('down.retry')],
    ended: [t('ended.title'), t('ended.text'), t('ended.again')],
    gateway: [t('gateway.down.title'), t('gateway.down.text'), t('down.retry')],
    denied: [t('gateway.denied.title'), t('gateway.denied.text'), t('down.retry')],
  }[reason]
  return (
    <main className="alone">
      <p className="brand">
        <Mark />
        <b>Atrium</b>
      </p>
      <h1 className="lede">{words[0]}</h1>
      <p className="dim">{words[1]}</p>
      <Button look="main" onClick={() => location.reload()}>
        {words[2]}
      </Button>
    </main>
  )
}
