import { secretOf } from '../src/oidc/testing/accounts.ts'
import { compareRates, type Loaded } from './rates.ts'
import type { Row } from './row.ts'
import { type BenchIdp, startBare } from './servers.ts'

const atOnce = 8
const authorization = `Basic ${btoa(`crm:${secretOf('crm')}`)}`

/** Tokens that a registered application gets for itself: a JWT signed with ES256 from both. */
export async function benchClientCredentials(idp: BenchIdp): Promise<Row> {
  const bare = await startBare()
  try {
    return await compareRates(
      { name: 'client credentials', atLeast: 0.7 },
      {
        ours: { ...idp, ...asking(`${idp.issuer}/protocol/openid-connect/token`) },
        bare: { pid: bare.pid, ...asking(`${bare.url}/token`) },
      },
    )
  } finally {
    await bare.stop()
  }
}

function asking(endpoint: string): Pick<Loaded, 'requests'> {
  const request = async (): Promise<void> => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    const { access_token } = (await response.json()) as { access_token?: string }
    if (access_token?.split('.').length !== 3) throw new Error(`no JWT from ${endpoint}: ${response.status}`)
  }
  return { requests: Array.from({ length: atOnce }, () => request) }
}
