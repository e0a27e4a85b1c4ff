import { type ReactNode, useEffect, useId, useRef } from 'react'
import { CopyButton } from './copy-button.tsx'

type Props = {
  label: string
  value: string
  note: ReactNode
  /** it comes in the place of the button that asked for it, and takes its focus */
  takesFocus?: boolean
}

/** A secret or a link that is shown this once: to be copied now. */
export function ShownOnce({ label, value, note, takesFocus }: Props): ReactNode {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (takesFocus) field.current?.focus()
  }, [takesFocus])
  return (
    <div className="shownonce" role="status">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <div className="bar">
        <input
          className="input code"
          id={id}
          ref={field}
          readOnly
          value={value}
          aria-describedby={`${id}n`}
          onFocus={event => event.currentTarget.select()}
        />
        <CopyButton text={value} mark={() => field.current?.select()} />
      </div>
      <p className="hint" id={`${id}n`}>
        {note}
      </p>
    </div>
  )
}
