import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@atrium/platform/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningAtrium, startAtrium } from '../../start.ts'
import { SAMPLE_PASSWORD } from '../company/seed.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { freeRange } from '../e2e/stack.ts'
import { companyWithTryton } from './attach.ts'
import { signIn } from './rpc.ts'
import { partners, products, sales, seed } from './seed.ts'
import { startTrytond, type Trytond, trytonVersion } from './trytond.ts'

const version = await trytonVersion()
if (!version) console.warn('Tryton is not installed here (Debian: tryton-server), so its browser tests are skipped')

describe.skipIf(!version)('Tryton beside the sample company, in a browser', () => {
  let folder: string
  let tryton: Trytond
  let configuration: Awaited<ReturnType<typeof companyWithTryton>>
  let atrium: RunningAtrium
  let browser: Browser

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrium-tryton-portal-'))
    tryton = await startTrytond({ dir: join(folder, 'tryton'), port: await freePort(), version: version ?? '' })
    await seed(await signIn(tryton.url, 'admin', tryton.password))
    configuration = await companyWithTryton()
    atrium = await startAtrium({
      port: await freeRange(),
      data: join(folder, 'data'),
      env: {
        gateway: {
          CONFIG_DIR: configuration.dir,
          TRYTON_URL: tryton.url,
          TRYTON_USER: 'admin',
          TRYTON_PASSWORD: tryton.password,
        },
      },
    })
    browser = await launchBrowser()
  }, 300_000)

  afterAll(async () => {
    await browser?.close()
    await atrium?.stop()
    await tryton?.stop()
    await configuration?.remove()
    if (folder) await rm(folder, { recursive: true, force: true })
  }, 60_000)

  /** Signs in with a new browser profile and ends on the home page. */
  async function home(username: string): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1440, height: 900 } })
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', message => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(atrium.portal)
    await page.getByLabel('用户名').fill(username)
    await page.getByLabel('密码', { exact: true }).fill(SAMPLE_PASSWORD)
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByRole('region', { name: '待你处理' }).waitFor()
    return { page, complaints }
  }

  test('its partners, sales and stock stand on the home page, after the widgets of Atrium', async () => {
    const { page, complaints } = await home('li.na')
    const partner = page.getByRole('region', { name: '海外伙伴' })
    await partner
      .getByText(partners[0]?.name ?? '')
      .first()
      .waitFor()
    const text = (await partner.textContent()) ?? ''
    for (const { name, city } of partners) expect([text.includes(name), text.includes(city)]).toEqual([true, true])
    // The stamp of where it comes from.
    expect(text.toLowerCase()).toContain('tryton')

    const sale = page.getByRole('region', { name: '海外销售' })
    await sale.getByRole('listitem').first().waitFor()
    const rows = (await sale.getByRole('listitem').allInnerTexts()).join('\n')
    for (const { reference } of sales) expect(rows).toContain(reference)
    expect(rows).toContain('€5,780')

    const stock = page.getByRole('region', { name: '海外库存' })
    await stock
      .getByText(products[0]?.name ?? '')
      .first()
      .waitFor()
    expect(await stock.textContent()).toContain(String(products[2]?.stock))

    const names = await page.getByRole('region').getByRole('heading', { level: 2 }).allInnerTexts()
    expect(names.slice(-3).map(name => name.replace(/\s*\d+$/, ''))).toEqual(['海外伙伴', '海外销售', '海外库存'])
    expect(complaints).toEqual([])
  })

  test('who has no part in it does not see it, and who keeps a warehouse sees the stock', async () => {
    const keeper = await home('chen.jie')
    await keeper.page.getByRole('region', { name: '海外库存' }).waitFor()
    expect(await keeper.page.getByRole('region', { name: '海外销售' }).count()).toBe(0)
    const accountant = await home('wang.fang')
    await accountant.page.getByRole('region', { name: '待审的报销' }).waitFor()
    expect(await accountant.page.getByRole('region', { name: /海外/ }).count()).toBe(0)
  })

  test('with Tryton stopped its widgets say so in their own frames and the rest of the page stands', async () => {
    await tryton.stop()
    const { page } = await home('li.na')
    const partner = page.getByRole('region', { name: '海外伙伴' })
    await partner
      .getByText(/没有应答/)
      .first()
      .waitFor()
    expect(await partner.getByRole('listitem').count()).toBe(0)
    expect(await page.getByRole('region', { name: '要跟进的客户' }).getByRole('listitem').count()).toBeGreaterThan(0)
  })
})
