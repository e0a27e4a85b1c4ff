import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SAMPLE_PASSWORD } from '../company/seed.ts'
import { type AccountPages, accountPagesIn } from './account-vocabulary.ts'
import { authenticatorCode } from './authenticator.ts'
import { type Company, openCompany } from './company.ts'
import { type Employee, patience } from './vocabulary.ts'

const nextPassword = 'Seven lanterns over the river'

describe('a person looks after their own account', () => {
  let company: Company
  let zhang: Employee
  let elsewhere: Employee
  let account: AccountPages
  let secret: string
  let codes: string[]

  beforeAll(async () => {
    company = await openCompany()
    elsewhere = await company.newEmployee()
    await elsewhere.signsIn('zhang.wei')
    zhang = await company.newEmployee()
    await zhang.signsIn('zhang.wei')
    account = accountPagesIn(zhang.tab.page)
  }, 180_000)
  afterAll(() => company?.close(), 60_000)
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(`Pictures of the browser: ${await company.photograph(task.name)}`)
  })

  it('adds an authenticator by the user menu, sees ten recovery codes once, and cannot leave them unread', async () => {
    await account.opens()
    await account.says(/登录现在只凭密码/)
    await account.goesTo('密码与第二步验证')
    const added = await account.addsTotp(async typed => {
      const enrol = account.dialog('添加验证器')
      await enrol.getByLabel('应用上显示的 6 位验证码').fill('12 34')
      await enrol.getByRole('button', { name: '确认添加' }).click()
      await enrol.getByText('填应用上显示的 6 位数字').waitFor()
      return authenticatorCode(typed)
    })
    secret = added.secret
    codes = added.codes
    expect(new Set(codes).size).toBe(10)
    await account.says(/登录要密码，再加验证码/)
    await account.section('恢复码').getByText('10 个').waitFor()
  }, 30_000)

  it('is asked for the second factor before changing more, and goes on afterwards with what was begun', async () => {
    const { page } = zhang.tab
    await account.section('恢复码').getByRole('button', { name: '换一套恢复码' }).click()
    const proof = account.dialog('先确认是你本人')
    await proof.getByText('继续：换一套恢复码').waitFor()
    await proof.getByRole('button', { name: '去登录页确认' }).click()
    await page.getByRole('link', { name: '恢复码' }).waitFor()
    await page.goBack()
    await page.getByText('没有确认，什么都没有改').waitFor()

    await account.section('恢复码').getByRole('button', { name: '换一套恢复码' }).click()
    await proof.getByRole('button', { name: '去登录页确认' }).click()
    await page.getByRole('link', { name: '恢复码' }).click()
    await page.getByLabel('恢复码').fill(codes[0]!)
    await page.getByRole('button', { name: '继续' }).click()

    await page.waitForURL(url => url.pathname === '/account/security')
    const question = page.getByRole('alertdialog', { name: '换一套恢复码？' })
    await question.getByText('旧的 9 个立即作废').waitFor()
    await question.getByRole('button', { name: '换一套恢复码' }).click()
    await account.dialog('收好你的恢复码').waitFor()
    await page.keyboard.press('Escape')
    const fresh = await account.keepsCodes()
    expect(fresh.filter(code => codes.includes(code))).toEqual([])
    expect(fresh).toHaveLength(10)
  }, 40_000)

  it('adds a passkey, renames it and removes it', async () => {
    const { page } = zhang.tab
    const devices = await page.context().newCDPSession(page)
    await devices.send('WebAuthn.enable')
    await devices.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    })
    await page.getByRole('main').getByRole('button', { name: '添加通行密钥' }).click()
    const enrol = account.dialog('添加通行密钥')
    await enrol.getByLabel('名称').fill('办公室电脑')
    await enrol.getByRole('button', { name: '在浏览器里继续' }).click()
    const factors = account.section('第二步验证')
    await factors.getByText('办公室电脑').waitFor()

    await factors.getByRole('button', { name: '“办公室电脑”的操作' }).click()
    await page.getByRole('menuitem', { name: '改名' }).click()
    await account.dialog('给“办公室电脑”改名').getByLabel('名称').fill('旧电脑')
    await account.dialog('给“办公室电脑”改名').getByRole('button', { name: '保存' }).click()
    await factors.getByText('旧电脑').waitFor()

    await factors.getByRole('button', { name: '“旧电脑”的操作' }).click()
    await page.getByRole('menuitem', { name: '移除' }).click()
    const question = page.getByRole('alertdialog', { name: '移除“旧电脑”？' })
    await question.getByText('之后登录不能再用它').waitFor()
    await question.getByRole('button', { name: '移除' }).click()
    await factors.getByText('旧电脑').waitFor({ state: 'detached' })
    await factors.getByText('手机验证器').waitFor()
    // It would go on answering for a person who is offered passkeys at the sign-in page.
    await devices.send('WebAuthn.disable')
  }, 40_000)

  it('signs out, and in again with the password and a code; a wrong password before is refused', async () => {
    const { page } = zhang.tab
    await zhang.tab.signsOut()
    // The portal leads to the sign-in by itself; another address is opened when that has come to an end.
    await page.getByLabel('用户名').waitFor()
    await page.goto(`${company.stack.portal}/account/sessions`)
    const tries = async (password: string): Promise<void> => {
      await page.getByLabel('用户名').fill('zhang.wei')
      await page.getByLabel('密码', { exact: true }).fill(password)
      await page.getByRole('button', { name: '登录', exact: true }).click()
    }
    await tries('Not-the-password')
    await page.getByText('用户名或密码不对').waitFor()
    await tries(SAMPLE_PASSWORD)
    // The code of this half minute may have been used when the authenticator was added.
    await page.getByLabel('验证器应用里的 6 位数字').fill(authenticatorCode(secret, 1))
    await page.getByRole('button', { name: '继续' }).click()
    await account.says(/^你在 2 处登录着/)
  }, 40_000)

  it('ends the other session, and that browser is signed out', async () => {
    const sessions = account.section('在用的会话')
    await sessions.getByText('凭密码、验证码').waitFor()
    await sessions.getByRole('button', { name: /^结束 .*会话$/ }).click()
    const question = zhang.tab.page.getByRole('alertdialog', { name: /上的会话？$/ })
    await question.getByRole('button', { name: '结束' }).click()
    await account.says(/^只有这一处登录着/)
    const { page } = elsewhere.tab
    await page.getByRole('heading', { name: '你已退出登录' }).or(page.getByLabel('用户名')).waitFor()
  }, 40_000)

  it('changes the password, told at once of everything that is wrong with a new one', async () => {
    const { page } = zhang.tab
    await account.goesTo('密码与第二步验证')
    await account.section('密码').getByRole('button', { name: '修改密码' }).click()
    const dialog = account.dialog('修改密码')
    const change = async (current: string, password: string): Promise<void> => {
      await dialog.getByLabel('现在的密码').fill(current)
      await dialog.getByLabel('新密码').fill(password)
      await dialog.getByRole('button', { name: '修改密码' }).click()
    }
    await change(SAMPLE_PASSWORD, 'zhang')
    await expect.poll(() => dialog.getByRole('alert').getByRole('listitem').count(), { timeout: patience }).toBe(3)
    await change('Not-the-password', nextPassword)
    await dialog.getByText('现在的密码不对').waitFor()
    await change(SAMPLE_PASSWORD, nextPassword)
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText('密码已改，其他会话都已结束').waitFor()
  }, 40_000)

  it('finds all of it in the sign-in history, refusals with their reason', async () => {
    await account.goesTo('登录历史')
    const rows = await account.history()
    expect(rows[0]).toMatch(/已登录 密码、验证码 .*Chrome/)
    expect(rows[1]).toMatch(/被拒绝\s+密码不对/)
    expect(rows.filter(row => /已登录/.test(row)).length).toBeGreaterThanOrEqual(3)
  }, 30_000)

  it('reads everything in English as soon as English is chosen', async () => {
    const { page } = zhang.tab
    await account.goesTo('概览')
    await page.getByRole('radio', { name: 'English' }).check()
    await page
      .getByRole('heading', { level: 1, name: /^Zhang Wei, you sign in with your password and a code\.$/ })
      .waitFor()
    await page.getByRole('radio', { name: '中文' }).check()
    await account.says(/^张伟，登录要密码，再加验证码。$/)
  }, 30_000)

  it('signs in with the new password from now on', async () => {
    const { page } = zhang.tab
    await zhang.tab.signsOut()
    await page.getByLabel('用户名').fill('zhang.wei')
    await page.getByLabel('密码', { exact: true }).fill(nextPassword)
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByLabel('验证器应用里的 6 位数字').waitFor()
  }, 30_000)
})
