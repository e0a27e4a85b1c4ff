import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { describeConfig } from '@atrium/platform/config'
import { expect, test } from 'vitest'
import { configSchema as gatewayConfig } from '../../gateway/src/config.ts'
import { configSchema as idpConfig } from '../../idp/src/config.ts'
import { configSchema as portalConfig } from '../../portal/server/config.ts'
import { startConfig } from '../../start.ts'

const root = new URL('../../', import.meta.url)
const files = ['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md']
const schemas = { 'npm start': startConfig, idp: idpConfig, gateway: gatewayConfig, portal: portalConfig }

function configurationTable(): string {
  const rows = Object.entries(schemas).flatMap(([service, schema]) =>
    describeConfig(schema).map(
      row =>
        `| ${service} | \`${row.name}\` | ${row.required ? 'required' : row.default === '' ? '–' : `\`${row.default}\``} | ${row.description} |`,
    ),
  )
  return ['| service | variable | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

const marked = /(<!-- configuration: [^\n]*-->\n)[\s\S]*?(<!-- \/configuration -->)/

test.each(['README.md', 'README.zh-CN.md'])('the table of variables in %s is the one the schemas tell', async name => {
  const file = new URL(name, root)
  const text = await readFile(file, 'utf8')
  expect(text).toMatch(marked)
  const made = text.replace(marked, (_, begin: string, end: string) => `${begin}\n${configurationTable()}\n\n${end}`)
  if (process.env.UPDATE_DOCUMENTS) await writeFile(file, made)
  else expect(text).toBe(made)
})

test.each(files)('every file that %s names is there', async name => {
  const text = await readFile(new URL(name, root), 'utf8')
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(match => match[1]!)
  expect(links.filter(link => !existsSync(new URL(link, root)))).toEqual([])
})
