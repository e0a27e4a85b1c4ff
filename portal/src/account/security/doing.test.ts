import { beforeEach, describe, expect, it, vi } from 'vitest'
import { rememberDoing, takeDoing } from './doing.ts'

const kept = new Map<string, string>()
vi.stubGlobal('sessionStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
})
beforeEach(() => kept.clear())

describe('what was begun before the sign-in page', () => {
  it('is given back once', () => {
    rememberDoing({ what: 'remove', factor: 'f1', name: '工作手机' })
    expect(takeDoing()).toEqual({ what: 'remove', factor: 'f1', name: '工作手机' })
    expect(takeDoing()).toBeUndefined()
  })

  it('is forgotten after a quarter of an hour: nobody expects a dialog to open by itself then', () => {
    rememberDoing({ what: 'totp' }, 0)
    expect(takeDoing(15 * 60_000)).toBeUndefined()
  })

  it.each([
    'no JSON',
    'null',
    '{}',
    '{"doing":{"what":"sign-out"},"until":9e15}',
    '{"doing":{"what":"remove"},"until":9e15}',
    '{"doing":{"what":"remove","factor":1,"name":"x"},"until":9e15}',
    '{"doing":{"what":"totp"}}',
  ])('is nothing when something else lies there: %s', text => {
    kept.set('atrium.account.doing', text)
    expect(takeDoing()).toBeUndefined()
  })
})
