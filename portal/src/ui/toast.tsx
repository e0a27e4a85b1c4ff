import { type ReactNode, useEffect, useSyncExternalStore } from 'react'

export interface Toast {
  id: number
  text: string
  action?: { label: string; perform: () => void }
  /** stays until it is taken away */
  sticky?: boolean
}

const shownMs = 6000
let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<() => void>()

function change(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

/** Confirms one's own action; at most three at a time. Gives the id to take it away by. */
export function toast(text: string, action?: Toast['action'], sticky = false): number {
  const id = ++last
  change([...toasts, { id, text, ...(action ? { action } : {}), sticky }].slice(-3))
  return id
}

export function dismissToast(id: number): void {
  change(toasts.filter(one => one.id !== id))
}

/** Where toasts appear. They are also said by the live region. */
export function ToastRegion({ label }: { label: string }): ReactNode {
  const shown = useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <section className="toastregion" aria-label={label} aria-live="polite">
      {shown.map(one => (
        <ToastView key={one.id} toast={one} />
      ))}
    </section>
  )
}

function ToastView({ toast: { id, text, action, sticky } }: { toast: Toast }): ReactNode {
  useEffect(() => {
    if (sticky) return
    const timer = setTimeout(() => dismissToast(id), shownMs)
    return () => clearTimeout(timer)
  }, [id, sticky])
  return (
    <div className="toast">
      <span>{text}</span>
      {action ? (
        <button
          type="button"
          onClick={() => {
            dismissToast(id)
            action.perform()
          }}
        >
          {action.label}
        </button>
      ) : null}
    </div>
  )
}
