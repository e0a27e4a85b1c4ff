import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { useOperation } from '../../../app/use-operation.ts'
import type { Publication, Source } from './answers.ts'
import { DriftTab } from './drift/drift-tab.tsx'
import { HistoryTab } from './history/history-tab.tsx'
import { OffersTab } from './offers-tab.tsx'
import { SecretsTab } from './secrets-tab.tsx'
import { attachTexts } from './texts.ts'
import type { Workbench } from './use-workbench.ts'
import { YamlTab } from './yaml-tab.tsx'

const all = ['offers', 'yaml', 'secrets', 'history', 'drift'] as const
type TabName = (typeof all)[number]

type Props = {
  bench: Workbench
  name: string
  /** undefined for a system that is not attached yet: it has neither history nor drift */
  source: Source | undefined
  expectedRevision: number
  query: URLSearchParams
  onQuery: (next: URLSearchParams) => void
  /** yaml: the text of the editor, when it is the one that was published */
  onPublished: (publication: Publication, yaml?: string) => void
}

/** The parts of a system's page; the address says which is open. */
export function SystemTabs({ bench, name, source, expectedRevision, query, onQuery, onPublished }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const drift = useOperation('SystemDrift', { system: bench.id, open: true, first: 50 }, 60)
  const open = drift.answer?.data?.systemDrift.length ?? 0
  const names = source ? all : (['yaml', 'offers', 'secrets'] as const)
  const asked = query.get('drift') ? 'drift' : query.get('tab')
  const selected = names.find(one => one === asked) ?? names[0]
  const select = (tab: TabName): void => {
    const next = new URLSearchParams(query)
    next.set('tab', tab)
    next.delete('drift')
    onQuery(next)
  }
  const content = (tab: TabName): ReactNode => {
    switch (tab) {
      case 'offers':
        return <OffersTab bench={bench} />
      case 'yaml':
        return (
          <YamlTab
            bench={bench}
            name={name}
            source={source}
            expectedRevision={expectedRevision}
            onPublished={publication => onPublished(publication, bench.yaml)}
            onSecrets={() => select('secrets')}
          />
        )
      case 'secrets':
        return <SecretsTab bench={bench} name={name} />
      case 'history':
        return (
          <HistoryTab
            id={bench.id}
            name={name}
            running={bench.running}
            expectedRevision={expectedRevision}
            onPublished={onPublished}
          />
        )
      case 'drift':
        return <DriftTab id={bench.id} name={name} shown={query.get('drift')} onAcknowledged={drift.reload} />
    }
  }
  return (
    <Tabs selectedKey={selected} onSelectionChange={key => select(key as TabName)}>
      <TabList className="tabs systemtabs" aria-label={t('tabs')}>
        {names.map(tab => (
          <Tab key={tab} id={tab}>
            {t(`tab.${tab}`)}
            {tab === 'drift' && open > 0 && <span className="n">{open}</span>}
            {tab === 'yaml' && bench.changed && source && <span className="n">{t('tab.changed')}</span>}
          </Tab>
        ))}
      </TabList>
      {names.map(tab => (
        <TabPanel key={tab} id={tab} className="systempanel">
          {content(tab)}
        </TabPanel>
      ))}
    </Tabs>
  )
}
