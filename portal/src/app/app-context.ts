import { createContext, use } from 'react'
import type { InboxStore } from '../inbox/inbox-store.ts'
import type { BrowserConfig } from './config.ts'
import type { DataOf, Graph } from './graph.ts'
import type { Live } from './live.ts'
import type { Session } from './session.ts'

export type Me = DataOf<'Shell'>['me']
export type App = DataOf<'Shell'>['apps'][number]

/** What every page may use. */
export interface AppServices {
  config: BrowserConfig
  session: Session
  graph: Graph
  live: Live
  inbox: InboxStore
  me: Me
  apps: App[]
}

export const AppContext = createContext<AppServices | undefined>(undefined)

/** @throws outside of the signed-in part of the page */
export function useApp(): AppServices {
  const services = use(AppContext)
  if (!services) throw new Error('useApp needs the signed-in shell around it')
  return services
}
