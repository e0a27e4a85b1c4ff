import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { compileOperation, type StoredOperations } from '../../gateway/src/schema/stored-operations.ts'
import { checkWidgets } from '../../gateway/src/widgets/check.ts'
import { companyFolder } from '../../gateway/src/widgets/company-folder.fixture.ts'
import { readWidgets } from '../../gateway/src/widgets/definition.ts'
import { readCompanyWidgets } from '../../portal/src/home/company-manifests.ts'
import { builtinWidgets } from '../../widgets/src/builtin/index.ts'
import { manifestSchema } from '../../widgets/src/sdk/manifest.ts'
import { publicSchema } from '../operations/public-schema.ts'

/*
 * The gateway reads widgets.yaml by rules of its own, the portal reads manifests by those of the widgets' SDK, and neither
 * imports the other. What holds them together is that every widget of Atrium, written as a company would write it, passes both.
 */

/** Texts as configuration files have them. */
function asConfigured(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asConfigured)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key === 'zh-CN' ? 'zh' : key, asConfigured(one)]),
  )
}

const shown = ['primary', 'secondary', 'figure', 'note', 'caption', 'label', 'value', 'cell']

/** Lines of one cell may be written without their brackets. */
function withoutBrackets(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const [only] = value
    return value.length === 1 && shown.includes(key) ? withoutBrackets(only) : value.map(one => withoutBrackets(one))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutBrackets(one, name)]))
}

const schema = await publicSchema()
const folder = fileURLToPath(new URL('../../gateway/operations/', import.meta.url))
const operations: StoredOperations = new Map(
  readdirSync(folder)
    .filter(name => name.endsWith('.graphql'))
    .map(name => compileOperation(name.replace('.graphql', ''), readFileSync(`${folder}${name}`, 'utf8'), schema))
    .map(one => [one.id, one]),
)

test.each(builtinWidgets.map(manifest => [manifest.id, manifest] as const))(
  'the widget %s could be a company’s: the gateway takes it, finds all it names, and the portal reads what is sent',
  async (id, manifest) => {
    const { id: _, publisher, audience, ...rest } = manifest
    const rights = Object.fromEntries(audience.map(({ system, roles }) => [system, roles]))
    const file = { publisher, widgets: { [id]: { ...(asConfigured(rest) as object), access: { rights } } } }
    const company = await companyFolder({ 'widgets.yaml': stringify(file, { aliasDuplicateObjects: false }) })
    onTestFinished(company.remove)
    const widgets = await readWidgets(company.dir)
    checkWidgets(widgets, { operations, schema, systems: ['crm', 'oa', 'erp'] }, 'widgets.yaml')

    const sent = widgets.map(({ access: _, ...one }) => ({ ...one, audience: [] }))
    const [read] = readCompanyWidgets(JSON.parse(JSON.stringify(sent)))
    expect(read?.id).toBe(`company-${id}`)
    expect(withoutBrackets(read?.manifest)).toEqual(
      withoutBrackets({ ...manifestSchema.parse(manifest), id: `company-${id}`, audience: [] }),
    )
  },
)

test('what is no manifest takes its place as a broken widget and leaves the others alone', () => {
  const [right] = builtinWidgets
  const [first, second] = readCompanyWidgets([{ id: 'x', content: { kind: 'html' } }, right])
  expect(first).toEqual({ id: 'company-0', manifest: undefined })
  expect(second?.manifest?.title).toEqual(right?.title)
})
