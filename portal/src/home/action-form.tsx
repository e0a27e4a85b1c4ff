import type { WidgetAction } from '@atrium/widgets/sdk'
import { type ReactNode, type SyntheticEvent, useState } from 'react'
import { useApp } from '../app/app-context.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { AreaField, TextField } from '../ui/field.tsx'
import { toast } from '../ui/toast.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { at } from './path.ts'

type Props = { action: WidgetAction; row: unknown; onClose: () => void; onDone: () => void }

/** The form of a widget's action: runs the stored mutation its manifest names, as the reader. */
export function ActionForm({ action, row, onClose, onDone }: Props): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const { graph } = useApp()
  const [values, setValues] = useState<Record<string, string>>({})
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const missing = action.fields.filter(field => field.required && !values[field.name]?.trim())

  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (missing.length > 0 || busy) return
    setBusy(true)
    setFault(undefined)
    const answer = await graph.mutateStored(action.operation, variablesOf(action, row, values))
    setBusy(false)
    if (!answer.data) return setFault(answer.faults[0]?.message ?? '')
    toast(action.done[locale])
    onDone()
    onClose()
  }

  return (
    <Dialog
      title={`${action.title[locale]}${locale === 'en' ? ': ' : '：'}${String(at(row, action.subject) ?? '')}`}
      isOpen
      onClose={onClose}
    >
      <form onSubmit={event => void submit(event)} noValidate>
        {action.fields.map((field, index) => {
          const common = {
            label: field.title[locale],
            hint: field.hint?.[locale],
            fault: tried && field.required && !values[field.name]?.trim() ? t('form.required') : undefined,
            value: values[field.name] ?? '',
            required: field.required ?? false,
            autoFocus: index === 0,
          }
          const change = (value: string): void => setValues(before => ({ ...before, [field.name]: value }))
          return field.kind === 'area' ? (
            <AreaField key={field.name} {...common} onChange={event => change(event.target.value)} />
          ) : (
            <TextField
              key={field.name}
              {...common}
              type={field.kind === 'moment' ? 'datetime-local' : 'text'}
              onChange={event => change(event.target.value)}
            />
          )
        })}
        {fault !== undefined ? (
          <p className="fault" role="alert">
            {t('form.failed', { reason: fault })}
          </p>
        ) : null}
        <div className="bar">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="main" type="submit" busy={busy}>
            {action.submit[locale]}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** The mutation's variables: those from the row, then what was written; moments in ISO 8601, empty fields left out. */
export function variablesOf(
  action: WidgetAction,
  row: unknown,
  values: Record<string, string>,
): Record<string, unknown> {
  const fromRow = Object.entries(action.fromRow ?? {}).map(([name, path]) => [name, at(row, path)])
  const written = action.fields.flatMap(field => {
    const value = values[field.name]?.trim()
    if (!value) return []
    return [[field.name, field.kind === 'moment' ? new Date(value).toISOString() : value]]
  })
  return Object.fromEntries([...fromRow, ...written])
}
