import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { type Stack, startStack } from './stack.ts'
import { type Stranger, strangerTo } from './stranger.ts'
import { type Employee, newEmployee } from './vocabulary.ts'

/** The whole sample company running, a browser, and a stranger who asks the systems directly. */
export type Company = {
  stack: Stack
  browser: Browser
  stranger: Stranger
  /** A browser of one more person. */
  newEmployee(): Promise<Employee>
  /** Pictures of every open page, in a temporary folder; gives the folder. */
  photograph(name: string): Promise<string>
  close(): Promise<void>
}

export async function openCompany(): Promise<Company> {
  const browser = await launchBrowser()
  const stack = await startStack().catch(async (error: unknown) => {
    await browser.close()
    throw error
  })
  const company: Company = {
    stack,
    browser,
    stranger: strangerTo(stack),
    newEmployee: () => newEmployee(company),
    photograph: async name => {
      const folder = await mkdtemp(join(tmpdir(), 'atrium-e2e-pictures-'))
      const pages = browser.contexts().flatMap(context => context.pages())
      for (const [index, page] of pages.entries()) {
        const file = `${name.replace(/[^\w\u4e00-\u9fff]+/g, '-').slice(0, 60)}-${index + 1}.png`
        await page.screenshot({ path: join(folder, file), timeout: 5000 }).catch(() => {})
      }
      return folder
    },
    close: async () => {
      await browser.close()
      await stack.close()
    },
  }
  return company
}

/** A name that no earlier run and no other test has used. */
export const unique = (text: string): string =>
  `${text} ${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`
