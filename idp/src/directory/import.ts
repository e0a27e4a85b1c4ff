import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import { importRoles, publishFirstMapping } from '../roles/import.ts'
import { importApplications } from './import-applications.ts'
import { findFaults } from './import-check.ts'
import { importDepartments, importPeople } from './import-people.ts'
import type { ImportDocument } from './import-schema.ts'
import type { Actor } from './tables.ts'
import { changeDirectory, settle } from './transaction.ts'

/** How many of each kind the document held, how many people changed by it, and the mapping version it published, if it did. */
export type ImportResult = {
  departments: number
  people: number
  businessRoles: number
  assignments: number
  rules: number
  applications: number
  separationRules: number
  changedPeople: number
  publishedVersion: number | null
}

/**
 * Takes over a company's directory, in one transaction: all of it or nothing. A repeat of the same document changes
 * nothing; what a document does not name stays as it is.
 * @throws Problem 422 `import_faults` listing every fault with its place
 */
export async function importCompany(
  deps: Deps,
  document: ImportDocument,
  actor: Actor,
  ip?: string,
): Promise<ImportResult> {
  await refuseFaults(deps.db, document)
  const hashes = await hashNewPasswords(deps, document)
  return await changeDirectory(deps.db, async trx => {
    // Another import may have come between the first check and the lock.
    await refuseFaults(trx, document)
    await importApplications(trx, document.applications ?? [], deps.config.ENCRYPTION_KEY)
    await importDepartments(trx, document.departments ?? [])
    const left = await importPeople(trx, document.people ?? [], hashes)
    await importRoles(trx, document, actor)
    const publishedVersion = await publishFirstMapping(trx, document.mapping ?? [], actor)
    const changed = await settle(trx, null, publishedVersion ?? undefined)
    for (const personId of left) {
      const sessionsEnded = await deps.sessions.endSessions(trx, { personId, reason: 'deactivated', actor })
      await audit(trx, {
        actor,
        action: 'person.deactivated',
        target: { type: 'person', id: personId },
        outcome: 'success',
        detail: { sessionsEnded },
      })
    }
    const result = {
      departments: document.departments?.length ?? 0,
      people: document.people?.length ?? 0,
      businessRoles: document.businessRoles?.length ?? 0,
      assignments: document.assignments?.length ?? 0,
      rules: document.rules?.length ?? 0,
      applications: document.applications?.length ?? 0,
      separationRules: document.separationRules?.length ?? 0,
      changedPeople: changed.length,
      publishedVersion,
    }
    await audit(trx, {
      actor,
      action: 'directory.imported',
      target: { type: 'directory', id: 'company' },
      outcome: 'success',
      detail: result,
      ...(ip ? { ip } : {}),
    })
    return result
  })
}

async function refuseFaults(db: Kysely<Schema>, document: ImportDocument): Promise<void> {
  const faults = await findFaults(db, document)
  if (faults.length === 0) return
  const brief = (language: 'zh' | 'en'): string =>
    faults
      .slice(0, 3)
      .map(fault => `${fault.path}: ${fault[language]}`)
      .join('; ')
  throw new Problem(
    422,
    'import_faults',
    {
      zh: `导入内容有 ${faults.length} 处错误，未写入任何数据：${brief('zh')}`,
      en: `The document has ${faults.length} fault${faults.length === 1 ? '' : 's'} and nothing was imported: ${brief('en')}`,
    },
    { errors: faults.slice(0, 100) },
  )
}

/** Hashing takes time, so it happens before the lock is taken, and only for people who have no password yet. */
async function hashNewPasswords({ db, hashPassword }: Deps, document: ImportDocument): Promise<Map<string, string>> {
  const given = (document.people ?? []).filter(person => person.password !== undefined)
  const known = await db.selectFrom('person').select('id').where('password_hash', 'is not', null).execute()
  const have = new Set(known.map(row => row.id))
  const hashes = new Map<string, string>()
  const queue = given.filter(person => !have.has(person.id))
  // Four at a time: sign-ins share the same limited queue and must not wait behind an import.
  const worker = async (): Promise<void> => {
    for (let person = queue.pop(); person; person = queue.pop())
      hashes.set(person.id, await hashPassword(person.password!))
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return hashes
}
