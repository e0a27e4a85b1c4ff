import '../ui/styles/tokens.css'
import '../ui/styles/base.css'
import '../ui/styles/pages.css'
import '../ui/styles/portal.css'
import { createRoot } from 'react-dom/client'
import { portalTexts } from '../locales/portal-texts.ts'
import { activateLocale } from '../locales/texts.ts'
import { loadConfig } from './config.ts'
import { openKeycloakSession } from './keycloak-session.ts'
import { supplyMissing } from './older-browsers.ts'
import { applyTheme, preferredLocale, storedTheme } from './preferences.ts'
import { Root } from './root.tsx'
import { StandAlone } from './stand-alone.tsx'

supplyMissing()
applyTheme(storedTheme())
const root = createRoot(document.getElementById('root') as HTMLElement)
void start()

async function start(): Promise<void> {
  const locale = preferredLocale()
  const texts = portalTexts.load().then(() => activateLocale(locale))
  const config = await loadConfig().catch(() => undefined)
  const outcome = config ? await openKeycloakSession(config, locale) : { kind: 'unreachable' as const }
  await texts
  if (!config || outcome.kind === 'unreachable') return root.render(<StandAlone reason="unreachable" />)
  if (outcome.kind === 'redirecting') return
  root.render(<Root config={config} session={outcome.session} />)
}
