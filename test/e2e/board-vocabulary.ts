import type { Locator, Page } from 'playwright-core'
import { visibleText } from './visible-text.ts'

/** A board as the person at this tab reads it. */
export type BoardPage = {
  /** The tile of a figure, by its name. */
  tile(name: string): Locator
  /** The figure's number as it stands there. */
  figure(name: string): Promise<number>
  /** Opens the rows behind a figure: how many there are, and the table's text. */
  rowsBehind(name: string): Promise<{ total: number; table: string }>
  /** Asks for all figures anew, by the button. */
  refreshes(): Promise<void>
  /** What is said about systems that do not answer. */
  notice(): Locator
}

export function boardIn(page: Page): BoardPage {
  const opener = (name: string) => `${name}：打开背后的明细`
  const tile = (name: string): Locator =>
    page
      .getByRole('main')
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { level: 3, name: new RegExp(`^${name}(：打开背后的明细)?$`) }) })
  return {
    tile,
    figure: async name => {
      const lines = (await visibleText(tile(name))).split('\n').map(line => line.trim())
      const number = lines.find(line => /^-?[\d,.]+/.test(line))
      return Number(/^-?[\d,.]+/.exec(number ?? '')?.[0].replaceAll(',', ''))
    },
    rowsBehind: async name => {
      await tile(name)
        .getByRole('button', { name: opener(name) })
        .click()
      const drawer = page.getByRole('dialog', { name: `${name}：明细` })
      await drawer.getByRole('row').nth(1).waitFor()
      const count = await visibleText(drawer.getByText(/^共 [\d,]+\s行$/))
      const table = await visibleText(drawer.getByRole('table'))
      await drawer.getByRole('button', { name: '关闭' }).click()
      return { total: Number(count.replace(/\D/g, '')), table }
    },
    refreshes: async () => {
      await page.getByRole('button', { name: '重新取数' }).first().click()
    },
    notice: () => page.getByRole('main').getByText(/没有应答。/),
  }
}
