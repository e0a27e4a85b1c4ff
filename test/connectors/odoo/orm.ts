import { DatabaseSync } from 'node:sqlite'
import { compileDomain } from './domain.ts'
import { type Field, models, OdooError } from './models.ts'

export type Row = Record<string, unknown>
type Stored = string | number | null

export interface User {
  id: number
  login: string
  key: string
  /** models they may read; undefined = all */
  reads?: string[]
  companies: number[]
}

/** Models as tables of SQLite, read as Odoo's ORM reads them. */
export class Orm {
  #db = new DatabaseSync(':memory:')
  #users = new Map<number, User>()
  /** fields that an upgrade took away, as model.name; only fields_get knows of it */
  dropped = new Set<string>()

  constructor() {
    for (const [model, fields] of Object.entries(models)) {
      const columns = Object.keys(fields).map(name => (name === 'id' ? 'id integer primary key' : `"${name}"`))
      this.#db.exec(`create table "${model}" (${columns.join(', ')})`)
    }
  }

  close(): void {
    this.#db.close()
  }

  addUser(user: User): void {
    this.#users.set(user.id, user)
  }

  /** The same login under another number, as after a restore of the database. */
  renumber(from: number, to: number): void {
    const user = this.#users.get(from)
    this.#users.delete(from)
    if (user) this.#users.set(to, { ...user, id: to })
  }

  /** The number of a user, or false. */
  authenticate(login: string, key: string): number | false {
    for (const user of this.#users.values()) if (user.login === login && user.key === key) return user.id
    return false
  }

  userOf(uid: unknown, key: unknown): User | undefined {
    const user = this.#users.get(uid as number)
    return user && user.key === key ? user : undefined
  }

  insert(model: string, values: Record<string, Stored | boolean>): number {
    const fields = models[model] ?? {}
    const full = { active: true, create_date: '2026-01-05 08:00:00', write_date: '2026-01-05 08:00:00', ...values }
    const names = Object.keys(full).filter(name => fields[name])
    const bound = names.map(name => {
      const value = full[name as keyof typeof full] as Stored | boolean
      return typeof value === 'boolean' ? Number(value) : value
    })
    const sql = `insert into "${model}" (${names.map(name => `"${name}"`)}) values (${names.map(() => '?')})`
    return Number(this.#db.prepare(sql).run(...bound).lastInsertRowid)
  }

  execute(user: User, model: string, method: string, args: unknown[], kw: Row): unknown {
    if (user.reads && !user.reads.includes(model))
      throw new OdooError(
        'odoo.exceptions.AccessError',
        `You are not allowed to access '${model}' records. (Document model: ${model}, Operation: read)`,
      )
    const [first, second] = args
    switch (method) {
      case 'search_count':
        return this.#search(user, model, first ?? kw.domain ?? [], kw, 'count(*) as n')[0]?.n
      case 'search_read': {
        const fields = (second ?? kw.fields) as string[] | undefined
        return this.#search(user, model, first ?? kw.domain ?? [], kw, '*').map(row => this.#read(model, row, fields))
      }
      case 'read':
        return this.#search(user, model, [['id', 'in', first]], { context: kw.context }, '*').map(row =>
          this.#read(model, row, (second ?? kw.fields) as string[] | undefined),
        )
      case 'fields_get':
        return Object.fromEntries(
          Object.entries(models[model] ?? {})
            .filter(([name]) => !this.dropped.has(`${model}.${name}`))
            .map(([name, { kind }]) => [name, { type: kind }]),
        )
      default:
        throw new OdooError('builtins.AttributeError', `The method '${model}.${method}' does not exist`)
    }
  }

  #search(user: User, model: string, domain: unknown, kw: Row, columns: string): Record<string, Stored>[] {
    const fields = models[model] ?? {}
    const context = (kw.context ?? {}) as { allowed_company_ids?: number[]; active_test?: boolean }
    const { sql, binds } = compileDomain(model, domain)
    const where = [sql]
    if (fields.active && context.active_test !== false && !JSON.stringify(domain).includes('"active"'))
      where.push('active = 1')
    if (fields.company_id) {
      const asked = context.allowed_company_ids ?? []
      const foreign = asked.find(id => !user.companies.includes(id))
      if (foreign !== undefined)
        throw new OdooError('odoo.exceptions.AccessError', 'Access to unauthorized or invalid companies.')
      const companies = asked.length > 0 ? asked : user.companies
      where.push(`(company_id is null or company_id in (${companies.join(',')}))`)
    }
    const counting = columns !== '*'
    const order = counting ? '' : ` order by ${orderBy(fields, String(kw.order ?? 'id'))}`
    const limit = counting ? '' : ` limit ${Number(kw.limit || -1)} offset ${Number(kw.offset || 0)}`
    const text = `select ${columns} from "${model}" where ${where.join(' and ')}${order}${limit}`
    return this.#db.prepare(text).all(...binds) as Record<string, Stored>[]
  }

  #read(model: string, row: Record<string, Stored>, wanted: string[] | undefined): Row {
    const fields = models[model] ?? {}
    const names = wanted && wanted.length > 0 ? ['id', ...wanted] : Object.keys(fields)
    return Object.fromEntries(
      names.map(name => {
        const field = fields[name]
        if (!field) throw new OdooError('builtins.ValueError', `Invalid field '${name}' on model '${model}'`)
        return [name, this.#value(field, row[name] ?? null)]
      }),
    )
  }

  #value(field: Field, value: Stored): unknown {
    if (field.kind === 'boolean') return value === 1
    if (field.kind === 'integer' || field.kind === 'float') return value ?? 0
    if (value === null || value === '') return false
    if (field.kind !== 'many2one') return value
    const target = this.#db.prepare(`select name from "${field.to}" where id = ?`).get(value) as
      | { name?: string }
      | undefined
    return [value, target?.name ?? '']
  }
}

function orderBy(fields: Record<string, Field>, order: string): string {
  return order
    .split(',')
    .map(part => {
      const [name = '', direction = 'asc'] = part.trim().split(/\s+/)
      if (!fields[name] || !/^(asc|desc)$/i.test(direction))
        throw new OdooError('odoo.exceptions.UserError', `Invalid "order" specified (${order}).`)
      return `"${name}" ${direction}`
    })
    .join(', ')
}
