import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Ajv, type AnySchemaObject } from 'ajv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const compose = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url))
/** Debian's docker-compose ships the Compose specification's JSON schema. */
const schemaFile = '/usr/lib/python3/dist-packages/compose/config/compose_spec.json'

type Compose = {
  services: Record<
    string,
    { environment?: Record<string, string>; ports?: string[]; command?: string[]; volumes?: string[] }
  >
  [extension: `x-${string}`]: unknown
}

async function document(): Promise<Compose> {
  return parse(await readFile(compose, 'utf8'), { merge: true }) as Compose
}

test.skipIf(!existsSync(schemaFile))('docker-compose.yml follows the Compose specification', async () => {
  // Its `id`s are of an older draft and repeat what the `$ref`s say.
  const older = (key: string, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value
  const schema = JSON.parse(await readFile(schemaFile, 'utf8'), older) as AnySchemaObject
  const validate = new Ajv({
    strict: false,
    logger: false,
    formats: { expose: true, duration: true, ports: true, subnet_ip_address: true },
  }).compile(schema)
  const valid = validate(await document())
  expect(validate.errors ?? []).toEqual([])
  expect(valid).toBe(true)
})

test('only the proxy is reachable from outside, no secret is written down, and every program exists', async () => {
  const { services } = await document()
  expect(Object.entries(services).flatMap(([name, service]) => (service.ports ? [name] : []))).toEqual(['proxy'])
  for (const [name, service] of Object.entries(services)) {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (/PASSWORD|SECRET|KEY/.test(variable)) expect(value, `${name}.${variable}`).toMatch(/^\$\{/)
    }
    const script = service.command?.[1]
    if (script) expect(existsSync(new URL(`../../${script}`, import.meta.url)), script).toBe(true)
  }
})

test('.env.example names every variable that the file requires', async () => {
  const example = await readFile(new URL('../../.env.example', import.meta.url), 'utf8')
  const required = [...(await readFile(compose, 'utf8')).matchAll(/\$\{([A-Z_]+):\?/g)].map(match => match[1]!)
  expect(required.length).toBeGreaterThan(4)
  for (const name of required) expect(example).toMatch(new RegExp(`^${name}=`, 'm'))
})
