import type { BrowserContext, Page } from 'playwright-core'
import { SAMPLE_PASSWORD } from '../company/seed.ts'
import { type AdminPages, adminPagesIn } from './admin-vocabulary.ts'
import { type BoardPage, boardIn } from './board-vocabulary.ts'
import type { Company } from './company.ts'
import { type InboxPage, inboxIn } from './inbox-vocabulary.ts'
import { visibleText } from './visible-text.ts'

/** No wait of a browser test is longer. */
export const patience = 15_000

/** A browser of one person: its tabs share cookies. */
export type Employee = {
  context: BrowserContext
  tab: Tab
  /** Opens the portal, is led to the sign-in page, and ends on the home page. */
  signsIn(username: string): Promise<void>
  /** Another tab of the same browser, already signed in, at the home page. */
  opensTab(): Promise<Tab>
  /** Addresses of all sign-in pages this browser was shown. */
  signInPages: string[]
  /** The access token the portal in this browser worked with last, written as the stranger takes it. */
  tokenInUse(): string
  /** The `Cookie` header this browser would send there. */
  cookiesFor(url: string): Promise<string>
}

/** One tab with the portal in it. */
export type Tab = {
  page: Page
  /** By the main navigation: the page is not loaded anew. */
  goesTo(name: '首页' | '消息' | '看板' | '应用' | '管理'): Promise<void>
  home: HomePage
  inbox: InboxPage
  board: BoardPage
  admin: AdminPages
  launcher: { opens(system: string): Promise<NativePage> }
  signsOut(): Promise<void>
}

/** What a system's own page says of the person who opened it. */
export type NativePage = { page: Page; url: string; header: string }

export type HomePage = {
  /** The sentence at the top. */
  sentence(): Promise<string>
  /** The names of the widgets shown, with the systems their stamps name. */
  widgets(): Promise<{ name: string; text: string }[]>
  logsFollowUp(widget: string, text: string): Promise<{ customer: string }>
}

/** A browser in which nobody has signed in yet, set to Chinese. */
export async function newEmployee(company: Company): Promise<Employee> {
  const context = await company.browser.newContext({
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1440, height: 900 },
  })
  context.setDefaultTimeout(patience)
  const signInPages: string[] = []
  let token = ''
  context.on('page', page => {
    page.on('framenavigated', frame => {
      if (new URL(frame.url()).pathname.includes('/sign-in/')) signInPages.push(frame.url())
    })
  })
  context.on('request', request => {
    const { authorization } = request.headers()
    if (authorization && request.url() === `${company.stack.gateway}/graphql`)
      token = authorization.replace('Bearer ', '')
  })
  const page = await context.newPage()
  const tab = tabOf(page, company)
  return {
    context,
    tab,
    signInPages,
    tokenInUse: () => `token:${token}`,
    signsIn: async username => {
      await page.goto(company.stack.portal)
      await page.getByLabel('用户名').fill(username)
      await page.getByLabel('密码', { exact: true }).fill(SAMPLE_PASSWORD)
      await page.getByRole('button', { name: '登录', exact: true }).click()
      await tab.home.sentence()
    },
    opensTab: async () => {
      const another = tabOf(await context.newPage(), company)
      await another.page.goto(company.stack.portal)
      await another.home.sentence()
      return another
    },
    cookiesFor: async url => {
      // Cookies ignore ports; every service of this machine gets them all and knows its own by name.
      const cookies = await context.cookies(url)
      return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    },
  }
}

function tabOf(page: Page, company: Company): Tab {
  return {
    page,
    goesTo: async name => {
      await page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name, exact: true }).click()
    },
    home: homeIn(page),
    inbox: inboxIn(page),
    board: boardIn(page),
    admin: adminPagesIn(page),
    launcher: {
      opens: async system => {
        await page.getByRole('button', { name: '打开应用' }).click()
        const opened = page.context().waitForEvent('page')
        await page
          .getByRole('dialog', { name: '应用' })
          .getByRole('link', { name: new RegExp(system) })
          .click()
        const native = await opened
        const header = native.getByRole('banner')
        await header.waitFor()
        return { page: native, url: native.url(), header: (await visibleText(header)).replace(/\s+/g, ' ') }
      },
    },
    signsOut: async () => {
      await page.getByRole('button', { name: /的菜单$/ }).click()
      await page.getByRole('menuitem', { name: '退出登录' }).click()
      await page.waitForURL(url => url.origin !== company.stack.portal || url.pathname !== '/', { timeout: patience })
    },
  }
}

function homeIn(page: Page): HomePage {
  return {
    sentence: async () => {
      const heading = page.getByRole('heading', { level: 1, name: /今天有|现在没有/ })
      await heading.waitFor()
      return await visibleText(heading)
    },
    widgets: async () => {
      const sections = await page.getByRole('main').getByRole('region').all()
      return await Promise.all(
        sections.map(async section => ({
          name: (await visibleText(section.getByRole('heading').first())).replace(/\s*\d+$/, ''),
          text: await visibleText(section),
        })),
      )
    },
    logsFollowUp: async (widget, text) => {
      const row = page.getByRole('region', { name: widget }).getByRole('button', { name: '写跟进' }).first()
      await row.click()
      const dialog = page.getByRole('dialog', { name: /^写跟进/ })
      const customer = (await visibleText(dialog.getByRole('heading'))).replace(/^写跟进：/, '')
      await dialog.getByLabel('谈了什么').fill(text)
      await dialog.getByRole('button', { name: '写入 CRM' }).click()
      await dialog.waitFor({ state: 'hidden' })
      return { customer }
    },
  }
}
