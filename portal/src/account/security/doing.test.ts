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
    rememberDoing({ what: 'remove', factor: 'f1', name: '工作手机' }, 'e0007')
    expect(takeDoing('e0007')).toEqual({ what: 'remove', factor: 'f1', name: '工作手机' })
    expect(takeDoing('e0007')).toBeUndefined()
  })

  it('is not for somebody else who came back from there', () => {
    rememberDoing({ what: 'totp' }, 'e0007')
    expect(takeDoing('e0008')).toBeUndefined()
    expect(takeDoing('e0007')).toBeUndefined()
  })

  it('is forgotten after a quarter of an hour: nobody expects a dialog to open by itself then', () => {
    rememberDoing({ what: 'totp' }, 'e0007', 0)
    expect(takeDoing('e0007', 15 * 60_000)).toBeUndefined()
  })

  it.each([
    'no JSON',
    'null',
    '{}',
    '{"doing":{"what":"sign-out"},"personId":"e0007","until":9e15}',
    '{"doing":{"what":"remove"},"personId":"e0007","until":9e15}',
    '{"doing":{"what":"remove","factor":1,"name":"x"},"personId":"e0007","until":9e15}',
    '{"doing":{"what":"totp"},"personId":"e0007"}',
    '{"doing":"totp","personId":"e0007","until":9e15}',
  ])('is nothing when something else lies there: %s', text => {
    kept.set('atrium.account.doing', text)
    expect(takeDoing('e0007')).toBeUndefined()
  })
})
