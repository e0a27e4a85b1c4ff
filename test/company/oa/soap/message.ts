import { OaFault } from './fault.ts'
import { operations } from './operations.ts'

/**
 * The operation that an envelope asks for, read without parsing it all: enough to let faults strike by name and to
 * answer nonsense with a Fault of ours instead of the library's own words.
 * @throws OaFault `oa:BadMessage`, `oa:UnknownOperation`
 */
export function operationOf(envelope: string, soapAction: string | undefined): string {
  // A document type could define entities; no SOAP message has one (SOAP 1.1 §3).
  if (/<!DOCTYPE/i.test(envelope)) throw new OaFault('BadMessage', 'A SOAP message must not contain a document type.')
  const first = /<(?:[\w.-]+:)?Body(?:\s[^>]*)?>\s*(?:<!--[\s\S]*?-->\s*)*<(?:[\w.-]+:)?([\w.-]+)/.exec(envelope)?.[1]
  if (first === undefined)
    throw new OaFault('BadMessage', 'The message is no SOAP envelope with one element in its body.')
  if (!Object.hasOwn(operations, first))
    throw new OaFault(
      'UnknownOperation',
      `There is no operation "${first.slice(0, 60)}"; the WSDL lists those there are.`,
    )
  const action = soapAction?.replace(/^"|"$/g, '')
  if (action && !action.endsWith(first))
    throw new OaFault('BadMessage', `SOAPAction names "${action.slice(0, 80)}", the body ${first}.`)
  return first
}
