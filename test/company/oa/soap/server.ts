import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { log } from '@atrium/platform/log'
import { createServerless, type IOptions, type IServerOptions, type ISoapServiceMethod } from 'soap'
import type { Caller } from '../access/caller.ts'
import { OaFault } from './fault.ts'
import { operations } from './operations.ts'

/** Who calls, and what fault control does to the answer. */
export type Call = { caller: Caller; rearrange?: (rows: unknown[]) => unknown[] }
export type SoapAnswer = { status: number; body: string }

/** Without these, npm `soap` makes JavaScript numbers and dates of the texts, and loses digits and zones. */
const asText = Object.fromEntries(
  ['decimal', 'Money', 'dateTime', 'date'].map(name => [name, (value: string) => value]),
)

/** The WSDL with the address at which this OA answers. */
export const wsdlFor = (publicUrl: string): string =>
  readFileSync(new URL('./oa.wsdl', import.meta.url), 'utf8').replace(
    'http://localhost:3012/services/oa',
    `${publicUrl}/services/oa`,
  )

/**
 * The SOAP side of the OA. npm `soap` reads and writes the messages by the WSDL; the operations know nothing of XML.
 * @returns a function that answers one envelope; it throws OaFault for nothing but what the library cannot read
 */
export async function createSoapServer(
  db: DatabaseSync,
  publicUrl: string,
): Promise<(envelope: string, soapAction: string | undefined, call: Call) => Promise<SoapAnswer>> {
  const calls = new AsyncLocalStorage<Call>()
  const logger = log('oa')
  const methods = Object.entries(operations).map(([name, operation]): [string, ISoapServiceMethod] => [
    name,
    async args => {
      const call = calls.getStore()
      if (!call) throw new Error('a SOAP operation was called outside of a request')
      try {
        return rearranged(operation(args, call.caller, db), call)
      } catch (error) {
        if (error instanceof OaFault) throw error.toSoap()
        logger.error({ err: error, operation: name }, 'SOAP operation failed')
        throw new OaFault('Internal', 'The OA failed and recorded it.', { party: 'Server' }).toSoap()
      }
    },
  ])
  const options: IServerOptions & Pick<IOptions, 'customDeserializer'> = {
    path: '/services/oa',
    xml: wsdlFor(publicUrl),
    services: { OaService: { OaPort: Object.fromEntries(methods) } },
    returnFault: true,
    suppressStack: true,
    customDeserializer: asText,
  }
  const server = await createServerless(options)
  return async (envelope, soapAction, call) => {
    const headers = { 'content-type': 'text/xml', ...(soapAction === undefined ? {} : { soapaction: soapAction }) }
    const answer = await calls.run(call, () => server.processRequest(envelope, { url: '/services/oa', headers }))
    return { status: answer.statusCode, body: answer.body }
  }
}

/** Fault control may shuffle, drop or repeat the rows of a list. */
function rearranged(result: object, { rearrange }: Call): object {
  if (!rearrange) return result
  return Object.fromEntries(
    Object.entries(result).map(([name, value]) => [
      name,
      Array.isArray(value) && name !== 'history' ? rearrange(value) : value,
    ]),
  )
}
