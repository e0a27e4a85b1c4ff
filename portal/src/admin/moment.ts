import { i18n } from '../locales/texts.ts'

const same = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString()

/** `14:05:09` of today, `11-21 14:05` (zh) or `21 Nov 14:05` (en) of another day. */
export function shortMoment(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const time = at.toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(same(at, now) ? { second: '2-digit' } : {}),
  })
  return same(at, now) ? time : `${shortDay(iso, now)} ${time}`
}

/** `11 月 21 日` or `21 November`. */
export function longDay(iso: string): string {
  const at = new Date(iso)
  return i18n.locale === 'en'
    ? at.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })
    : `${at.getMonth() + 1} 月 ${at.getDate()} 日`
}

/** `11-21` or `21 Nov`, with the year when it is another one. */
export function shortDay(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const year = at.getFullYear() === now.getFullYear() ? undefined : at.getFullYear()
  if (i18n.locale === 'en')
    return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(year ? { year: 'numeric' } : {}) })
  const day = `${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`
  return year ? `${year}-${day}` : day
}
