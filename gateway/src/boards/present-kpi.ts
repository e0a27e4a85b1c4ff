import type { SystemStatus } from '../systems/types.ts'
import type { CompanyCalendar } from './company-calendar.ts'
import type { KpiDefinition } from './definition.ts'
import type { KpiRow } from './kpi-store.ts'
import type { TrendPoint } from './reading.ts'

export type KpiView = {
  id: string
  name: string
  unit: string
  format: string
  value: string | null
  target: string | null
  limit: boolean
  progress: string | null
  comparison: string | null
  comparisonLabel: string | null
  judgement: 'ON_TARGET' | 'OFF_TARGET' | 'NEUTRAL'
  judgementText: string
  at: string | null
  ageSeconds: number | null
  stale: boolean
  system: string
  trend: TrendPoint[]
  breakdown: { key: string; label: string; value: string; count: number | null; note: string | null }[]
  error: { code: string; system: string; since: string | null; message: string } | null
  drillable: boolean
}

export type PresentContext = {
  language: 'zh' | 'en'
  now: Date
  calendar: CompanyCalendar
  status: SystemStatus | undefined
  history: TrendPoint[]
}

/** A figure as the board shows it: the last value, how old it is, and why it is not newer. */
export function presentKpi(kpi: KpiDefinition, row: KpiRow | undefined, context: PresentContext): KpiView {
  const { language } = context
  const current = row?.definition === kpi.digest ? row : undefined
  const reading = current?.reading ?? null
  const at = current?.at ?? null
  const ageSeconds = at ? Math.max(0, Math.round((context.now.getTime() - at.getTime()) / 1000)) : null
  const error = errorOf(kpi, current, context, at)
  return {
    id: kpi.id,
    name: kpi.name[language],
    unit: kpi.unit[language],
    format: kpi.format,
    value: reading?.value ?? null,
    target: reading?.target ?? null,
    limit: kpi.target?.direction === 'at_most',
    progress: reading?.progress ?? null,
    comparison: reading?.comparison ?? null,
    comparisonLabel: kpi.comparison?.label[language] ?? null,
    ...judge(kpi, reading?.value ?? null, reading?.target ?? null, language),
    at: at?.toISOString() ?? null,
    ageSeconds,
    stale: error !== null || (ageSeconds !== null && ageSeconds > (kpi.staleSeconds ?? kpi.everySeconds * 2 + 60)),
    system: kpi.system,
    trend: kpi.trend && 'recorded' in kpi.trend ? context.history : (reading?.trend ?? []),
    breakdown: (reading?.breakdown ?? []).map(part => ({
      ...part,
      label: part.label[language],
      note: part.note?.[language] ?? null,
    })),
    error,
    drillable: kpi.rows !== undefined,
  }
}

// A system that is known to be down is said to be so at once, not only when the next reading has failed.
function errorOf(
  kpi: KpiDefinition,
  row: KpiRow | undefined,
  { language, status, calendar }: PresentContext,
  at: Date | null,
): KpiView['error'] {
  const name = status?.name[language] ?? kpi.system
  const now = { DOWN: 'CIRCUIT_OPEN', PAUSED: 'UPSTREAM_BUSY', UP: null, SLOW: null, UNKNOWN: null }
  const code = row?.error_code ?? (status ? now[status.state] : null)
  if (code === null) return null
  const since = row?.error_since ?? status?.since ?? null
  const reason = (reasons[code] ?? reasons.INTERNAL)?.[language](name) ?? ''
  const kept = at
    ? { zh: `；数字是 ${calendar.timeText(at)} 的`, en: `; the figure is from ${calendar.timeText(at)}` }
    : { zh: '；还没有取到过数字', en: '; no figure has been read yet' }
  return { code, system: kpi.system, since: since?.toISOString() ?? null, message: `${reason}${kept[language]}` }
}

const noAnswer = { zh: (name: string) => `${name} 没有应答`, en: (name: string) => `${name} does not answer` }
const reasons: Record<string, { zh: (name: string) => string; en: (name: string) => string }> = {
  UPSTREAM_TIMEOUT: { zh: name => `${name} 没有按时应答`, en: name => `${name} did not answer in time` },
  UPSTREAM_UNAVAILABLE: noAnswer,
  CIRCUIT_OPEN: noAnswer,
  UPSTREAM_BUSY: { zh: name => `${name} 要求少发请求`, en: name => `${name} asks for fewer requests` },
  UPSTREAM_UNTRUSTED: {
    zh: name => `与 ${name} 的连接不安全：证书有问题`,
    en: name => `There is no secure connection to ${name}: a certificate is not accepted`,
  },
  UPSTREAM_UNAUTHENTICATED: {
    zh: name => `${name} 不接受 Atrium 的账号`,
    en: name => `${name} does not accept Atrium's account`,
  },
  UPSTREAM_REFUSED: { zh: name => `${name} 拒绝了这次查询`, en: name => `${name} refused the query` },
  UPSTREAM_BAD_ANSWER: {
    zh: name => `${name} 的应答无法读懂`,
    en: name => `${name} gave an answer that cannot be read`,
  },
  INTERNAL: {
    zh: () => '这个指标算不出来，已记录',
    en: () => 'This figure could not be computed; the fault was recorded',
  },
}

function judge(
  kpi: KpiDefinition,
  value: string | null,
  target: string | null,
  language: 'zh' | 'en',
): Pick<KpiView, 'judgement' | 'judgementText'> {
  if (!kpi.target || value === null || target === null || Number(target) === 0)
    return { judgement: 'NEUTRAL', judgementText: '' }
  const atLeast = kpi.target.direction === 'at_least'
  const met = atLeast ? Number(value) >= Number(target) : Number(value) <= Number(target)
  const points = kpi.format === 'percent'
  const distance = points
    ? Math.abs(Number(value) - Number(target)) * 100
    : Math.abs(Number(value) / Number(target) - 1) * 100
  const share = distance >= 1 ? `${distance.toFixed(0)}%` : `${Math.max(distance, 0.1).toFixed(1)}%`
  const by = {
    zh: points ? `${distance.toFixed(1)} 个百分点` : share,
    en: points ? `${distance.toFixed(1)} points` : share,
  }
  const words = atLeast
    ? met
      ? { zh: '达到目标', en: 'On target' }
      : { zh: `低于目标 ${by.zh}`, en: `${by.en} below target` }
    : met
      ? { zh: '在上限内', en: 'Within the limit' }
      : { zh: `超出上限 ${by.zh}`, en: `${by.en} over the limit` }
  return { judgement: met ? 'ON_TARGET' : 'OFF_TARGET', judgementText: words[language] }
}
