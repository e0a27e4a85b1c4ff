import { benchClientCredentials } from './client-credentials.ts'
import { benchKeycloakHash } from './keycloak-hash.ts'
import { memoryAfterLoad, memoryAtRest } from './memory.ts'
import { benchPeers } from './peers/peers.ts'
import { benchRefresh } from './refresh.ts'
import type { Row } from './row.ts'
import { benchScale } from './scale.ts'
import { benchSecondApplication } from './second-application.ts'
import { startBenchIdp } from './servers.ts'
import { benchSignIn } from './sign-in.ts'

/** What the identity provider promises in numbers; everything runs for real, in processes of its own. */
export async function benchIdp(): Promise<Row[]> {
  const idp = await startBenchIdp()
  try {
    return [
      await memoryAtRest(idp),
      ...(await benchSignIn(idp)),
      ...(await benchRefresh(idp)),
      await benchClientCredentials(idp),
      await benchSecondApplication(idp),
      await memoryAfterLoad(idp),
      await benchKeycloakHash(),
      ...(await benchScale(idp)),
      ...(await benchPeers(idp)),
    ]
  } finally {
    await idp.stop()
  }
}
