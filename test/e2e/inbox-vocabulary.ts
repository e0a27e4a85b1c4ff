import type { Locator, Page } from 'playwright-core'
import { visibleText } from './visible-text.ts'

/** The inbox of the person at this tab. */
export type InboxPage = {
  /** The row that shows a message, by its title. */
  row(title: string): Locator
  /** Chooses a filter at the side, e.g. 已办. */
  filters(by: string): Promise<void>
  /** Opens a message; gives its id. */
  opens(title: string): Promise<string>
  /** Opens a message, writes the comment and agrees; does not wait for the system's answer. */
  agrees(title: string, comment: string): Promise<string>
  /** Agrees and waits until the system has confirmed. */
  approves(title: string, comment: string): Promise<string>
  /** The words that say what became of the decision. */
  outcome(): Locator
  /** Codes of the systems whose messages are listed. */
  systems(): Promise<Set<string>>
}

export function inboxIn(page: Page): InboxPage {
  const list = page.getByRole('region', { name: '消息' })
  const reading = page.getByRole('article')
  const inbox: InboxPage = {
    row: title => list.getByRole('link', { name: title }),
    filters: async by => {
      await page.getByRole('complementary', { name: '筛选' }).getByRole('button', { name: by }).click()
    },
    opens: async title => {
      await inbox.row(title).first().click()
      await reading.getByRole('heading', { name: title }).waitFor()
      return new URL(page.url()).pathname.split('/').at(-1)!
    },
    agrees: async (title, comment) => {
      const id = await inbox.opens(title)
      await reading.getByLabel('意见').fill(comment)
      await reading.getByRole('button', { name: '同意' }).click()
      return id
    },
    approves: async (title, comment) => {
      const id = await inbox.agrees(title, comment)
      await inbox.outcome().filter({ hasText: '已确认：同意' }).waitFor()
      return id
    },
    outcome: () => reading.getByRole('status'),
    systems: async () => {
      await list.getByRole('listitem').first().waitFor()
      const text = await visibleText(list)
      return new Set(['CRM', 'OA', 'ERP'].filter(code => text.includes(`${code} · `)))
    },
  }
  return inbox
}
