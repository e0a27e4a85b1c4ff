import type { SystemDefinition } from './configuration.ts'
import type { Pause } from './resilience/pace.ts'
import type { FailureKind, Text, UpstreamError } from './types.ts'

type Definition = Pick<SystemDefinition, 'limits' | 'name'>

const kinds: Record<FailureKind, Text> = {
  no_time: { zh: '还没轮到，时间就用完了', en: 'its turn did not come in time' },
  unknown_host: { zh: '找不到它的地址：域名无法解析', en: 'its address cannot be found: the name is unknown' },
  connection_refused: {
    zh: '连不上：那个地址没有服务在运行，或被网络挡住了',
    en: 'no connection: nothing runs at its address, or the network is in the way',
  },
  connection_lost: { zh: '应答没有传完，连接就断了', en: 'the connection broke before the answer was complete' },
  too_long: { zh: '应答太长，没有读完', en: 'its answer was too long and was not read to the end' },
  compressed: {
    zh: '应答是压缩过的，而我们没有要求压缩',
    en: 'it compressed its answer although nobody asked for that',
  },
  no_http: {
    zh: '应答不是合格的 HTTP，或头部过大',
    en: 'its answer was no proper HTTP, or its headers were too large',
  },
  page: {
    zh: '返回的是网页而不是数据，多半是登录页或维护页',
    en: 'it answered with a web page instead of data, most likely a sign-in or maintenance page',
  },
  queue_full: { zh: '等它的请求太多，排不下了', en: 'too many requests already waited for it' },
  system_certificate: {
    zh: '它的证书不是我们信任的机构签发的',
    en: 'its certificate was not issued by anybody we trust',
  },
  system_certificate_expired: {
    zh: '它的证书过期了（或还没有生效）',
    en: 'its certificate has expired, or is not valid yet',
  },
  system_certificate_name: { zh: '它的证书是别的名称的', en: 'its certificate is for another name' },
  own_certificate: {
    zh: '它不接受 Atrium 的证书：可能过期、被吊销，或没有在它那里登记',
    en: 'it does not accept Atrium’s certificate, which may have expired, been revoked or not been registered there',
  },
}

/** What went wrong, as the end of a sentence that a person understands; never the system's own words, never a code. */
export function failureWords(error: UpstreamError, { limits }: Definition): Text {
  if (error.kind) return kinds[error.kind]
  switch (error.code) {
    case 'UPSTREAM_TIMEOUT':
      return {
        zh: `${span(limits.timeoutMs).zh}内没有应答`,
        en: `it did not answer within ${span(limits.timeoutMs).en}`,
      }
    case 'UPSTREAM_UNAUTHENTICATED':
      return {
        zh: '它不接受登录信息：账号、口令或令牌可能已过期',
        en: 'it does not accept the credentials: account, password or token may have expired',
      }
    case 'UPSTREAM_REFUSED':
      return { zh: '它拒绝了请求', en: 'it refused the request' }
    case 'UPSTREAM_BUSY':
      return { zh: '它要求少发请求', en: 'it asks for fewer requests' }
    case 'UPSTREAM_UNTRUSTED':
      return { zh: '没有建立安全连接', en: 'there is no secure connection' }
    case 'UPSTREAM_BAD_ANSWER':
      return { zh: '应答读不懂：不是约定的格式', en: 'its answer makes no sense: it is not in the form agreed on' }
    case 'UPSTREAM_UNAVAILABLE':
      return error.status === 502 || error.status === 503 || error.status === 504
        ? {
            zh: '它说自己暂时不能服务，可能在维护或过载',
            en: 'it says that it cannot serve now; it may be under maintenance or overloaded',
          }
        : { zh: '它自己内部出错了', en: 'it reports an error of its own' }
    case 'CIRCUIT_OPEN':
      return { zh: '它最近一直出错，暂时不问它', en: 'it kept failing and is left alone for a while' }
  }
}

/** Too many calls failed: nobody waits for the system until a trial succeeds. */
export function openedWords(
  { limits }: Definition,
  window: { calls: number; failures: number },
  reason: Text | undefined,
): Text {
  const { calls, failures } = window
  const sleep = span(limits.breaker.sleepMs)
  return {
    zh: `最近 ${calls} 次请求有 ${failures} 次失败${reason ? `（${reason.zh}）` : ''}，先停下不问它，每隔 ${sleep.zh}试一次`,
    en: `${failures} of the last ${calls} requests failed${reason ? ` (${reason.en})` : ''}; it is left alone and tried every ${sleep.en}`,
  }
}

export function closedWords(downMs: number): Text {
  return { zh: `恢复应答，中断了 ${span(downMs).zh}`, en: `It answers again after ${span(downMs).en}` }
}

export function trialWords(reason: Text): Text {
  return { zh: `又试了一次，还没有恢复：${reason.zh}`, en: `Tried again, still in trouble: ${reason.en}` }
}

/** The system wants to be left alone. */
export function pausedWords(pause: Pause, at: Date): Text {
  const { zh, en } = span(pause.until.getTime() - at.getTime())
  return pause.told
    ? {
        zh: `它要求少发请求，按它说的停 ${zh}`,
        en: `It asks for fewer requests and is left alone for ${en}, as it said`,
      }
    : {
        zh: `它嫌请求太多但没说停多久，先停 ${zh}`,
        en: `It complains of too many requests; it is left alone for ${en}`,
      }
}

export const resumedWords: Text = { zh: '又可以向它发请求了', en: 'It takes requests again' }

/** The gateway's own certificate for a system will not be good for long. */
export function certificateWords(days: number): Text {
  return days < 0
    ? { zh: '我们用来连接它的证书已经过期，请更换', en: 'The certificate by which we connect has expired; replace it' }
    : {
        zh: `我们用来连接它的证书还有 ${days} 天过期，请更换`,
        en: `The certificate by which we connect expires in ${days} days; replace it`,
      }
}

/** A length of time in words: «0.4 秒», «3 分钟», «2 hours». */
export function span(ms: number): Text {
  const seconds = ms / 1000
  if (seconds < 10) return units(Number(seconds.toFixed(1)), '秒', 'second')
  if (seconds < 90) return units(Math.round(seconds), '秒', 'second')
  if (seconds < 5400) return units(Math.round(seconds / 60), '分钟', 'minute')
  return units(Math.round(seconds / 3600), '小时', 'hour')
}

function units(count: number, zh: string, en: string): Text {
  return { zh: `${count} ${zh}`, en: `${count} ${en}${count === 1 ? '' : 's'}` }
}
