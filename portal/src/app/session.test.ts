import { beforeEach, describe, expect, it, vi } from 'vitest'
import { preferredLocale } from './preferences.ts'
import { rememberDeepLink, rememberProvingAgain, takeDeepLink, takeProvingAgain } from './session.ts'

const kept = new Map<string, string>()
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
}
vi.stubGlobal('sessionStorage', storage)
vi.stubGlobal('localStorage', storage)
beforeEach(() => kept.clear())

describe('the address asked for before the sign-in', () => {
  it('is given once', () => {
    rememberDeepLink({ pathname: '/inbox/7', search: '?overdue=1' } as Location)
    expect(takeDeepLink()).toBe('/inbox/7?overdue=1')
    expect(takeDeepLink()).toBeUndefined()
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example'])('is never another site: %s', path => {
    kept.set('atrium.deep-link', path)
    expect(takeDeepLink()).toBeUndefined()
  })
})

describe('a new proof of who somebody is', () => {
  it('is known once after coming back, and to the same address', () => {
    expect(takeProvingAgain()).toBe(false)
    rememberProvingAgain({ pathname: '/account/security', search: '' } as Location)
    expect(takeProvingAgain()).toBe(true)
    expect(takeProvingAgain()).toBe(false)
    expect(takeDeepLink()).toBe('/account/security')
  })
})

describe('the language', () => {
  it('is the one chosen, else the first of the browser’s that there is, else Chinese', () => {
    expect(preferredLocale(['de-DE', 'en-US', 'zh-CN'])).toBe('en')
    expect(preferredLocale(['zh-TW', 'en'])).toBe('zh-CN')
    expect(preferredLocale(['fr'])).toBe('zh-CN')
    kept.set('atrium.locale', 'en')
    expect(preferredLocale(['zh-CN'])).toBe('en')
  })
})
