import type { Locator, Page } from 'playwright-core'
import { visibleText } from './visible-text.ts'

/** The administrators' pages at this tab. */
export type AdminPages = {
  matrix: {
    cell(role: string, system: string): Locator
    /** Adds a native role to a cell of the draft. */
    gives(role: string, system: string, nativeRole: string): Promise<void>
    /** What the preview says: the whole drawer's text, once it is computed. */
    preview(): Promise<string>
    publishes(comment: string): Promise<void>
    rollsBackTo(version: number): Promise<void>
    /** The number of the version in force, as the page says it. */
    version(): Promise<number>
  }
  audit: {
    /** The rows of the table, newest first, each as one text. */
    rows(): Promise<string[]>
  }
  opens(
    page: '角色' | '人员' | '系统' | '应用接入' | '登录规则' | '签名密钥' | '退出通知' | '邮件' | '审计',
  ): Promise<void>
}

export function adminPagesIn(page: Page): AdminPages {
  const main = page.getByRole('main')
  const drawer = page.getByRole('complementary', { name: '谁得到，谁失去' })
  const cell = (role: string, system: string) =>
    main.getByRole('button', { name: new RegExp(`^${role}在.*${system}.*的权利`) })
  return {
    opens: async name => {
      await main.getByRole('link', { name, exact: true }).click()
    },
    matrix: {
      cell,
      gives: async (role, system, nativeRole) => {
        await cell(role, system).click()
        const editor = page.getByRole('dialog', { name: new RegExp(`^${role}在`) })
        await editor.getByRole('checkbox', { name: new RegExp(`^${nativeRole}`) }).check()
        await editor.getByRole('button', { name: '放进草稿' }).click()
        await editor.waitFor({ state: 'hidden' })
      },
      preview: async () => {
        await drawer.getByText('会话刷新').waitFor()
        const more = drawer.getByRole('button', { name: /^另外/ })
        if (await more.count()) await more.first().click()
        return await visibleText(drawer)
      },
      publishes: async comment => {
        await drawer.getByLabel('说明这次改动，写进审计').fill(comment)
        await drawer.getByRole('button', { name: /^发布 v/ }).click()
        await drawer.waitFor({ state: 'hidden' })
      },
      rollsBackTo: async version => {
        await main.getByRole('button', { name: '版本' }).click()
        await page
          .getByRole('dialog', { name: '版本' })
          .getByRole('button', { name: `回退到 v${version}`, exact: true })
          .click()
        const asked = page.getByRole('alertdialog')
        await asked.getByRole('button', { name: '回退', exact: true }).click()
        await asked.waitFor({ state: 'hidden' })
      },
      version: async () => {
        const said = main.getByText(/已发布 v\d+/).first()
        await said.waitFor()
        return Number(/v(\d+)/.exec(await visibleText(said))?.[1])
      },
    },
    audit: {
      rows: async () => {
        await main.getByRole('row').nth(1).waitFor()
        const rows = await main.getByRole('row').all()
        return await Promise.all(rows.slice(1).map(async row => (await visibleText(row)).replace(/\s+/g, ' ')))
      },
    },
  }
}
