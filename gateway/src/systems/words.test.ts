import { setClock } from '@atrium/platform/clock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSystems, type SystemDefinition } from './configuration.ts'
import { Incidents } from './incidents.ts'
import { type FailureKind, type Text, type UpstreamCode, UpstreamError } from './types.ts'
import { failureWords, span } from './words.ts'

const definition = parseSystems({
  company: { zone: 'UTC', currency: 'CNY' },
  systems: {
    erp: {
      name: { zh: '总账', en: 'Ledger' },
      url: 'http://erp',
      protocol: 'json-rpc',
      authentication: { kind: 'none' },
    },
  },
}).systems.erp as SystemDefinition

let at: number
let told: { kind: string; text: Text }[]
let incidents: Incidents
beforeEach(() => {
  at = Date.UTC(2026, 0, 1)
  setClock(() => new Date(at))
  told = []
  incidents = new Incidents(definition, (kind, text) => told.push({ kind, text }))
})
afterEach(() => setClock())

const error = (code: UpstreamCode, more: { kind?: FailureKind; status?: number } = {}): UpstreamError =>
  new UpstreamError(code, 'erp', 'connect ECONNREFUSED 10.0.0.7:443 <html>', more)

const codes: UpstreamCode[] = [
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_UNAUTHENTICATED',
  'UPSTREAM_REFUSED',
  'UPSTREAM_BAD_ANSWER',
  'UPSTREAM_BUSY',
  'UPSTREAM_UNTRUSTED',
  'CIRCUIT_OPEN',
]
const kinds: FailureKind[] = [
  'no_time',
  'unknown_host',
  'connection_refused',
  'connection_lost',
  'too_long',
  'compressed',
  'no_http',
  'page',
  'queue_full',
  'system_certificate',
  'system_certificate_expired',
  'system_certificate_name',
  'own_certificate',
]

describe('what went wrong', () => {
  const errors = [
    ...codes.map(code => error(code)),
    ...kinds.map(kind => error('UPSTREAM_UNAVAILABLE', { kind })),
    error('UPSTREAM_UNAVAILABLE', { status: 503 }),
  ]

  test('is told in both languages, each trouble in words of its own, without codes and without the system’s words', () => {
    const words = errors.map(one => failureWords(one, definition))
    for (const { zh, en } of words) {
      expect(zh).toMatch(/[\u4e00-\u9fff]/)
      expect(`${zh} ${en}`).not.toMatch(/[A-Z]{3,}_|ECONN|UPSTREAM|10\.0|<html|\b[45]\d\d\b/)
    }
    expect(new Set(words.map(one => one.zh)).size).toBe(errors.length)
    expect(new Set(words.map(one => one.en)).size).toBe(errors.length)
  })

  test.each([
    [400, '0.4 秒', '0.4 seconds'],
    [1000, '1 秒', '1 second'],
    [30_000, '30 秒', '30 seconds'],
    [180_000, '3 分钟', '3 minutes'],
    [7_200_000, '2 小时', '2 hours'],
  ])('%d ms are a length of time that people say', (ms, zh, en) => expect(span(ms)).toEqual({ zh, en }))
})

describe('events', () => {
  const opened = { calls: 12, failures: 10 }

  test('a trouble has a beginning, each new reason and an end, and not a line for each try', () => {
    incidents.called(error('UPSTREAM_TIMEOUT'))
    incidents.breaker('OPEN', opened)
    for (let index = 0; index < 20; index += 1) {
      at += 5000
      incidents.breaker('HALF_OPEN', opened)
      incidents.called(error('UPSTREAM_TIMEOUT'))
      incidents.breaker('OPEN', opened)
      incidents.trialFailed(error('UPSTREAM_TIMEOUT'))
    }
    for (let index = 0; index < 5; index += 1) {
      at += 16_000
      incidents.trialFailed(error('UPSTREAM_UNAVAILABLE', { kind: 'connection_refused' }))
    }
    incidents.breaker('HALF_OPEN', opened)
    incidents.called(undefined)
    incidents.breaker('CLOSED', opened)
    expect(told).toEqual([
      {
        kind: 'BREAKER_OPENED',
        text: {
          zh: '最近 12 次请求有 10 次失败（2 秒内没有应答），先停下不问它，每隔 5 秒试一次',
          en: '10 of the last 12 requests failed (it did not answer within 2 seconds); it is left alone and tried every 5 seconds',
        },
      },
      {
        kind: 'PROBE_FAILED',
        text: {
          zh: '又试了一次，还没有恢复：连不上：那个地址没有服务在运行，或被网络挡住了',
          en: 'Tried again, still in trouble: no connection: nothing runs at its address, or the network is in the way',
        },
      },
      { kind: 'BREAKER_CLOSED', text: { zh: '恢复应答，中断了 3 分钟', en: 'It answers again after 3 minutes' } },
    ])
  })

  test('a system that complains again and again is told of once, long pauses each time', () => {
    for (let index = 0; index < 10; index += 1) {
      incidents.pause({ until: new Date(at + 2000), told: false })
      at += 3000
      incidents.pause(null)
    }
    incidents.pause({ until: new Date(at + 120_000), told: true })
    expect(told.map(one => `${one.kind} ${one.text.en}`)).toEqual([
      'PAUSED It complains of too many requests; it is left alone for 2 seconds',
      'RESUMED It takes requests again',
      'PAUSED It asks for fewer requests and is left alone for 2 minutes, as it said',
    ])
  })
})
