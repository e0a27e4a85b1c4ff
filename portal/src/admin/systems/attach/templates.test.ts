import { describe, expect, it } from 'vitest'
import { formFaults, templates } from './templates.ts'

describe('attaching a system', () => {
  it('starts from a text in which no answer can break the YAML, and no secret stands', () => {
    for (const template of templates) {
      const yaml = template.yaml({ nameZh: '仓库"A"', nameEn: 'a: b # c', url: template.example }, key => key)
      expect(yaml).toContain('name: { zh: "仓库\\"A\\"", en: "a: b # c" }\n')
      expect(yaml).toContain(template.example)
      expect(yaml.endsWith('\n')).toBe(true)
      expect(yaml).not.toMatch(/(?:password|[kK]ey|Secret|value): "?[^"$\n]*[^"$\s{][^"$\n]*"?$/m)
    }
  })

  it('asks for an id that is free and an address that is whole', () => {
    const good = { id: 'wms', nameZh: '仓库', nameEn: 'Warehouse', url: 'https://wms.example.com' }
    expect(formFaults(good, ['crm'])).toEqual({})
    expect(formFaults({ ...good, id: 'crm' }, ['crm'])).toEqual({ id: 'id.taken' })
    expect(formFaults({ ...good, id: 'WMS 1' }, [])).toEqual({ id: 'id' })
    expect(formFaults({ ...good, id: 'revisions' }, [])).toEqual({ id: 'id' })
    expect(formFaults({ ...good, url: 'wms.example.com' }, [])).toEqual({ url: 'url' })
    expect(formFaults({ ...good, url: 'postgresql://db:5432/x', nameZh: ' ' }, [])).toEqual({ nameZh: 'name' })
  })
})
