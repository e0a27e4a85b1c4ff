import { type Kysely, sql } from 'kysely'
import { importedApplicationFaults } from '../applications/import-faults.ts'
import type { Schema } from '../database/schema.ts'
import type { ImportDocument } from './import-schema.ts'

/** One fault of an import: where it is and what is wrong, in both languages. */
export type ImportFault = { path: string; zh: string; en: string }

type Known = {
  departments: Set<string>
  people: Set<string>
  roles: Set<string>
  systems: Map<string, Set<string>>
}

/** Finds every reference that leads nowhere and every duplicate, counting what the database already holds. */
export async function findFaults(db: Kysely<Schema>, document: ImportDocument): Promise<ImportFault[]> {
  const known = await readKnown(db, document)
  return [
    ...duplicates(document),
    ...departmentFaults(document, known),
    ...peopleFaults(document, known),
    ...roleFaults(document, known),
    ...importedApplicationFaults(document),
  ]
}

async function readKnown(db: Kysely<Schema>, document: ImportDocument): Promise<Known> {
  const ids = async (table: 'department' | 'person' | 'business_role'): Promise<string[]> =>
    (await sql<{ id: string }>`select id from ${sql.table(table)}`.execute(db)).rows.map(row => row.id)
  const applications = await db.selectFrom('application').select(['id', 'native_roles']).execute()
  const given = (list: { id: string }[] | undefined): string[] => (list ?? []).map(one => one.id)
  return {
    departments: new Set([...(await ids('department')), ...given(document.departments)]),
    people: new Set([...(await ids('person')), ...given(document.people)]),
    roles: new Set([...(await ids('business_role')), ...given(document.businessRoles)]),
    systems: new Map([
      ...applications.map(one => [one.id, new Set(one.native_roles.map(role => role.id))] as const),
      ...(document.applications ?? []).map(one => [one.id, new Set(one.nativeRoles.map(role => role.id))] as const),
    ]),
  }
}

function duplicates(document: ImportDocument): ImportFault[] {
  const natives = (document.people ?? []).flatMap((person, index) =>
    Object.entries(person.native ?? {}).map(([system, nativeId]) => ({
      path: `people.${index}.native.${system}`,
      key: `${system} ${nativeId}`,
    })),
  )
  return [
    ...repeated(
      'departments',
      (document.departments ?? []).map((one, i) => ({ path: `departments.${i}.id`, key: one.id })),
    ),
    ...repeated(
      'people',
      (document.people ?? []).map((one, i) => ({ path: `people.${i}.id`, key: one.id })),
    ),
    ...repeated(
      'usernames',
      (document.people ?? []).map((one, i) => ({ path: `people.${i}.username`, key: one.username.toLowerCase() })),
    ),
    ...repeated(
      'roles',
      (document.businessRoles ?? []).map((one, i) => ({ path: `businessRoles.${i}.id`, key: one.id })),
    ),
    ...repeated(
      'applications',
      (document.applications ?? []).map((one, i) => ({ path: `applications.${i}.id`, key: one.id })),
    ),
    ...repeated(
      'mapping',
      (document.mapping ?? []).map((one, i) => ({ path: `mapping.${i}`, key: `${one.roleId} / ${one.system}` })),
    ),
    ...repeated('native ids', natives),
  ]
}

function repeated(what: string, list: { path: string; key: string }[]): ImportFault[] {
  const seen = new Set<string>()
  return list.flatMap(({ path, key }) => {
    if (!seen.has(key)) {
      seen.add(key)
      return []
    }
    return [{ path, zh: `“${key}”出现了两次`, en: `"${key}" occurs twice among the ${what}` }]
  })
}

function departmentFaults(document: ImportDocument, known: Known): ImportFault[] {
  return (document.departments ?? []).flatMap((one, i) =>
    one.parentId !== null && !known.departments.has(one.parentId)
      ? [nowhere(`departments.${i}.parentId`, 'department', one.parentId)]
      : [],
  )
}

function peopleFaults(document: ImportDocument, known: Known): ImportFault[] {
  return (document.people ?? []).flatMap((one, i) => [
    ...(known.departments.has(one.departmentId)
      ? []
      : [nowhere(`people.${i}.departmentId`, 'department', one.departmentId)]),
    ...(one.managerId === null || known.people.has(one.managerId)
      ? []
      : [nowhere(`people.${i}.managerId`, 'person', one.managerId)]),
    ...(one.managerId === one.id
      ? [{ path: `people.${i}.managerId`, zh: '不能是自己的上级', en: 'nobody is their own manager' }]
      : []),
    ...Object.keys(one.native ?? {}).flatMap(system =>
      known.systems.has(system) ? [] : [nowhere(`people.${i}.native.${system}`, 'system', system)],
    ),
  ])
}

function roleFaults(document: ImportDocument, known: Known): ImportFault[] {
  const role = (path: string, roleId: string): ImportFault[] =>
    known.roles.has(roleId) ? [] : [nowhere(path, 'role', roleId)]
  const right = (path: string, system: string, nativeRole: string): ImportFault[] => {
    const roles = known.systems.get(system)
    if (!roles) return [nowhere(`${path}.system`, 'system', system)]
    return roles.has(nativeRole) ? [] : [nowhere(`${path}.nativeRole`, 'native role', `${system}:${nativeRole}`)]
  }
  return [
    ...(document.assignments ?? []).flatMap((one, i) => [
      ...role(`assignments.${i}.roleId`, one.roleId),
      ...(known.people.has(one.personId) ? [] : [nowhere(`assignments.${i}.personId`, 'person', one.personId)]),
    ]),
    ...(document.rules ?? []).flatMap((one, i) => [
      ...role(`rules.${i}.roleId`, one.roleId),
      ...(!one.departmentId || known.departments.has(one.departmentId)
        ? []
        : [nowhere(`rules.${i}.departmentId`, 'department', one.departmentId)]),
    ]),
    ...(document.mapping ?? []).flatMap((one, i) => [
      ...role(`mapping.${i}.roleId`, one.roleId),
      ...one.nativeRoles.flatMap(nativeRole => right(`mapping.${i}`, one.system, nativeRole)),
    ]),
    ...(document.separationRules ?? []).flatMap((one, i) => [
      ...right(`separationRules.${i}.first`, one.first.system, one.first.nativeRole),
      ...right(`separationRules.${i}.second`, one.second.system, one.second.nativeRole),
    ]),
  ]
}

const inChinese = { department: '部门', person: '人员', role: '业务角色', system: '系统', 'native role': '系统角色' }

function nowhere(path: string, what: keyof typeof inChinese, id: string): ImportFault {
  return { path, zh: `没有${inChinese[what]}“${id}”`, en: `there is no ${what} "${id}"` }
}
