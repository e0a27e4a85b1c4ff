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
    [
      'erp.Customer: erp has no operation read:Nothing; its entity sets are Orders, Products',
      'erp.Customer：erp 没有接口 read:Nothing；它有 Orders, Products',
    ],
    [
      '/opt/atrium/operations/Kpis.graphql:14:3: Cannot query field "limit" on type "Kpi". Did you mean "unit"?',
      '存储的操作 Kpis 用到 Kpi.limit，发布后就没有了',
    ],
  ])('%s', (message, words) => {
    expect(faultWords(message)).toBe(words)
  })

  // As the package `yaml` says them.
  it.each([
    'Flow map in block collection must be sufficiently indented and end with a }',
    'Missing closing "quote',
    'Tabs are not allowed as indentation',
    'Nested mappings are not allowed in compact mappings',
    'Implicit keys need to be on a single line',
    'Unexpected map-value-ind token in YAML stream: ":"',
  ])('are told for YAML that cannot be read: %s', message => {
    expect(faultWords(message)).toMatch(/[\u4e00-\u9fff]/)
  })

  it('are left as they are when nobody knows them', () => {
    expect(faultWords('something that no table holds')).toBeUndefined()
  })
})
