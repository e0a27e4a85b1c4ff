import './attach.css'
import { type ReactNode, useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { useOperation } from '../../../app/use-operation.ts'
import { FaultBlock } from '../../../ui/fault-block.tsx'
import { Instead, Skeleton } from '../../../ui/instead.tsx'
import { toast } from '../../../ui/toast.tsx'
import { AdminTabs } from '../../admin-tabs.tsx'
import { protocolName } from '../../protocol-name.ts'
import type { Publication, Source } from './answers.ts'
import { BackToSystems } from './back-to-systems.tsx'
import { RemoveDialog } from './remove-dialog.tsx'
import { SystemTabs } from './system-tabs.tsx'
import { attachTexts } from './texts.ts'
import { forgetDraft, useWorkbench } from './use-workbench.ts'

/** One system: what it offers, its text, its secrets, what was published of it, and what changed at it. */
export function Page(): ReactNode {
  const t = attachTexts.useTexts()
  const { id = '' } = useParams()
  const { answer, reload } = useOperation('SystemSource', { id, revision: null })
  const source = answer?.data?.systemSource
  const shown = answer?.data?.systems.find(system => system.id === id)
  const name = shown?.name ?? id
  if (source)
    return (
      <Loaded
        // Another text that runs is another start; what was being written is found again by its system.
        key={`${id} ${source.revision} ${source.latestRevision}`}
        source={source}
        name={name}
        protocol={shown?.protocol}
        reload={reload}
      />
    )
  const fault = answer?.faults[0]
  return (
    <main className="page p-attach" id="main">
      <AdminTabs />
      <header className="boardhead">
        <h1 className="lede">{answer?.data ? t('system.gone', { id }) : name}</h1>
        <BackToSystems />
      </header>
      {fault && <FaultBlock fault={fault} name={name} system="Atrium" onRetry={reload} />}
      {!answer && <Skeleton lines={6} />}
      {answer?.data && (
        <Instead icon="plug" title={t('system.gone.title')}>
          {t('system.gone.hint')}
        </Instead>
      )}
    </main>
  )
}

type Props = { source: Source; name: string; protocol: string | undefined; reload: () => void }

function Loaded({ source, name, protocol, reload }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const navigate = useNavigate()
  const [query, setQuery] = useSearchParams()
  const bench = useWorkbench(source.id, source.yaml)
  const [removing, setRemoving] = useState(false)
  const published = ({ outcome, revision }: Publication, yaml?: string): void => {
    reload()
    if (outcome === 'CONFLICT') return
    if (yaml === bench.yaml) forgetDraft(source.id)
    toast(outcome === 'UNCHANGED' ? t('publish.nothing') : t('publish.done', { name, revision }))
  }
  const kicker = [
    protocol && protocolName(protocol),
    source.origin === 'FILE' ? t('system.fromFile') : t('system.fromRevision', { revision: source.revision }),
  ]
  return (
    <main className="page p-attach" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{kicker.filter(Boolean).join(' · ')}</p>
          <h1 className="lede">
            <Sentence name={name} check={bench.described ?? bench.check} />
          </h1>
        </div>
        <div className="bar">
          <BackToSystems />
          <button type="button" className="btn s" onClick={() => setRemoving(true)}>
            {t('remove.open')}
          </button>
        </div>
      </header>
      <SystemTabs
        bench={bench}
        name={name}
        source={source}
        expectedRevision={source.latestRevision}
        query={query}
        onQuery={next => setQuery(next, { replace: true })}
        onPublished={published}
      />
      {removing && (
        <RemoveDialog
          id={source.id}
          name={name}
          types={bench.check?.mapped.map(one => one.type) ?? []}
          expectedRevision={source.latestRevision}
          onDone={({ outcome, revision }) => {
            if (outcome === 'CONFLICT') return reload()
            forgetDraft(source.id)
            toast(t('remove.done', { name, revision }))
            void navigate('/admin/systems')
          }}
          onClose={() => setRemoving(false)}
        />
      )}
    </main>
  )
}

function Sentence({ name, check }: { name: string; check: ReturnType<typeof useWorkbench>['check'] }): ReactNode {
  const t = attachTexts.useTexts()
  if (!check) return name
  const fields = check.mapped.reduce((sum, type) => sum + type.fields.length, 0)
  const mapped = { types: check.mapped.length, fields }
  if (!check.description) return t('system.lede.unknown', { name })
  const { operations } = check.description
  if (mapped.types === 0) return t('system.lede.unmapped', { name, n: operations.length })
  return t('system.lede', { name, n: operations.length, ...mapped })
}
