import { describe, expect, it } from 'vitest'
import { faultWords } from './fault-words.ts'

describe('faults in Chinese', () => {
  it.each([
    ['the secret apiKey is not set', '密钥 apiKey 还没有设置'],
    ['Unrecognized key: "fild"', '不认识的键："fild"'],
    ['Invalid input: expected string, received undefined', '缺这一项，类型是 string'],
    ['crm maps Customerr, which the dictionary does not have', 'crm 映射了 Customerr，字典里没有这个类型'],
    ['crm.Customer: scope names the filter owner, which is not there', 'crm.Customer：scope 用到的筛选 owner 不存在'],
    [
      'the environment variable HOME may not be read here; keep it as a secret and write `secret:NAME`',
      '这里不能读环境变量 HOME；存成密钥，写作 `secret:NAME`',
    ],
  ])('%s', (message, words) => {
    expect(faultWords(message)).toBe(words)
  })

  it('are left as they are when nobody knows them', () => {
    expect(faultWords('something that no table holds')).toBeUndefined()
  })
})
