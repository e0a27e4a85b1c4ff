import { useEffect, useRef } from 'react'
import type { MessageFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { toast } from '../ui/toast.tsx'
import { useInbox } from './use-inbox.ts'

type Parts = {
  /** the messages in the order the list shows them */
  order: readonly MessageFields[]
  selected: string | undefined
  show: (id: string | undefined) => void
  onHelp: () => void
}

/** J K move, E archives, S opens the snooze menu, A takes the first decision, U marks as read, / searches, ? helps, Escape goes back. */
export function useInboxKeys(parts: Parts): void {
  const t = useTexts()
  const { store } = useInbox()
  const current = useRef(parts)
  current.current = parts
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { order, selected, show, onHelp } = current.current
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || layerIsOpen()) return
      const index = order.findIndex(message => message.id === selected)
      const message = order[index]
      const move = (step: number): void => {
        const next = order[Math.max(0, Math.min(order.length - 1, index < 0 ? 0 : index + step))]
        if (next) show(next.id)
      }
      const actions: Record<string, () => void> = {
        j: () => move(1),
        k: () => move(-1),
        '/': () => document.querySelector<HTMLInputElement>('[data-inbox-search]')?.focus(),
        '?': onHelp,
        escape: () => selected && show(undefined),
        s: () => document.querySelector<HTMLButtonElement>('[data-inbox-snooze] button')?.click(),
        a: () => document.querySelector<HTMLButtonElement>('[data-inbox-decision]')?.click(),
        u: () => message && void store.markRead([message.id]),
        e: () => {
          if (message?.state !== 'OPEN') return
          show((order[index + 1] ?? order[index - 1])?.id)
          void store.archive([message.id]).then(fault => {
            if (fault) toast(fault.message)
            else
              toast(t('inbox.archived.done'), {
                label: t('inbox.undo'),
                perform: () => void store.unarchive([message.id]),
              })
          })
        },
      }
      const action = actions[event.key.toLowerCase()]
      if (!action) return
      event.preventDefault()
      action()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [store, t])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

function layerIsOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"], [role="alertdialog"]') !== null
}
