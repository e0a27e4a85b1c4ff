import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { Header } from 'react-aria-components/Header'
import { Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger } from 'react-aria-components/Menu'
import { Popover } from 'react-aria-components/Popover'
import { Icon, type IconName } from './icon.tsx'

export interface MenuEntry {
  id: string
  label: string
  icon?: IconName
  /** a shortcut or a state, at the right */
  note?: string
  bad?: boolean
  checked?: boolean
  perform: () => void
}

export interface MenuGroup {
  title?: string
  entries: MenuEntry[]
}

type Props = {
  label: string
  /** what the button shows; an icon button without it */
  trigger?: ReactNode
  icon?: IconName
  small?: boolean
  className?: string
  groups: MenuGroup[]
}

/** A button that opens a menu: arrow keys, first letters, Escape, focus back to the button. */
export function Menu({ label, trigger, icon = 'more', small, className, groups }: Props): ReactNode {
  const perform = (id: string | number): void => {
    groups
      .flatMap(group => group.entries)
      .find(entry => entry.id === id)
      ?.perform()
  }
  return (
    <MenuTrigger>
      <Button className={className ?? `iconic${small ? ' s' : ''}`} aria-label={label}>
        {trigger ?? <Icon name={icon} />}
      </Button>
      <Popover placement="bottom end" className="popover">
        <AriaMenu className="menu" onAction={perform} aria-label={label}>
          {groups.map((group, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the groups of a menu do not change places
            <MenuSection key={index} className="menugroup" {...(group.title ? {} : { 'aria-label': label })}>
              {group.title ? <Header className="name">{group.title}</Header> : null}
              {group.entries.map(entry => (
                <MenuItem key={entry.id} id={entry.id} textValue={entry.label} className={entry.bad ? 'bad' : ''}>
                  {entry.icon ? <Icon name={entry.icon} /> : null}
                  <span>{entry.label}</span>
                  {entry.checked ? (
                    <span className="push">
                      <Icon name="check" small />
                    </span>
                  ) : entry.note ? (
                    <span className="push">{entry.note}</span>
                  ) : null}
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}
