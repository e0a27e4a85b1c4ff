import { beforeEach, expect, it, vi } from 'vitest'
import type { Locale } from './texts.ts'

// What is loaded is kept for the life of the page: every test begins with a page of its own.
let texts: typeof import('./texts.ts')

beforeEach(async () => {
  vi.resetModules()
  vi.stubGlobal('document', { documentElement: {} })
  texts = await import('./texts.ts')
})

/** Texts of one key. Whoever asks first waits until `arrive()`, as for a chunk whose preload is under way; later ones do not. */
function pageTexts(key: string) {
  let arrive = (): void => {}
  let first: Promise<void> | undefined = new Promise(resolve => {
    arrive = resolve
  })
  const load = (locale: Locale) => async () => {
    const before = first
    first = undefined
    await before
    return { [key]: `${key} ${locale}` }
  }
  return { ...texts.defineTexts<string>({ 'zh-CN': load('zh-CN'), en: load('en') }), arrive }
}

it('pages that load side by side keep their texts, whichever comes last', async () => {
  await texts.activateLocale('zh-CN')
  const [slow, quick] = [pageTexts('slow'), pageTexts('quick')]
  const first = slow.load()
  quick.arrive()
  await quick.load()
  slow.arrive()
  await first
  expect([slow.text('slow'), quick.text('quick')]).toEqual(['slow zh-CN', 'quick zh-CN'])
})

it('a page that loads while the language changes comes in the new one, with the texts of all others', async () => {
  const [shell, page] = [pageTexts('shell'), pageTexts('page')]
  shell.arrive()
  await shell.load()
  await texts.activateLocale('zh-CN')
  const loading = page.load()
  await texts.activateLocale('en')
  page.arrive()
  await loading
  expect(texts.i18n.locale).toBe('en')
  expect([shell.text('shell'), page.text('page')]).toEqual(['shell en', 'page en'])
})

it('of two languages chosen quickly the last one stays', async () => {
  const shell = pageTexts('shell')
  await shell.load()
  const first = texts.activateLocale('zh-CN')
  await texts.activateLocale('en')
  shell.arrive()
  await first
  expect(shell.text('shell')).toBe('shell en')
})
