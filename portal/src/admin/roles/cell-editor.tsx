import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Popover } from 'react-aria-components/Popover'
import type { CellContent, Scope, System } from '../answers.ts'
import { useAdminTexts } from '../texts.ts'
import { inLocale } from '../use-admin.ts'

const scopes: readonly Scope[] = ['none', 'own', 'department', 'department_and_below', 'all']

/** A cell as a button; its dialog sets the native roles and the data scope. */
export function CellEditor({
  role,
  system,
  content,
  onSave,
  children,
}: {
  role: string
  system: System
  content: CellContent
  onSave: (nativeRoles: string[], scope: Scope | undefined) => Promise<boolean>
  children: ReactNode
}) {
  const t = useAdminTexts()
  const title = t('roles.edit', { role, system: inLocale(system.name) })
  return (
    <DialogTrigger>
      <Button className="cellbutton" aria-label={`${title}: ${content?.nativeRoles.join(', ') || t('roles.none')}`}>
        {children}
      </Button>
      <Popover className="celledit" placement="bottom start">
        <Dialog>
          {({ close }) => (
            <>
              <Heading slot="title" level={3} className="strong small">
                {title}
              </Heading>
              <CellForm
                system={system}
                content={content}
                onSave={async (nativeRoles, scope) => {
                  if (await onSave(nativeRoles, scope)) close()
                }}
              />
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function CellForm({
  system,
  content,
  onSave,
}: {
  system: System
  content: CellContent
  onSave: (nativeRoles: string[], scope: Scope | undefined) => Promise<void>
}) {
  const t = useAdminTexts()
  const [chosen, setChosen] = useState<readonly string[]>(content?.nativeRoles ?? [])
  // A scope that was set apart from what the native roles bring stays set.
  const [scope, setScope] = useState<Scope | ''>(() =>
    content && content.scope !== widest(system, content.nativeRoles) ? content.scope : '',
  )
  const [busy, setBusy] = useState(false)
  const usual = widest(system, chosen)
  return (
    <form
      onSubmit={async event => {
        event.preventDefault()
        setBusy(true)
        await onSave([...chosen], scope || undefined).finally(() => setBusy(false))
      }}
    >
      <fieldset className="cellroles">
        <legend className="label">{t('roles.nativeRoles')}</legend>
        {system.nativeRoles.map(native => (
          <label className="check" key={native.id}>
            <input
              type="checkbox"
              checked={chosen.includes(native.id)}
              onChange={event =>
                setChosen(event.target.checked ? [...chosen, native.id] : chosen.filter(id => id !== native.id))
              }
            />
            <span>
              {native.id} <span className="dimmer small">{inLocale(native.name)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span className="label">{t('roles.scope')}</span>
        <select className="select" value={scope} onChange={event => setScope(event.target.value as Scope | '')}>
          <option value="">{t('roles.scope.default', { scope: t(`admin.scope.${usual}`) })}</option>
          {scopes.map(one => (
            <option key={one} value={one}>
              {t(`admin.scope.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <div className="bar padt">
        <button type="submit" className="btn main" disabled={busy}>
          {t('roles.toDraft')}
        </button>
      </div>
    </form>
  )
}

function widest(system: System, chosen: readonly string[]): Scope {
  const ranks = system.nativeRoles.filter(role => chosen.includes(role.id)).map(role => scopes.indexOf(role.scope))
  return scopes[Math.max(0, ...ranks)] ?? 'none'
}
