import { useSyncExternalStore } from 'react'

const phone = '(max-width: 767px)'

/** Whether the window is a phone's, where charts carry larger letters. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    listener => {
      const query = matchMedia(phone)
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => matchMedia(phone).matches,
  )
}
