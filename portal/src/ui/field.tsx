import { type InputHTMLAttributes, type ReactNode, type Ref, type TextareaHTMLAttributes, useId } from 'react'
import { Icon } from './icon.tsx'

type Shared = { label: string; hint?: string | undefined; fault?: string | undefined }

/** A labelled line of text. The fault stands under its field and is tied to it. */
export function TextField({
  label,
  hint,
  fault,
  ...rest
}: Shared & InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }): ReactNode {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input className="input" id={id} aria-invalid={fault ? true : undefined} aria-describedby={`${id}n`} {...rest} />
      <FieldNote id={`${id}n`} hint={hint} fault={fault} />
    </div>
  )
}

/** A labelled text of several lines. */
export function AreaField({
  label,
  hint,
  fault,
  ...rest
}: Shared & TextareaHTMLAttributes<HTMLTextAreaElement>): ReactNode {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        className="area"
        id={id}
        aria-invalid={fault ? true : undefined}
        aria-describedby={`${id}n`}
        {...rest}
      />
      <FieldNote id={`${id}n`} hint={hint} fault={fault} />
    </div>
  )
}

function FieldNote({
  id,
  hint,
  fault,
}: {
  id: string
  hint: string | undefined
  fault: string | undefined
}): ReactNode {
  if (fault) {
    return (
      <p className="fault" id={id}>
        <Icon name="alert" small />
        {fault}
      </p>
    )
  }
  return hint ? (
    <p className="hint" id={id}>
      {hint}
    </p>
  ) : null
}
