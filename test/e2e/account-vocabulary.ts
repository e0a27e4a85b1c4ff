import type { Locator, Page } from 'playwright-core'
import { visibleText } from './visible-text.ts'

/** A person's own pages at this tab. */
export type AccountPages = {
  /** By the user's menu. */
  opens(): Promise<void>
  goesTo(tab: '概览' | '密码与第二步验证' | '会话与设备' | '登录历史'): Promise<void>
  /** The sentence at the top, once it says this. */
  says(sentence: RegExp): Promise<void>
  dialog(title: string): Locator
  section(name: string): Locator
  /** Adds an authenticator and keeps the recovery codes that come with it. */
  addsTotp(codeFor: (secret: string) => Promise<string>): Promise<{ secret: string; codes: string[] }>
  /** The codes the dialog shows; it closes once they are said to be kept. */
  keepsCodes(): Promise<string[]>
  /** The rows of the sign-in history, newest first, each as one text. */
  history(): Promise<string[]>
}

export function accountPagesIn(page: Page): AccountPages {
  const main = page.getByRole('main')
  const dialog = (title: string): Locator => page.getByRole('dialog', { name: title })
  const keepsCodes = async (): Promise<string[]> => {
    const shown = dialog('收好你的恢复码')
    const list = shown.getByRole('list', { name: /恢复码$/ })
    await list.waitFor()
    const codes = await list.getByRole('listitem').allInnerTexts()
    await shown.getByRole('checkbox', { name: '我已收好这些恢复码' }).check()
    await shown.getByRole('button', { name: '完成' }).click()
    await shown.waitFor({ state: 'hidden' })
    return codes.map(code => code.trim())
  }
  return {
    opens: async () => {
      await page.getByRole('button', { name: /的菜单$/ }).click()
      await page.getByRole('menuitem', { name: '账号与密码' }).click()
      await page.waitForURL(url => url.pathname === '/account')
    },
    goesTo: async tab => {
      await page.getByRole('navigation', { name: '我的账号' }).getByRole('link', { name: tab }).click()
    },
    says: async sentence => {
      await page.getByRole('heading', { level: 1, name: sentence }).waitFor()
    },
    dialog,
    section: name => main.getByRole('region', { name }),
    keepsCodes,
    addsTotp: async codeFor => {
      await main.getByRole('button', { name: '添加验证器' }).click()
      const enrol = dialog('添加验证器')
      await enrol.getByRole('img', { name: /二维码/ }).waitFor()
      const secret = (await enrol.locator('code').innerText()).replaceAll(/\s/g, '')
      await enrol.getByLabel('应用上显示的 6 位验证码').fill(await codeFor(secret))
      await enrol.getByRole('button', { name: '确认添加' }).click()
      return { secret, codes: await keepsCodes() }
    },
    history: async () => {
      const rows = main.getByRole('table').getByRole('row')
      await rows.nth(1).waitFor()
      return (await Promise.all((await rows.all()).slice(1).map(visibleText))).map(text => text.replaceAll(/\s+/g, ' '))
    },
  }
}
