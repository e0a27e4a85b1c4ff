import { beforeAll, expect, it } from 'vitest'
import type { Company } from './company.ts'
import { type Employee, patience } from './vocabulary.ts'

/** An administrator changes how a field of the CRM is mapped: sees what it does, publishes it, and takes it back. */
export function systemsJourney(company: () => Company): void {
  let admin: Employee
  beforeAll(async () => {
    admin = await company().newEmployee()
    await admin.signsIn('admin')
  }, 60_000)

  const customer = async (): Promise<{ industry: string; region: string }> =>
    (await company().stranger.graph('li.na', '{ customers(first: 1) { nodes { industry region } } }')).data.customers
      .nodes[0]

  it('edits a mapping, checks and tries it, publishes it and rolls it back', async () => {
    const { page } = admin.tab
    const main = page.getByRole('main')
    const before = await customer()
    expect(before.industry).not.toBe(before.region)
    await admin.tab.goesTo('管理')
    await admin.tab.admin.opens('系统')
    await main.getByRole('button', { name: '客户关系管理' }).click()
    await main.getByRole('link', { name: '客户关系管理的映射与发布' }).click()
    await main.getByRole('heading', { level: 1, name: /提供 \d+ 个接口，读出 4 类数据/ }).waitFor()
    await main.getByRole('tab', { name: '映射文件' }).click()
    const editor = main.getByRole('textbox', { name: /映射文件/ })
    const running = await editor.inputValue()

    const check = main.getByRole('region', { name: '检查' })
    await editor.fill(running.replace('total: total\n', 'total: total\n    fields: { industri: region }\n'))
    await editor.press('Control+Enter')
    await check.getByText('没有这个字段').waitFor()
    await check.getByRole('button', { name: /^第 \d+ 行/ }).click()
    expect(await editor.evaluate(field => document.activeElement === field)).toBe(true)

    await editor.fill(running.replace('total: total\n', 'total: total\n    fields: { industry: region }\n'))
    await main.getByRole('button', { name: '检查', exact: true }).click()
    await check.getByText('crm.Customer.industry').waitFor()
    await main.getByRole('region', { name: '与正在运行的差别' }).getByText('fields: { industry: region }').waitFor()

    await main.getByRole('button', { name: '试读', exact: true }).click()
    const tried = main.getByRole('region', { name: '读到的记录' })
    await tried.waitFor()
    const columns = await tried.getByRole('columnheader').allInnerTexts()
    const [first] = await tried
      .getByRole('row')
      .nth(1)
      .getByRole('cell')
      .allInnerTexts()
      .then(cells => [cells])
    const cell = (field: string): string | undefined => first?.[columns.findIndex(name => name.includes(field))]
    expect(cell('industry')).toBe(cell('region'))
    expect(await customer()).toEqual(before)

    await main.getByRole('button', { name: '发布…' }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByText('现有查询都不受影响').waitFor()
    await dialog.getByRole('textbox', { name: '说明' }).fill('行业改读地区')
    await dialog.getByRole('button', { name: '发布', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await expect.poll(async () => (await customer()).industry, { timeout: patience }).toBe(before.region)

    await main.getByRole('tab', { name: '历史' }).click()
    const history = main.getByRole('region', { name: '发布记录' })
    await history.getByText('行业改读地区').waitFor()
    await history.getByText('管理员').first().waitFor()
    await history.getByRole('button', { name: '恢复成 systems.yaml 里的样子' }).click()
    await dialog.getByText('crm.Customer.industry').waitFor()
    await dialog.getByRole('button', { name: '恢复', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await expect.poll(customer, { timeout: patience }).toEqual(before)
  }, 60_000)
}
