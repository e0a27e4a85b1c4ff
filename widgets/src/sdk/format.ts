import type { Locale } from './text.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** An amount in full with its currency, fractions only where there are any: `¥1,286,000`, `¥4,826.50`. */
export function formatMoney(amount: string, currency: string | null | undefined, locale: Locale): string {
  const value = Number(amount)
  if (!Number.isFinite(value)) return amount
  return minus(
    new Intl.NumberFormat(locale === 'en' ? 'en-GB' : locale, {
      style: 'currency',
      currency: currency || 'CNY',
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: Number.isInteger(value) ? 0 : 2,
      maximumFractionDigits: 2,
    }).format(value),
  )
}

/**
 * An amount on a board: 万元 in Chinese, millions in English, as figure and unit.
 * @param largest of the amounts it stands among; they share scale and digits
 */
export function formatScaledMoney(amount: number, locale: Locale, largest = amount): { figure: string; unit: string } {
  const most = Math.abs(largest)
  if (locale === 'zh-CN') {
    const digits = most < 100_000 ? 2 : most < 1_000_000 ? 1 : 0
    return { figure: formatNumber(amount / 10_000, locale, digits), unit: '万元' }
  }
  const millions = most >= 1_000_000
  const figure = formatNumber(amount / (millions ? 1_000_000 : 1000), locale, millions ? 2 : 0)
  return { figure: `¥${figure}`, unit: millions ? 'M' : 'k' }
}

/** A plain number with separators and a true minus sign. */
export function formatNumber(value: number, locale: Locale, fractionDigits = 0): string {
  return minus(
    new Intl.NumberFormat(locale === 'en' ? 'en-GB' : locale, {
      minimumFractionDigits: 0,
      maximumFractionDigits: fractionDigits,
    }).format(value),
  )
}

/** A fraction as per cent. */
export function formatPercent(fraction: number, locale: Locale, fractionDigits = 0): string {
  return `${formatNumber(fraction * 100, locale, fractionDigits)}%`
}

/** 2026 年 11 月 23 日，星期一 / Monday, 23 November 2026 */
export function formatLongDate(at: number, locale: Locale): string {
  if (locale === 'en') {
    return new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
      .format(at)
      .replace(/^(\w+) /, '$1, ')
  }
  const date = new Date(at)
  const weekday = new Intl.DateTimeFormat('zh-CN', { weekday: 'long' }).format(at)
  return `${date.getFullYear()} 年 ${date.getMonth() + 1} 月 ${date.getDate()} 日，${weekday}`
}

/** 09:12 */
export function formatClock(at: number): string {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

/** 11-23 / 23 Nov; with the year when it is another one. */
export function formatDay(at: number, locale: Locale, now = Date.now()): string {
  const date = new Date(at)
  const sameYear = date.getFullYear() === new Date(now).getFullYear()
  if (locale === 'en') {
    const options: Intl.DateTimeFormatOptions = {
      day: 'numeric',
      month: 'short',
      ...(sameYear ? {} : { year: 'numeric' }),
    }
    return new Intl.DateTimeFormat('en-GB', options).format(at)
  }
  const monthDay = `${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return sameYear ? monthDay : `${date.getFullYear()}-${monthDay}`
}

/** Day and time: 今天 12:00, 昨天, 11-20. */
export function formatMoment(at: number, locale: Locale, now = Date.now()): string {
  const days = daysBetween(now, at)
  if (days === 0) return formatClock(at)
  if (days === -1) return locale === 'en' ? 'Yesterday' : '昨天'
  if (days < 0 && days > -7) return formatWeekday(at, locale)
  return formatDay(at, locale, now)
}

/** How long ago: 刚刚, 4 分钟前, then the time of day, then the day. */
export function formatAgo(at: number, locale: Locale, now = Date.now()): string {
  const age = now - at
  if (age < 45_000) return locale === 'en' ? 'just now' : '刚刚'
  if (age < hour) {
    const minutes = Math.max(1, Math.round(age / minute))
    return locale === 'en' ? `${minutes} min ago` : `${minutes} 分钟前`
  }
  return formatMoment(at, locale, now)
}

/** When something is due, and whether that is over: 逾期 1 天, 今天 12:00, 明天, 周三, 12-02. */
export function formatDue(at: number, locale: Locale, now = Date.now()): { text: string; late: boolean } {
  const english = locale === 'en'
  if (at < now) {
    const late = now - at
    const days = Math.floor(late / day)
    const hours = Math.floor(late / hour)
    const text =
      days > 0
        ? english
          ? `${days} ${days === 1 ? 'day' : 'days'} late`
          : `逾期 ${days} 天`
        : hours > 0
          ? english
            ? `${hours} h late`
            : `逾期 ${hours} 小时`
          : english
            ? 'late'
            : '刚逾期'
    return { text, late: true }
  }
  const days = daysBetween(now, at)
  if (days === 0) return { text: english ? `Today ${formatClock(at)}` : `今天 ${formatClock(at)}`, late: false }
  if (days === 1) return { text: english ? 'Tomorrow' : '明天', late: false }
  if (days < 7) return { text: formatWeekday(at, locale), late: false }
  return { text: formatDay(at, locale, now), late: false }
}

/** 周三 / Wed */
export function formatWeekday(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : 'zh-CN', { weekday: 'short' }).format(at)
}

/** Midnights between two moments in the reader's zone. */
export function daysBetween(from: number, to: number): number {
  return Math.round((startOfDay(to) - startOfDay(from)) / day)
}

export function startOfDay(at: number): number {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

// U+2212, as wide as a digit, so that columns with negative figures stay in line.
function minus(text: string): string {
  return text.replace('-', '−')
}
