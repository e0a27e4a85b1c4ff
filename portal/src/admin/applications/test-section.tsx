import { type ReactNode, useEffect, useState } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { Button } from '../../ui/button.tsx'
import { Instead } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { ProblemBlock } from '../problem-block.tsx'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import type { Kind, TestResult } from './answers.ts'
import { ClaimsTable } from './claims-table.tsx'
import { applicationsTexts } from './texts.ts'

type Running = { url: string; test: string }

/** Signs in as this application would, in a new tab, and shows what the application receives. */
export function TestSection({ id, kind }: { id: string; kind: Kind }): ReactNode {
  const t = applicationsTexts.useTexts()
  const api = useAdminApi()
  const change = useChange()
  const [running, setRunning] = useState<Running>()
  const path = `applications/${encodeURIComponent(id)}/test`
  if (kind === 'machine' || kind === 'device') return null
  const start = async (): Promise<void> => {
    // Opened before the answer is there: later the browser would take it for an unasked window.
    const tab = window.open('about:blank', '_blank')
    const done = await change.run(async () => {
      const test = await api.send<Running>('POST', path, {})
      setRunning(test)
      if (!tab) return
      tab.opener = null
      tab.location.replace(test.url)
    })
    if (!done) tab?.close()
  }
  return (
    <Section title={t('test.title')} dateline={<span className="dateline">{t('test.note')}</span>} className="apptest">
      {change.problem && <ProblemBlock problem={change.problem} />}
      {running ? (
        <Outcome
          key={running.test}
          path={`${path}/${encodeURIComponent(running.test)}`}
          url={running.url}
          onAgain={() => void start()}
          onStop={() => setRunning(undefined)}
        />
      ) : (
        <div className="padt">
          <p className="small dim">{t('test.says')}</p>
          <div className="bar padt">
            <Button icon="play" disabled={change.busy} onClick={() => void start()}>
              {t('test.start')}
            </Button>
          </div>
        </div>
      )}
    </Section>
  )
}

function Outcome({
  path,
  url,
  onAgain,
  onStop,
}: {
  path: string
  url: string
  onAgain: () => void
  onStop: () => void
}): ReactNode {
  const t = applicationsTexts.useTexts()
  const [settled, setSettled] = useState(false)
  const result = useAdmin<TestResult>(path, settled ? 0 : 1)
  const { data } = result
  useEffect(() => setSettled(data !== undefined && data.state !== 'waiting'), [data])
  const again = (
    <Button small icon="refresh" onClick={onAgain}>
      {t('test.again')}
    </Button>
  )
  if (result.problem && !data) return <ProblemBlock problem={result.problem} onAgain={onAgain} />
  if (!data || data.state === 'waiting') {
    return (
      <div role="status">
        <Instead
          icon="clock"
          title={t('test.waiting')}
          actions={
            <>
              <a className="btn s" href={url} target="_blank" rel="noopener noreferrer">
                {t('test.open')}
              </a>
              <Button small look="bare" onClick={onStop}>
                {t('test.stop')}
              </Button>
            </>
          }
        >
          {t('test.waiting.hint')}
        </Instead>
      </div>
    )
  }
  if (data.state === 'failed') {
    return (
      <div role="alert">
        <Instead icon="alert" bad title={t('test.failed')} actions={again}>
          {data.error && inLocale(data.error)}
        </Instead>
      </div>
    )
  }
  const tables = (
    [
      ['idToken', data.idTokenClaims],
      ['accessToken', data.accessTokenClaims],
      ['userinfo', data.userinfo],
    ] as const
  ).flatMap(([name, claims]) => (claims ? [{ name, claims }] : []))
  return (
    <div className="padt">
      <div className="bar" role="status">
        <span className="state">{t('test.done', { name: data.person ? inLocale(data.person.name) : '—' })}</span>
        <span className="push">{again}</span>
      </div>
      <Tabs className="padt">
        <TabList className="tabs" aria-label={t('test.title')}>
          {tables.map(({ name, claims }) => (
            <Tab key={name} id={name}>
              {t(`test.${name}`)}
              <span className="n">{Object.keys(claims).length}</span>
            </Tab>
          ))}
        </TabList>
        {tables.map(({ name, claims }) => (
          <TabPanel key={name} id={name}>
            <ClaimsTable claims={claims} />
          </TabPanel>
        ))}
      </Tabs>
    </div>
  )
}
