import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@atrium/platform/http'
import { freePort } from '@atrium/platform/testing'
import { type Client, createClientAsync } from 'soap'
import { generateCompany } from '../../data/generate.ts'
import { createIssuer } from '../../web/issuer.ts'
import { createSessions } from '../../web/sessions.ts'
import { startTestIssuer } from '../../web/testing/issuer.ts'
import { createOaApp } from '../app.ts'
import { fillOnce, openOaStore } from '../database/open.ts'
import { seed } from '../database/seed.ts'

export const TODAY = '2026-11-20'
export const CONTROL_TOKEN = 'test-control'

/** What a SOAP operation answered, or the code of its Fault. */
// biome-ignore lint/suspicious/noExplicitAny: npm soap types answers as any; the tests assert their content
export type Answer = any

/** The OA over HTTP, and people and accounts that call it through npm soap's client. */
export async function startOa() {
  const issuer = await startTestIssuer()
  const folder = await mkdtemp(join(tmpdir(), 'oa-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const db = openOaStore(folder)
  fillOnce(db, () => seed(db, generateCompany({ today: TODAY })))
  const sessions = createSessions(db)
  const app = await createOaApp({
    db,
    publicUrl: url,
    issuer: createIssuer({ issuer: issuer.issuer, clientId: 'oa', clientSecret: 'secret' }),
    sessions,
    controlToken: CONTROL_TOKEN,
  })
  const served = await serve(app, { name: 'oa', port, health: {} })

  const clientWith = async (token: string): Promise<Client> => {
    const client = await createClientAsync(`${url}/services/oa?wsdl`, { disableCache: true })
    client.addHttpHeader('Authorization', `Bearer ${token}`)
    return client
  }
  const caller =
    (client: Client) =>
    async (operation: string, input: object = {}): Promise<Answer> => {
      try {
        const [answer] = await client[`${operation}Async`](input)
        return answer ?? {}
      } catch (error) {
        // npm soap hangs the parsed Fault onto the error it throws.
        const fault = (
          error as {
            root?: {
              Envelope: {
                Body: {
                  Fault: {
                    faultcode: string
                    faultstring: string
                    detail?: { oaFault?: { code: string; message: string } }
                  }
                }
              }
            }
          }
        ).root?.Envelope.Body.Fault
        if (!fault) throw error
        return { fault: fault.detail?.oaFault?.code, faultcode: fault.faultcode, message: fault.faultstring }
      }
    }
  const service = caller(await clientWith(await issuer.service('oa', 'gateway', 'service')))
  return {
    url,
    db,
    issuer,
    sessions,
    clientWith,
    service,
    as: async (userId: string) => caller(await clientWith(await issuer.user('oa', userId))),
    asClient: async (clientId: string, scope: string) =>
      caller(await clientWith(await issuer.service('oa', clientId, scope))),
    /** Gives a seeded user roles, as provisioning does. */
    grant: async (userId: string, roles: string[]) => {
      const { users } = await service('ListUsers', { userIds: [userId] })
      return await service('SaveUser', { ...users[0], roles })
    },
    faults: (faults: object[]) =>
      fetch(`${url}/_control/faults`, {
        method: 'PUT',
        headers: { 'x-control-token': CONTROL_TOKEN, 'content-type': 'application/json' },
        body: JSON.stringify(faults),
      }),
    stop: async () => {
      await served.stop()
      db.close()
      await issuer.stop()
      await rm(folder, { recursive: true })
    },
  }
}
