import { type ReactNode, useSyncExternalStore } from 'react'

let said = ''
const listeners = new Set<() => void>()

/** Says something to readers of screens without moving their focus. */
export function announce(text: string): void {
  // The same words twice would not be said again.
  said = said === text ? `${text}\u00a0` : text
  for (const listener of listeners) listener()
}

/** The page's one polite region. */
export function LiveRegion(): ReactNode {
  const text = useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => said,
  )
  return (
    <div className="sr" role="status" aria-live="polite">
      {text}
    </div>
  )
}
