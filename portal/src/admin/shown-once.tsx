import { type ReactNode, useId, useRef } from 'react'
import { CopyButton } from './copy-button.tsx'

/** A secret or a link that is shown this once: to be copied now. */
export function ShownOnce({ label, value, note }: { label: string; value: string; note: ReactNode }): ReactNode {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
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
