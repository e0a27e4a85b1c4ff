import { type ReactNode, useEffect, useState } from 'react'
import { useApp } from '../app/app-context.ts'
import { useOperation } from '../app/use-operation.ts'
import { useTexts } from '../locales/portal-texts.ts'

/** Which systems run, followed live. */
export function SystemsFoot(): ReactNode {
  const t = useTexts()
  const { live } = useApp()
  const { answer } = useOperation('SystemStates', {}, 60)
  const [heard, setHeard] = useState<ReadonlyMap<string, string>>(new Map())
  useEffect(
    () =>
      live.subscribe(
        'SystemChanges',
        () => ({}),
        ({ systemChanges }) => setHeard(before => new Map(before).set(systemChanges.id, systemChanges.state)),
      ),
    [live],
  )
  const systems = (answer?.data?.systems ?? []).map(system => ({
    ...system,
    state: heard.get(system.id) ?? system.state,
  }))
  const down = systems.filter(system => system.state === 'DOWN')
  const up = systems.filter(system => system.state !== 'DOWN')
  const names = (list: typeof systems): string => list.map(system => system.id.toUpperCase()).join(t('list.comma'))
  return (
    <footer className="foot">
      {up.length > 0 ? <span>{t('home.systems.up', { count: up.length, names: names(up) })}</span> : null}
      {down.length > 0 ? <span className="bad">{t('home.systems.down', { names: names(down) })}</span> : null}
      <span>{t('home.events')}</span>
      <span className="push">{t('home.layout')}</span>
    </footer>
  )
}
