import type { Locator } from 'playwright-core'

/** What a person reads there, with plain spaces where the page has unbreakable ones. */
export async function visibleText(locator: Locator): Promise<string> {
  return (await locator.innerText()).replaceAll('\u00a0', ' ')
}
