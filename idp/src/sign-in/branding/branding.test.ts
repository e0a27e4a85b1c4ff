import { existsSync } from 'node:fs'
import { setClock } from '@atrium/platform/clock'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { contrast, textOn } from './contrast.ts'
import { brandCss } from './css.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
let moved = 0
afterEach(() => setClock())

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const evilSvg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" onload="document.title='ran'"><script>document.title='ran'; fetch('/ran')</script><rect width="40" height="20" fill="#c00"/></svg>`
const svg = Buffer.from(evilSvg).toString('base64')

/** Puts a look in force, as far as the pages of this moment are concerned. */
const brand = async (branding: object): Promise<void> => {
  await idp.service.deps.db
    .updateTable('sign_in_policy')
    .set({ policy: JSON.stringify({ branding }) })
    .execute()
  moved += 10_000
  setClock(() => new Date(Date.now() + moved))
}
const page = async (language = 'en') => {
  const response = await fetch(`${idp.issuer}/forgot-password`, { headers: { 'accept-language': language } })
  return { html: await response.text(), csp: response.headers.get('content-security-policy') ?? '' }
}
const addressOf = (html: string, part: string): string =>
  new URL(new RegExp(`(?:href|src)="([^"]*/brand/${part}[^"]*)"`).exec(html)?.[1] ?? '', idp.issuer).href

test('pages carry the company’s name, logo and colour as files of our own', async () => {
  await brand({ name: { zh: '启明集团', en: 'Qiming Group' }, logo: `data:image/png;base64,${png}`, colour: '#ffcc00' })
  const { html, csp } = await page()
  expect(html).toContain('<b>Qiming Group</b>')
  expect((await page('zh-CN')).html).toContain('<b>启明集团</b>')
  expect(csp).toContain("style-src 'self'")
  expect(csp).not.toContain('unsafe')
  expect(html).not.toMatch(/style=|data:image/)

  const logo = await fetch(addressOf(html, 'logo'))
  expect(logo.headers.get('content-type')).toBe('image/png')
  expect(logo.headers.get('cache-control')).toContain('immutable')
  expect(Buffer.from(await logo.arrayBuffer()).toString('base64')).toBe(png)
  const css = await (await fetch(addressOf(html, 'style'))).text()
  expect(css).toContain('background: #ffcc00')
  expect(css).toContain('color: #000000')
})

test('without them the configured name stands beside ours, and there is no file', async () => {
  await brand({})
  const { html } = await page()
  expect(html).toContain('<span>Huaxin Machinery</span>')
  expect(html).not.toContain('/brand/')
  for (const name of ['logo', 'style.css', 'other', '..%2fpolicy'])
    expect((await fetch(`${idp.issuer}/brand/${name}`)).status).toBe(404)
})

test('a name is text', async () => {
  await brand({ name: { zh: '<script>alert(1)</script>', en: '"><img src=x>' } })
  expect((await page()).html).not.toContain('<img src=x>')
  expect((await page('zh-CN')).html).not.toContain('<script>alert')
})

describe('a logo with scripts in it', () => {
  it('is sent so that none may run', async () => {
    await brand({ logo: `data:image/svg+xml;base64,${svg}` })
    const response = await fetch(addressOf((await page()).html, 'logo'))
    expect(response.headers.get('content-type')).toBe('image/svg+xml')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
    expect(response.headers.get('content-security-policy')).not.toContain('script-src')
  })

  it.skipIf(!existsSync('/usr/bin/chromium'))('runs none in a browser, neither on a page nor by itself', async () => {
    await brand({ logo: `data:image/svg+xml;base64,${svg}`, colour: '#1a5fb4' })
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
    try {
      const tab = await browser.newPage()
      const asked: string[] = []
      tab.on('request', request => asked.push(request.url()))
      await tab.goto(`${idp.issuer}/forgot-password?ui_locales=en`)
      const size = await tab.locator('img.logo').evaluate((image: HTMLImageElement) => image.naturalWidth)
      expect(size).toBe(40)
      const button = tab.locator('button[type=submit]')
      expect(await button.evaluate(one => getComputedStyle(one).backgroundColor)).toBe('rgb(26, 95, 180)')
      expect(await tab.title()).toContain('Forgotten')
      await tab.goto(addressOf(await tab.content(), 'logo'))
      expect(await tab.title()).not.toBe('ran')
      expect(asked.some(url => url.endsWith('/ran'))).toBe(false)
    } finally {
      await browser.close()
    }
  })
})

test('the text of the button can be read on every colour, also under the pointer', () => {
  const parts = [0, 51, 102, 119, 136, 153, 204, 255]
  const hex = (part: number): string => part.toString(16).padStart(2, '0')
  for (const red of parts)
    for (const green of parts)
      for (const blue of parts) {
        const colour = `#${hex(red)}${hex(green)}${hex(blue)}`
        expect(contrast(colour, textOn(colour))).toBeGreaterThanOrEqual(4.5)
        for (const [, ground, text] of brandCss(colour).matchAll(/background: (#\w+);.* color: (#\w+);/g))
          expect(contrast(ground ?? '', text ?? '')).toBeGreaterThanOrEqual(4.5)
      }
})

test('contrast is the one of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
})
