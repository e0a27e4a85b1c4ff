/** What /config.json tells the browser. */
export interface BrowserConfig {
  issuer: string
  url: string
  realm: string
  clientId: string
  gateway: string
  company: { zh: string; en: string }
}

/** @throws when the portal's own server does not answer */
export async function loadConfig(): Promise<BrowserConfig> {
  const answer = await fetch('/config.json')
  if (!answer.ok) throw new Error(`/config.json answered ${answer.status}`)
  return (await answer.json()) as BrowserConfig
}
