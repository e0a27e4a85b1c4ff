import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import { liveCells } from '../roles/mapping.ts'

/** Something that depends on an application. */
export type Use = { kind: 'roles' | 'draft' | 'history' | 'accounts' | 'provisioning' | 'separation'; detail: Text }

type Counts = {
  roles: string[]
  draft: string[]
  versions: number
  accounts: number
  provisioned: boolean
  separation: string[]
}

/** What depends on an application, so that it cannot be taken away. */
export async function usesOf(db: Kysely<Schema>, id: string): Promise<Use[]> {
  const { rows } = await sql<Counts>`
    select
      (select coalesce(array_agg(b.name->>'zh' order by b.position, b.id), '{}') from (${liveCells}) c
        join business_role b on b.id = c.role_id where c.system = ${id}) as roles,
      (select coalesce(array_agg(role_id order by role_id), '{}') from mapping_draft_cell where system = ${id}) as draft,
      (select count(distinct version) from mapping_cell where system = ${id}) as versions,
      (select count(*) from native_identity where system = ${id}) as accounts,
      (select provisioning is not null or exists (select from provisioning p where p.system = ${id})
        from application where id = ${id}) as provisioned,
      (select coalesce(array_agg(id order by id), '{}') from separation_rule where ${id} in (first_system, second_system)) as separation`.execute(
    db,
  )
  const { roles, draft, versions, accounts, provisioned, separation } = rows[0]!
  const uses: Use[] = []
  if (roles.length > 0)
    uses.push({
      kind: 'roles',
      detail: { zh: `角色 ${roles.join('、')} 在其中有权限`, en: `the roles ${roles.join(', ')} have rights in it` },
    })
  else if (versions > 0)
    uses.push({
      kind: 'history',
      detail: {
        zh: `已发布的 ${versions} 个角色矩阵版本提到它`,
        en: `${versions} published versions of the role matrix name it`,
      },
    })
  if (draft.length > 0)
    uses.push({
      kind: 'draft',
      detail: {
        zh: `角色矩阵草稿中有 ${draft.length} 格`,
        en: `${draft.length} cells of the draft of the role matrix`,
      },
    })
  if (accounts > 0)
    uses.push({
      kind: 'accounts',
      detail: { zh: `${accounts} 人在其中有账号`, en: `${accounts} people have an account in it` },
    })
  if (provisioned)
    uses.push({
      kind: 'provisioning',
      detail: { zh: '账号和角色会推送到它', en: 'accounts and roles are pushed to it' },
    })
  if (separation.length > 0)
    uses.push({
      kind: 'separation',
      detail: { zh: `职责分离规则 ${separation.join('、')}`, en: `the separation rules ${separation.join(', ')}` },
    })
  return uses
}
