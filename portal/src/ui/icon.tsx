import type { ReactNode } from 'react'
import sprite from './icons.svg?url'

export type IconName =
  | 'grid'
  | 'search'
  | 'bell'
  | 'help'
  | 'check'
  | 'x'
  | 'plus'
  | 'minus'
  | 'down'
  | 'up'
  | 'right'
  | 'left'
  | 'rise'
  | 'fall'
  | 'out'
  | 'more'
  | 'filter'
  | 'clock'
  | 'calendar'
  | 'seal'
  | 'task'
  | 'alert'
  | 'horn'
  | 'pin'
  | 'file'
  | 'down2'
  | 'refresh'
  | 'lock'
  | 'user'
  | 'adduser'
  | 'plug'
  | 'truck'
  | 'coin'
  | 'box'
  | 'home'
  | 'inbox'
  | 'board'
  | 'archive'
  | 'forward'
  | 'back'
  | 'eye'
  | 'key'
  | 'globe'
  | 'shield'
  | 'history'
  | 'wide'
  | 'drag'
  | 'theme'
  | 'people'
  | 'pause'
  | 'play'
  | 'link'
  | 'edit'
  | 'star'
  | 'gear'

/** One of the icons of the house. It says nothing by itself: its control carries the name. */
export function Icon({
  name,
  small,
  className = '',
}: {
  name: IconName
  small?: boolean
  className?: string
}): ReactNode {
  return (
    <svg className={`i${small ? ' s' : ''} ${className} i-${name}`} aria-hidden="true">
      <use href={`${sprite}#i-${name}`} />
    </svg>
  )
}
