import type { Named } from '../answers.ts'

/** A back-channel logout of one person at one system. */
export type SignOut = {
  id: number
  target: string | null
  person: Named | null
  state: 'pending' | 'done' | 'dead'
  attempts: number
  lastError: string | null
  dueAt: string
  updatedAt: string
}

export const states = ['pending', 'dead', 'done'] as const
export type State = (typeof states)[number]
