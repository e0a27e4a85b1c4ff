import Bowser from 'bowser'
import type { Text } from '../oidc/tables.ts'

/** A browser as its owner would call it. */
export type DeviceName = { name: Text; kind: 'desktop' | 'phone' | 'other' }

const unknown: DeviceName = { name: { zh: '未知设备', en: 'Unknown device' }, kind: 'other' }

/** What a `User-Agent` header says, in words: “Windows 上的 Chrome”, “Chrome on Windows”. */
export function deviceName(userAgent: string | null | undefined): DeviceName {
  if (!userAgent) return unknown
  const { browser, os, platform } = Bowser.parse(userAgent)
  const kind = platform.type === 'desktop' ? 'desktop' : platform.type === 'mobile' ? 'phone' : 'other'
  if (browser.name && os.name)
    return { name: { zh: `${os.name} 上的 ${browser.name}`, en: `${browser.name} on ${os.name}` }, kind }
  const only = browser.name || os.name
  return only ? { name: { zh: only, en: only }, kind } : { ...unknown, kind }
}
