import type { zhCN } from './zh-CN.ts'

type Words = { key: Extract<keyof typeof zhCN, `signOuts.fault.${string}`>; values?: Record<string, string> }

const codes: [RegExp, Words['key']][] = [
  [/ECONNREFUSED/, 'signOuts.fault.refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'signOuts.fault.unknownHost'],
  [/TimeoutError|ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|AbortError/, 'signOuts.fault.timeout'],
  [/ECONNRESET|EPIPE|UND_ERR_SOCKET/, 'signOuts.fault.broken'],
  [/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS/, 'signOuts.fault.tls'],
  [/no longer registered/, 'signOuts.fault.notRegistered'],
  [/OUTGOING_HOSTS/, 'signOuts.fault.notAllowed'],
]

/** What a delivery's last error means, in words of this page; an error that nobody foresaw stands as it is. */
export function wordsOf(error: string): Words {
  const status = /^answered (\d{3})$/.exec(error)?.[1]
  if (status) return { key: 'signOuts.fault.status', values: { status } }
  const known = codes.find(([pattern]) => pattern.test(error))
  return known ? { key: known[1] } : { key: 'signOuts.fault.other', values: { error } }
}
