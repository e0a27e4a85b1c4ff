import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { Icon, type IconName } from './icon.tsx'

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** main = the one expected step; plain; bare = tools; grave = takes something from somebody; ok = a decision in a row */
  look?: 'main' | 'plain' | 'bare' | 'grave' | 'ok'
  small?: boolean
  icon?: IconName
  busy?: boolean
  ref?: Ref<HTMLButtonElement>
}

export function Button({ look = 'plain', small, icon, busy, className = '', children, ...rest }: Props): ReactNode {
  const classes = ['btn', look === 'plain' ? '' : look, small ? 's' : '', className].filter(Boolean).join(' ')
  return (
    <button type="button" className={classes} aria-busy={busy || undefined} {...rest}>
      {busy ? <Icon name="refresh" /> : icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  )
}

/** A button that is only an icon; its label is spoken and shown as a tip. */
export function IconButton({
  icon,
  label,
  small,
  className = '',
  children,
  ...rest
}: Omit<Props, 'look' | 'icon'> & { icon: IconName; label: string }): ReactNode {
  return (
    <button
      type="button"
      className={`iconic${small ? ' s' : ''} ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon name={icon} />
      {children}
    </button>
  )
}
