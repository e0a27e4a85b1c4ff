import { useSyncExternalStore } from 'react'

type Clock = { listeners: Set<() => void>; now: number; timer?: ReturnType<typeof setInterval> }
const clocks = new Map<number, Clock>()

/**
 * The time, moving in steps; all who ask for the same step share one timer.
 * @param stepMs how far apart two renders are
 */
export function useNow(stepMs = 30_000): number {
  const clock = clockOf(stepMs)
  return useSyncExternalStore(
    listener => {
      clock.listeners.add(listener)
      clock.timer ??= setInterval(() => tick(clock), stepMs)
      return () => {
        clock.listeners.delete(listener)
        if (clock.listeners.size > 0) return
        clearInterval(clock.timer)
        delete clock.timer
      }
    },
    () => clock.now,
  )
}

function clockOf(stepMs: number): Clock {
  const known = clocks.get(stepMs)
  if (known) {
    if (!known.timer) known.now = Math.max(known.now, Date.now() - (Date.now() % 1000))
    return known
  }
  const clock: Clock = { listeners: new Set(), now: Date.now() }
  clocks.set(stepMs, clock)
  return clock
}

function tick(clock: Clock): void {
  clock.now = Date.now()
  for (const listener of clock.listeners) listener()
}
