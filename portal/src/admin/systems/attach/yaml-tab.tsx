import { type ReactNode, useId, useRef, useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { FaultBlock } from '../../../ui/fault-block.tsx'
import { announce } from '../../../ui/live-region.tsx'
import { Section } from '../../../ui/section.tsx'
import type { Publication, Source } from './answers.ts'
import { CheckFindings } from './check-findings.tsx'
import { marksOf } from './editor/marks.ts'
import { type EditorHandle, YamlEditor } from './editor/yaml-editor.tsx'
import { LazyDiff } from './lazy-diff.tsx'
import { PublishDialog } from './publish-dialog.tsx'
import { attachTexts } from './texts.ts'
import { TrialSection } from './trial-section.tsx'
import type { Workbench } from './use-workbench.ts'

type Props = {
  bench: Workbench
  name: string
  source: Pick<Source, 'origin' | 'revision' | 'variables'> | undefined
  expectedRevision: number
  onPublished: (publication: Publication) => void
  onSecrets: () => void
}

/** The system's text: edit, check, try, publish. */
export function YamlTab({ bench, name, source, expectedRevision, onPublished, onSecrets }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const editor = useRef<EditorHandle>(null)
  const findings = useId()
  const [publishing, setPublishing] = useState(false)
  const { check, checkedYaml, yaml } = bench
  const marks = marksOf(check?.faults ?? [], checkedYaml ?? yaml, yaml)
  const runCheck = async (): Promise<void> => {
    const found = await bench.runCheck()
    if (!found) return
    const errors = found.faults.filter(fault => fault.level === 'ERROR').length
    announce(errors > 0 ? t('check.announce.faults', { n: errors }) : t('check.announce.good'))
  }
  return (
    <div className="stack">
      <div className="cols">
        <Section
          className="w8"
          title={t('yaml.title')}
          dateline={
            <span className="dateline">
              {bench.running === '' ? t('yaml.new') : bench.changed ? t('yaml.changed') : t('yaml.same')}
            </span>
          }
        >
          <YamlEditor
            ref={editor}
            label={t('yaml.label', { name })}
            value={yaml}
            marks={marks}
            onChange={bench.edit}
            onCheck={() => void runCheck()}
            describedBy={findings}
          />
          <div className="bar padt">
            <Button icon="check" busy={bench.checking} disabled={bench.checking} onClick={() => void runCheck()}>
              {t('check.action')}
            </Button>
            <Button
              look="main"
              disabled={!bench.changed}
              aria-describedby={bench.changed ? undefined : `${findings}p`}
              onClick={() => setPublishing(true)}
            >
              {t('publish.open')}
            </Button>
            {bench.changed && bench.running !== '' && (
              <Button look="bare" onClick={bench.discard}>
                {t('yaml.discard')}
              </Button>
            )}
            {!bench.changed && (
              <span className="hint" id={`${findings}p`}>
                {t('publish.unchanged')}
              </span>
            )}
          </div>
          {source && source.variables.length > 0 && (
            <p className="hint padt">
              {t('yaml.variables')} <span className="code">{source.variables.map(one => `\${${one}}`).join(' ')}</span>
            </p>
          )}
        </Section>
        <Section
          className="w4"
          title={t('check.title')}
          busy={bench.checking}
          dateline={
            <span className="dateline">
              {bench.checking ? t('check.busy') : bench.current ? t('check.current') : t('check.old')}
            </span>
          }
        >
          <div id={findings}>
            {bench.fault ? (
              <FaultBlock fault={bench.fault} name={name} system={name} onRetry={() => void runCheck()} />
            ) : (
              <CheckFindings
                bench={bench}
                onGo={(line, column) => editor.current?.goTo(line, column)}
                onSecrets={onSecrets}
              />
            )}
          </div>
        </Section>
      </div>
      {bench.changed && bench.running !== '' && (
        <Section title={t('diff.title')} dateline={<span className="dateline">{t('diff.note')}</span>}>
          <LazyDiff before={bench.running} after={yaml} label={t('diff.rows')} />
        </Section>
      )}
      <TrialSection bench={bench} name={name} />
      {publishing && (
        <PublishDialog
          id={bench.id}
          name={name}
          yaml={yaml}
          check={bench.current ? check : undefined}
          expectedRevision={expectedRevision}
          onDone={publication => {
            setPublishing(false)
            onPublished(publication)
          }}
          onClose={() => setPublishing(false)}
        />
      )}
    </div>
  )
}
