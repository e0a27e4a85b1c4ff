import { type ReactNode, useId } from 'react'
import { Icon } from '../../ui/icon.tsx'

type Props = {
  name: string
  label: string
  autoComplete: 'current-password' | 'new-password'
  shown: boolean
  value: string
  onChange: (value: string) => void
  hint?: string
  faults: readonly string[]
  autoFocus?: boolean
}

/** A password with everything that is wrong with it, listed under it. */
export function PasswordField({ label, shown, hint, faults, onChange, ...rest }: Props): ReactNode {
  const id = useId()
  const wrong = faults.length > 0
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        className="input"
        id={id}
        type={shown ? 'text' : 'password'}
        autoCapitalize="none"
        spellCheck={false}
        required
        maxLength={1000}
        aria-invalid={wrong || undefined}
        aria-describedby={[...(hint ? [`${id}h`] : []), ...(wrong ? [`${id}f`] : [])].join(' ') || undefined}
        onChange={event => onChange(event.target.value)}
        {...rest}
      />
      {hint ? (
        <p className="hint" id={`${id}h`}>
          {hint}
        </p>
      ) : null}
      {wrong ? (
        <div id={`${id}f`} role="alert">
          <ul className="faults">
            {faults.map(fault => (
              <li className="fault" key={fault}>
                <Icon name="alert" small />
                {fault}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  )
}
