import { type ReactNode, useRef } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { CopyButton } from '../copy-button.tsx'
import { ProblemBlock } from '../problem-block.tsx'
import { inLocale, useAdmin } from '../use-admin.ts'
import type { Settings } from './answers.ts'
import { withSecret } from './placeholder.ts'
import { applicationsTexts } from './texts.ts'

/** Finished settings, one tab for each kind of software on the other side; with the secret while it is known. */
export function SettingsSection({ id, secret }: { id: string; secret?: string | null }): ReactNode {
  const t = applicationsTexts.useTexts()
  const settings = useAdmin<{ items: Settings[] }>(`applications/${encodeURIComponent(id)}/settings`)
  const items = settings.data?.items ?? []
  const filled = secret ? items.some(one => withSecret(one.text, secret) !== one.text) : false
  return (
    <Section
      title={t('settings.title')}
      dateline={<span className="dateline">{filled ? t('settings.note.filled') : t('settings.note')}</span>}
      className="appsettings"
    >
      {settings.problem && <ProblemBlock problem={settings.problem} onAgain={() => void settings.reload()} />}
      {!settings.data && !settings.problem && <Skeleton lines={5} />}
      {items.length > 0 && (
        <Tabs>
          <TabList className="tabs" aria-label={t('settings.targets')}>
            {items.map(one => (
              <Tab key={one.target} id={one.target}>
                {inLocale(one.title)}
              </Tab>
            ))}
          </TabList>
          {items.map(one => (
            <TabPanel key={one.target} id={one.target}>
              <Snippet text={secret ? withSecret(one.text, secret) : one.text} />
            </TabPanel>
          ))}
        </Tabs>
      )}
    </Section>
  )
}

function Snippet({ text }: { text: string }): ReactNode {
  const t = applicationsTexts.useTexts()
  const block = useRef<HTMLPreElement>(null)
  return (
    <div className="snippet">
      <CopyButton
        text={text}
        label={t('settings.copy')}
        mark={() => block.current && getSelection()?.selectAllChildren(block.current)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard */}
      <pre className="code" ref={block} tabIndex={0} translate="no">
        {text}
      </pre>
    </div>
  )
}
