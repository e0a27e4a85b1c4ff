import { openDatabase } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { expect, test, vi } from 'vitest'
import { startChanges } from './changes.ts'

test('a write through one gateway makes the others forget what they kept of that system', async () => {
  const url = await testDatabase()
  const db = openDatabase<object>(url)
  const heard: Record<string, string[]> = { a: [], b: [], c: [] }
  const gateways = Object.entries(heard).map(([self, systems]) =>
    startChanges(db, { url, self, log: log('test'), forget: system => systems.push(system) }),
  )
  try {
    await vi.waitFor(() => {
      gateways[0]?.tell('crm')
      gateways[0]?.tell('erp')
      expect(heard.b).toEqual(expect.arrayContaining(['crm', 'erp']))
      expect(heard.c).toEqual(expect.arrayContaining(['crm', 'erp']))
    })
    expect(heard.a).toEqual([])
  } finally {
    await Promise.all(gateways.map(one => one.stop()))
    await db.destroy()
  }
})
