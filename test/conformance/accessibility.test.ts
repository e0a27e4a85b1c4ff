import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { type PortalStand, startPortalStand } from './portal-stand.ts'
import { cleanUp, signInPages } from './sign-in-pages.ts'
import { type Stage, startStage } from './stage.ts'

/** Every page of the identity provider by axe-core, WCAG 2.2 A and AA, in both languages, light and dark. */
let stage: Stage
let stand: PortalStand
let browser: Browser
let context: BrowserContext
let axe: string

beforeAll(async () => {
  axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
  stand = await startPortalStand()
  stage = await startStage('query', { PORTAL_URL: stand.url })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await stage?.stop()
  await stand?.stop()
})
afterEach(async () => {
  await context?.close()
  await cleanUp(stage)
})

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe-core finds on the page, a line each. */
async function faultsOf(tab: Page): Promise<string[]> {
  const results = (await tab.evaluate(`axe.run({ runOnly: ${JSON.stringify(tags)} })`)) as AxeResults
  return results.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html} ${node.failureSummary}`))
}

describe.each([
  { locale: 'zh-CN', width: 1440 },
  { locale: 'en-GB', width: 360 },
])('in $locale, $width pixels wide', ({ locale, width }) => {
  it.each(signInPages)('$name can be used by everybody', async ({ open }) => {
    context = await browser.newContext({ locale, viewport: { width, height: 900 } })
    const tab = await context.newPage()
    await open(tab, stage)
    await tab.evaluate(axe)
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await faultsOf(tab)).toEqual([])
    }
    expect(await tab.evaluate('document.documentElement.lang')).toBe(locale === 'zh-CN' ? 'zh-CN' : 'en')
    expect(await tab.title()).toMatch(/^\S.* · Atrium$/)
    // WCAG 2.2 §1.4.10: nothing scrolls sideways.
    expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    // A fault is told to whoever cannot see it, and is what the faulty field is described by.
    const untold = `[...document.querySelectorAll('[aria-invalid=true]')].filter(field => !field.getAttribute('aria-describedby')?.split(' ').some(id => document.getElementById(id)?.closest('[role=alert]'))).length`
    expect(await tab.evaluate(untold)).toBe(0)
  })
})

describe('with the keyboard alone', () => {
  it('somebody signs in, reaching everything in the order of the page, and always sees where they are', async () => {
    context = await browser.newContext({ locale: 'en-GB' })
    const tab = await context.newPage()
    await signInPages[0]?.open(tab, stage)
    const seen: string[] = []
    for (let n = 0; n < 8; n++) {
      const [name, ring] = (await tab.evaluate(
        `(() => { const at = document.activeElement; const style = getComputedStyle(at); return [at.name || at.ariaLabel || at.textContent.trim(), style.outlineStyle] })()`,
      )) as [string, string]
      seen.push(name)
      if (name) expect(ring).not.toBe('none')
      await tab.keyboard.press('Tab')
    }
    expect(seen.slice(0, 7)).toEqual([
      'username',
      'password',
      'Show password',
      'remember',
      'Sign in',
      'Forgotten your password?',
      'Sign in with a passkey',
    ])
    await tab.focus('#username')
    await tab.keyboard.type('li.na')
    await tab.keyboard.press('Tab')
    await tab.keyboard.type(password)
    const back = tab.waitForRequest(request => request.url().startsWith(`${stage.idp.portal}/?`))
    await tab.keyboard.press('Enter')
    await back
  })
})
