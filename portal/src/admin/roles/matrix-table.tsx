import { Fragment } from 'react'
import { Icon } from '../../ui/icon.tsx'
import type { Cell, CellContent, Matrix, Scope, System } from '../answers.ts'
import { protocolName } from '../protocol-name.ts'
import { useAdminTexts } from '../texts.ts'
import { inLocale } from '../use-admin.ts'
import { CellEditor } from './cell-editor.tsx'

type Edit = (role: string, system: string, nativeRoles: string[], scope: Scope | undefined) => Promise<boolean>

/** Business roles by group, a column a system. A changed cell shows before and after. */
export function MatrixTable({
  matrix,
  filter,
  changedOnly,
  onEdit,
}: {
  matrix: Matrix
  filter: string
  changedOnly: boolean
  onEdit: Edit
}) {
  const t = useAdminTexts()
  const live = contents(matrix.published?.cells ?? [])
  const shown = contents(matrix.draft?.cells ?? matrix.published?.cells ?? [])
  const changed = new Set(matrix.draft?.changes.map(change => `${change.role}\n${change.system}`))
  const wanted = filter.trim().toLowerCase()
  const roles = matrix.roles.filter(role => {
    if (changedOnly && !matrix.systems.some(system => changed.has(`${role.id}\n${system.id}`))) return false
    const words = [
      role.name.zh,
      role.name.en,
      ...matrix.systems.flatMap(system => shown.get(`${role.id}\n${system.id}`)?.nativeRoles ?? []),
    ]
    return words.some(word => word.toLowerCase().includes(wanted))
  })
  return (
    <div className="scroll">
      <table className="table matrix">
        <thead>
          <tr>
            <th scope="col">{t('roles.businessRole')}</th>
            {matrix.systems.map(system => (
              <th scope="col" key={system.id}>
                {inLocale(system.name)}
                <span>{protocolName(system.protocol)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.groups.map(group => {
            const rows = roles.filter(role => role.group.en === group.en)
            if (rows.length === 0) return null
            return (
              <Fragment key={group.en}>
                <tr className="grp">
                  <th colSpan={matrix.systems.length + 1} scope="rowgroup">
                    {inLocale(group)}
                  </th>
                </tr>
                {rows.map(role => (
                  <tr key={role.id}>
                    <th scope="row">
                      {inLocale(role.name)}
                      <span>{t('roles.members', { n: role.members })}</span>
                    </th>
                    {matrix.systems.map(system => {
                      const key = `${role.id}\n${system.id}`
                      const before = live.get(key) ?? null
                      const after = shown.get(key) ?? null
                      return (
                        <td key={system.id} className={cellClass(changed.has(key), before, after)}>
                          <CellEditor
                            role={inLocale(role.name)}
                            system={system}
                            content={after}
                            onSave={(nativeRoles, scope) => onEdit(role.id, system.id, nativeRoles, scope)}
                          >
                            <CellText system={system} before={changed.has(key) ? before : after} after={after} />
                          </CellEditor>
                        </td>
                      )
                    })}
                  </tr>
                ))}
              </Fragment>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function CellText({ system, before, after }: { system: System; before: CellContent; after: CellContent }) {
  const t = useAdminTexts()
  const was = before?.nativeRoles ?? []
  const is = after?.nativeRoles ?? []
  const order = system.nativeRoles.map(role => role.id).filter(id => was.includes(id) || is.includes(id))
  if (order.length === 0) return <span aria-hidden="true">—</span>
  const scope = after?.scope ?? before?.scope
  return (
    <>
      <span className="nat">
        {order.map(id =>
          !was.includes(id) ? (
            <ins key={id}>
              <Icon name="plus" small />
              {id}
            </ins>
          ) : !is.includes(id) ? (
            <del key={id}>{id}</del>
          ) : (
            <span key={id}>{id}</span>
          ),
        )}
      </span>
      {scope && <span className="scope">{t(`admin.scope.${scope}`)}</span>}
    </>
  )
}

function cellClass(changed: boolean, before: CellContent, after: CellContent): string | undefined {
  if (!changed) return after && after.nativeRoles.length > 0 ? undefined : 'none'
  const lost = (before?.nativeRoles ?? []).some(id => !after?.nativeRoles.includes(id))
  return lost ? 'changed less' : 'changed'
}

function contents(cells: Cell[]) {
  return new Map(
    cells.map(cell => [`${cell.role}\n${cell.system}`, { nativeRoles: cell.nativeRoles, scope: cell.scope }]),
  )
}
