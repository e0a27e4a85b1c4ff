import { Trans } from '@lingui/react'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { useApp } from '../app/app-context.ts'
import type { DataOf } from '../app/graph.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { systemCode } from '../ui/dateline.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { usePaletteCommands } from './commands.ts'

type Hit = DataOf<'Search'>['search']['hits'][number]

interface Option {
  id: string
  icon: IconName
  label: string
  note?: string | null
  perform: () => void
}

interface Group {
  id: string
  title: string
  system?: string
  options: Option[]
}

const typingPauseMs = 180
const shortest = 2
const subjects = ['Customer', 'Order', 'Employee', 'Product', 'Message'] as const
const icons: Record<(typeof subjects)[number], IconName> = {
  Customer: 'user',
  Order: 'box',
  Employee: 'people',
  Product: 'file',
  Message: 'inbox',
}

/** ⌘K: finds across the systems, pages and actions. It names the systems that did not answer in time. */
export function Palette({ onClose, onLauncher }: { onClose: () => void; onLauncher: () => void }): ReactNode {
  const t = useTexts()
  const go = useNavigate()
  const [text, setText] = useState('')
  const { result, searching, failed } = useSearch(text)
  const commands = usePaletteCommands(text, onLauncher)
  const list = useId()

  const groups = useMemo<Group[]>(() => {
    const open = (hit: Hit): void => {
      if (hit.subject?.__typename === 'Message') void go(`/inbox/${hit.subject.id}`)
      else if (hit.url && /^https?:\/\//.test(hit.url)) window.open(hit.url, '_blank', 'noopener')
    }
    const found = subjects.flatMap(subject => {
      const hits = (result?.hits ?? []).filter(hit => hit.subject?.__typename === subject)
      if (hits.length === 0) return []
      return [
        {
          id: subject,
          title: t(`palette.${subject}`),
          system: systemCode(hits[0]?.system ?? ''),
          options: hits.map((hit, index) => ({
            id: `${subject}-${index}`,
            icon: icons[subject],
            label: hit.title,
            note: hit.subtitle,
            perform: () => open(hit),
          })),
        },
      ]
    })
    return [...found, ...commands]
  }, [result, commands, go, t])
  const options = groups.flatMap(group => group.options)
  const [index, setIndex] = useState(0)
  const chosen = options[Math.min(index, options.length - 1)]
  const perform = (option: Option | undefined): void => {
    if (!option) return
    onClose()
    option.perform()
  }
  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0)
      setIndex(before => (Math.min(before, options.length - 1) + step + options.length) % Math.max(1, options.length))
    else if (event.key === 'Enter') perform(chosen)
    else return
    event.preventDefault()
  }
  useEffect(() => {
    if (chosen) document.getElementById(`${list}${chosen.id}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen, list])

  return (
    <Dialog title={t('palette.title')} quietTitle isOpen onClose={onClose} place="top" className="palette">
      <label className="ask big">
        <Icon name="search" />
        <input
          autoFocus
          value={text}
          role="combobox"
          aria-expanded={options.length > 0}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={chosen ? `${list}${chosen.id}` : undefined}
          aria-label={t('palette.title')}
          placeholder={t('search.hint')}
          onKeyDown={press}
          onChange={event => {
            setText(event.target.value)
            setIndex(0)
          }}
        />
        <kbd>Esc</kbd>
      </label>
      <div id={list} role="listbox" aria-label={t('palette.title')}>
        {groups.map(group => (
          // biome-ignore lint/a11y/useSemanticElements: options of a listbox are grouped by role
          <div role="group" key={group.id} aria-label={group.title}>
            <p className="name" aria-hidden="true">
              {group.title}
              {group.system ? <span className="push">{group.system}</span> : null}
            </p>
            {group.options.map(option => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the field that owns the listbox
              <div
                key={option.id}
                id={`${list}${option.id}`}
                role="option"
                tabIndex={-1}
                aria-selected={option === chosen}
                onPointerMove={() => setIndex(options.indexOf(option))}
                onClick={() => perform(option)}
              >
                <Icon name={option.icon} />
                <span>
                  {option.label}
                  {option.note ? <small>{option.note}</small> : null}
                </span>
                {option === chosen ? <span className="push">↵</span> : null}
              </div>
            ))}
          </div>
        ))}
      </div>
      <p className={failed || result?.missing.length ? 'micro warn foot2' : 'micro dimmer foot2'} role="status">
        {text.trim().length < shortest ? (
          t('palette.start')
        ) : failed && !searching ? (
          t('palette.failed')
        ) : searching || !result ? (
          t('palette.searching')
        ) : result.missing.length > 0 ? (
          t('palette.missing', { systems: result.missing.map(systemCode).join(t('list.comma')) })
        ) : result.hits.length === 0 ? (
          <Trans id="palette.empty" values={{ text }} />
        ) : (
          t('palette.found', { count: result.hits.length })
        )}
      </p>
    </Dialog>
  )
}

type Found = { result: DataOf<'Search'>['search'] | undefined; searching: boolean; failed: boolean }

function useSearch(text: string): Found {
  const { graph } = useApp()
  const [result, setResult] = useState<DataOf<'Search'>['search']>()
  const [searching, setSearching] = useState(false)
  const [failed, setFailed] = useState(false)
  const wanted = text.trim()
  useEffect(() => {
    if (wanted.length < shortest) {
      setResult(undefined)
      return
    }
    let current = true
    setSearching(true)
    const timer = setTimeout(() => {
      void graph.query('Search', { text: wanted, first: 12 }).then(answer => {
        if (!current) return
        setSearching(false)
        setFailed(!answer.data)
        setResult(answer.data?.search)
      })
    }, typingPauseMs)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [wanted, graph])
  return { result, searching, failed }
}
