import type { zhCN } from '../zh-CN.ts'

type Key = Extract<keyof typeof zhCN, `deliveries.fault.${string}`>

const meanings: [RegExp, Key][] = [
  [/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/, 'deliveries.fault.noConnection'],
  [/ENOTFOUND|EAI_AGAIN/, 'deliveries.fault.unknownHost'],
  [/TimeoutError|AbortError|ETIMEDOUT|_TIMEOUT|in time/, 'deliveries.fault.slow'],
  [/ECONNRESET|EPIPE|UND_ERR_SOCKET|other side closed/, 'deliveries.fault.broken'],
  [/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ERR_TLS|ERR_SSL/, 'deliveries.fault.certificate'],
  [/no longer registered|takes no accounts/, 'deliveries.fault.notWanted'],
  [/OUTGOING_HOSTS/, 'deliveries.fault.notAllowed'],
  [/another push/, 'deliveries.fault.waits'],
  [/the person is gone/, 'deliveries.fault.personGone'],
  [/not JSON/, 'deliveries.fault.noSense'],
  [/answered 40[13]/, 'deliveries.fault.denied'],
  [/answered 404/, 'deliveries.fault.unknownThere'],
  [/answered 429/, 'deliveries.fault.busy'],
  [/answered 4\d\d/, 'deliveries.fault.refused'],
  [/answered 50[234]/, 'deliveries.fault.overloaded'],
  [/answered 5\d\d/, 'deliveries.fault.failing'],
]

/** What the last error of a delivery means to whoever runs the house. The error itself is for the log. */
export function deliveryFault(error: string): Key {
  return meanings.find(([pattern]) => pattern.test(error))?.[1] ?? 'deliveries.fault.unforeseen'
}

/** What is delivered, by its topic. */
export function deliveryKind(topic: string): Extract<keyof typeof zhCN, `deliveries.kind.${string}`> {
  if (topic.startsWith('logout')) return 'deliveries.kind.logout'
  if (topic.startsWith('provisioning')) return 'deliveries.kind.provisioning'
  return topic === 'mail' ? 'deliveries.kind.mail' : 'deliveries.kind.events'
}
