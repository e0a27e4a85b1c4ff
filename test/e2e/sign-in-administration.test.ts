import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FormBrowser } from '../company/testing/browser.ts'
import { type Company, openCompany } from './company.ts'
import type { Answered } from './stranger.ts'
import { visibleText } from './visible-text.ts'
import { type Employee, patience } from './vocabulary.ts'

describe('an administrator looks after sign-in', () => {
  let company: Company
  let admin: Employee

  beforeAll(async () => {
    company = await openCompany()
    admin = await company.newEmployee()
    await admin.signsIn('admin')
    await admin.tab.goesTo('管理')
  }, 180_000)
  afterAll(() => company?.close(), 60_000)
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(`Pictures of the browser: ${await company.photograph(task.name)}`)
  })

  const asked = async (path: string): Promise<Answered> => (await company.stranger.admin('admin', 'GET', path)).body

  it('connects an application by the assistant, which asks only what is needed and gives a secret that works', async () => {
    const { page } = admin.tab
    const main = page.getByRole('main')
    await admin.tab.admin.opens('应用接入')
    await main.getByRole('link', { name: '接入应用' }).first().click()
    await main.getByRole('radio', { name: /^机器/ }).check()
    await main.getByRole('button', { name: '下一步' }).click()
    await main.getByLabel('中文名称').waitFor()
    expect(await main.getByLabel('登录后回到的地址').count()).toBe(0)
    await main.getByRole('button', { name: '上一步' }).click()
    await main.getByRole('radio', { name: /^有服务器的网页应用/ }).check()
    await main.getByRole('button', { name: '下一步' }).click()

    await main.getByLabel('中文名称').fill('知识库')
    await main.getByLabel('英文名称').fill('Company wiki')
    await main.getByLabel('应用地址').fill('http://localhost:8099/')
    expect(await main.getByLabel('标识（client_id）').inputValue()).toBe('company-wiki')
    await main.getByLabel('登录后回到的地址').fill('/callback')
    await main.getByRole('button', { name: '接入', exact: true }).click()
    await main.getByText('要完整的地址').waitFor()
    await main.getByLabel('登录后回到的地址').fill('http://localhost:8099/callback')
    await main.getByRole('button', { name: '接入', exact: true }).click()

    await main.getByRole('heading', { level: 1, name: /^知识库已接入/ }).waitFor()
    const secret = await main.getByRole('textbox', { name: '密钥（client_secret）' }).inputValue()
    const answer = await fetch(`${company.stack.issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`company-wiki:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(answer.status).toBe(200)
    const settings = main.getByRole('region', { name: '贴到对方那里的配置' })
    await settings.getByRole('tab').first().waitFor()
    for (const text of ['company-wiki', secret, company.stack.issuer])
      expect(await visibleText(settings.getByRole('tabpanel'))).toContain(text)
    expect(JSON.stringify(await asked('applications/company-wiki'))).not.toContain(secret)
  }, 30_000)

  it('tries the sign-in and reads what the application receives', async () => {
    const { page } = admin.tab
    const trial = page.getByRole('region', { name: '试着登录' })
    const opened = page.context().waitForEvent('page')
    await trial.getByRole('button', { name: '试着登录' }).click()
    const tab = await opened
    await trial.getByText('管理员登录了，应用会收到下面这些。').waitFor()
    await tab.close()
    const claim = async (name: string): Promise<string> =>
      await visibleText(trial.getByRole('row').filter({ has: page.getByRole('cell', { name, exact: true }) }))
    expect(await claim('sub')).toContain('e0000')
    expect(await claim('aud')).toContain('company-wiki')
    await trial.getByRole('tab', { name: /^访问令牌/ }).click()
    expect(await claim('sub')).toContain('e0000')
    await trial.getByRole('tab', { name: /^userinfo/ }).click()
    expect(await claim('preferred_username')).toContain('admin')
  }, 30_000)

  it('changes an application that somebody else changes meanwhile: it says who, and both changes are kept', async () => {
    const { page } = admin.tab
    await page.getByRole('main').getByRole('link', { name: '看这个应用' }).click()
    const facts = page.getByRole('region', { name: '登记的资料' })
    await facts.getByRole('button', { name: '修改' }).click()
    await facts.getByLabel('中文名称').fill('公司百科')
    const { name, revision, ...seen } = await asked('applications/company-wiki')
    const fields = ['url', 'kind', 'authentication', 'redirectUris'].map(field => [field, seen[field]])
    const saved = await fetch(`${new URL(company.stack.issuer).origin}/admin/applications/company-wiki`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${await company.stranger.tokenOf('admin')}`,
        'content-type': 'application/json',
        'if-match': `"${revision}"`,
      },
      body: JSON.stringify({ ...Object.fromEntries(fields), name: { ...name, en: 'Handbook' } }),
    })
    expect(saved.status).toBe(200)
    await facts.getByRole('button', { name: '保存' }).click()
    await facts.getByText(/管理员在 .+ 改过这个应用/).waitFor()
    expect((await asked('applications/company-wiki')).name).toEqual({ zh: '知识库', en: 'Handbook' })
    await facts.getByRole('button', { name: '放到最新的登记上' }).click()
    expect(await facts.getByLabel('英文名称').inputValue()).toBe('Handbook')
    await facts.getByRole('button', { name: '保存' }).click()
    await facts.getByRole('button', { name: '修改' }).waitFor()
    expect((await asked('applications/company-wiki')).name).toEqual({ zh: '公司百科', en: 'Handbook' })
  }, 30_000)

  it('makes a role need a second factor, told beforehand how many people that is; they set one up at the next sign-in', async () => {
    const { page } = admin.tab
    await admin.tab.admin.opens('登录规则')
    const accountants = (await asked('people?role=accountant&active=true&first=200')).total
    expect(accountants).toBeGreaterThan(1)
    await page.getByRole('main').getByLabel('增加角色').selectOption({ label: '会计' })
    const changes = page.getByRole('complementary', { name: '改了什么，谁受影响' })
    await changes.getByText(`会计：${accountants} 人`).waitFor()
    await changes.getByText(`${accountants} 人必须有第二步验证而还没有`).waitFor()

    // Somebody else saves first: nothing of theirs is lost, and nothing of one's own.
    const { policy, revision } = await asked('sign-in-policy')
    const others = { ...policy, newDeviceNotice: false }
    const saved = await fetch(`${new URL(company.stack.issuer).origin}/admin/sign-in-policy`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${await company.stranger.tokenOf('admin')}`,
        'content-type': 'application/json',
        'if-match': `"${revision}"`,
      },
      body: JSON.stringify({ policy: others }),
    })
    expect(saved.status).toBe(200)
    await changes.getByRole('button', { name: '保存规则' }).click()
    await page.getByRole('button', { name: '放到最新的规则上' }).click()
    await changes.getByRole('button', { name: '保存规则' }).click()
    await page.getByRole('heading', { level: 1, name: new RegExp(`${accountants} 人还没有设`) }).waitFor()
    expect((await asked('sign-in-policy')).policy).toEqual({
      ...others,
      secondFactor: { ...policy.secondFactor, roles: [{ role: 'accountant', kinds: ['totp', 'passkey'] }] },
    })

    const wangFang = await company.newEmployee()
    const signIn = wangFang.tab.page
    await signIn.goto(company.stack.portal)
    await signIn.getByLabel('用户名').fill('wang.fang')
    await signIn.getByLabel('密码', { exact: true }).fill('Welcome-2026')
    await signIn.getByRole('button', { name: '登录', exact: true }).click()
    await signIn.waitForURL(/\/enrol/, { timeout: patience })
    await wangFang.context.close()
  }, 40_000)

  it('rotates the signing keys: the new ones are published before they sign', async () => {
    const { page } = admin.tab
    await admin.tab.admin.opens('签名密钥')
    const before: string[] = (await asked('keys')).items.map((key: Answered) => key.kid)
    await page.getByRole('main').getByRole('button', { name: '现在轮换' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: '现在轮换' }).click()
    await page.getByRole('heading', { level: 1, name: /^新密钥已公布/ }).waitFor()
    const { items } = await asked('keys')
    const next = items.filter((key: Answered) => !before.includes(key.kid))
    expect(next.length).toBeGreaterThan(0)
    const published = async (): Promise<string[]> => {
      const answer = await fetch(`${company.stack.issuer}/protocol/openid-connect/certs`)
      return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(key => key.kid)
    }
    for (const { kid } of next) {
      await expect.poll(published, { timeout: patience }).toContain(kid)
      expect(await visibleText(page.getByRole('row').filter({ hasText: kid }))).toContain('已公布')
    }
  }, 30_000)

  it('gives a person a reset link, and reads the mail to one who has forgotten the password, which the audit log tells', async () => {
    const { page } = admin.tab
    const main = page.getByRole('main')
    await admin.tab.admin.opens('人员')
    await main.getByLabel('找姓名、用户名或部门').fill('陈杰')
    await page.keyboard.press('Enter')
    await main.getByRole('button', { name: '陈杰' }).click()
    const person = page.getByRole('complementary', { name: '陈杰' })
    await person.getByRole('tab', { name: '登录' }).click()
    await person.getByRole('button', { name: '给重设链接' }).click()
    await person.getByRole('button', { name: '给链接' }).click()
    const link = await person.getByLabel('重设密码的链接').inputValue()
    expect((await new FormBrowser().open(link)).text).toMatch(/name="password"/)
    await page.keyboard.press('Escape')
    await person.waitFor({ state: 'hidden' })

    const zhangWei = new FormBrowser()
    const forgot = await zhangWei.open(`${company.stack.issuer}/forgot-password`)
    await zhangWei.submit(forgot, { account: 'zhang.wei' })
    await admin.tab.admin.opens('邮件')
    await main.getByRole('row').filter({ hasText: '张伟' }).getByRole('button', { name: '设置新密码' }).click()
    const mail = page.getByRole('complementary', { name: /^设置新密码/ })
    expect((await asked('audit?action=mail.read&limit=5')).items).toEqual([])
    await mail.getByRole('button', { name: '读这封邮件' }).click()
    await mail.getByText('已写进审计').waitFor()
    const mailed = /https?:\/\/\S+\/reset-password\S*/.exec(await visibleText(mail))?.[0]
    expect((await new FormBrowser().open(mailed!)).text).toMatch(/name="password"/)

    await admin.tab.admin.opens('审计')
    await expect
      .poll(async () => (await admin.tab.admin.audit.rows()).filter(row => row.includes('读邮件')), {
        timeout: patience,
      })
      .toHaveLength(1)
    const rows = await admin.tab.admin.audit.rows()
    for (const action of ['接入应用', '修改登录规则', '开始轮换密钥', '给重设密码的链接'])
      expect(
        rows.some(row => row.includes('管理员') && row.includes(action)),
        action,
      ).toBe(true)
    expect(rows.join()).not.toContain('代表本人访问系统')
    await main.getByRole('button', { name: '也看代表本人的访问' }).click()
    await expect
      .poll(async () => (await admin.tab.admin.audit.rows()).join(), { timeout: patience })
      .toContain('代表本人访问系统')
  }, 40_000)

  it('revokes the key that signs after saying what that does: its tokens fail at once, and the page goes on with new ones', async () => {
    const { page } = admin.tab
    const main = page.getByRole('main')
    await admin.tab.goesTo('首页')
    await admin.tab.home.sentence()
    const token = await company.stranger.tokenOf(admin.tokenInUse())
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())
    const asks = async (): Promise<number> => {
      const answer = await fetch(`${company.stack.gateway}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ me { id } }' }),
      })
      return answer.status
    }
    expect(await asks()).toBe(200)
    await admin.tab.goesTo('管理')
    await admin.tab.admin.opens('签名密钥')
    const row = main.getByRole('row').filter({ hasText: kid })
    await row.getByRole('button', { name: '立即作废' }).click()
    const question = page.getByRole('alertdialog')
    for (const told of ['马上失效', '不用重新登录', '改由另一把密钥签名', '不能撤回'])
      await question.getByText(told).waitFor()
    await question.getByRole('button', { name: '立即作废' }).click()
    // Her own token was signed by that key.
    await row.getByText('已作废').waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    await expect.poll(asks, { timeout: patience }).toBe(401)
    const shown = admin.signInPages.length
    await admin.tab.goesTo('首页')
    await admin.tab.home.sentence()
    await expect.poll(async () => (await admin.tab.home.widgets()).length, { timeout: patience }).toBeGreaterThan(0)
    expect(admin.tokenInUse()).not.toBe(`token:${token}`)
    expect(admin.signInPages).toHaveLength(shown)
  }, 40_000)
})
