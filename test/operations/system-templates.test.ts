import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { checkEntry } from '../../gateway/src/publishing/entry.ts'
import { YamlReader } from '../../gateway/src/publishing/yaml/read-yaml.ts'
import { secretsNamed } from '../../portal/src/admin/systems/attach/secrets.ts'
import { templates } from '../../portal/src/admin/systems/attach/templates.ts'

const configDir = fileURLToPath(new URL('../company/gateway', import.meta.url))
const reader = new YamlReader()
afterAll(() => reader.close())

const checked = async (yaml: string) =>
  await checkEntry('new-one', await reader.read(yaml), {
    configDir,
    variables: new Map(),
    secrets: new Map(secretsNamed(yaml).map(name => [name, 'kept'])),
  })

describe('the texts from which the portal attaches a system', () => {
  it.each(templates.map(template => ({ template, id: template.id })))(
    'the gateway takes the one of $id',
    async ({ template }) => {
      const yaml = template.yaml({ nameZh: '新系统', nameEn: 'New one', url: template.example }, key => key)
      const { faults, definition } = await checked(yaml.replaceAll(/^( {2}\w+): ""$/gm, '$1: "told"'))
      expect(faults).toEqual([])
      expect(definition?.name).toEqual({ zh: '新系统', en: 'New one' })
    },
  )

  it.each(templates.filter(one => one.kind === 'protocol').map(template => ({ template, id: template.id })))(
    'and its example of a mapping, once it is no comment any more ($id)',
    async ({ template }) => {
      const yaml = template.yaml({ nameZh: '新系统', nameEn: 'New one', url: template.example }, key => key)
      const mapped = yaml.replace('entities: {}\n', '').replace(/^# (?=entities:$| {2})/gm, '')
      const { faults, definition } = await checked(mapped)
      expect(faults).toEqual([])
      expect(Object.keys(definition?.entities ?? {})).toEqual(['Product'])
    },
  )
})
