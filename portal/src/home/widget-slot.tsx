import { DeclarativeContent, isEmpty, totalOf } from '@atrium/widgets/declarative'
import type { WidgetAction, WidgetManifest } from '@atrium/widgets/sdk'
import { type ReactNode, useState } from 'react'
import { useStoredQuery } from '../app/use-operation.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { ageOf, Dateline, systemCode } from '../ui/dateline.tsx'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { FaultBlock } from '../ui/fault-block.tsx'
import { Instead, Skeleton } from '../ui/instead.tsx'
import { Menu } from '../ui/menu.tsx'
import { Section } from '../ui/section.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { useNow } from '../ui/use-now.ts'
import { ActionForm } from './action-form.tsx'
import { StaleNote } from './stale-note.tsx'
import { fillVariables } from './variable-tokens.ts'

/** A declarative widget in its frame: its states, its menu, its form. What fails in it stays in it. */
export function WidgetSlot({ manifest, className }: { manifest: WidgetManifest; className: string }): ReactNode {
  const locale = useLocale()
  return (
    <ErrorBoundary
      fallback={retry => (
        <BrokenWidget title={manifest.title[locale]} systems={manifest.systems} className={className} onRetry={retry} />
      )}
    >
      <Widget manifest={manifest} className={className} />
    </ErrorBoundary>
  )
}

type BrokenProps = { title: string; systems: readonly string[]; className: string; onRetry: () => void }

/** Stands in the place of a widget that cannot be shown. */
export function BrokenWidget({ title, systems, className, onRetry }: BrokenProps): ReactNode {
  const t = useTexts()
  return (
    <Section title={title} className={className} dateline={<Dateline systems={systems} />}>
      <Instead
        icon="plug"
        bad
        title={t('widget.broken.title')}
        actions={
          <Button small icon="refresh" onClick={onRetry}>
            {t('widget.reload')}
          </Button>
        }
      >
        {t('widget.broken.text')}
      </Instead>
    </Section>
  )
}

function Widget({ manifest, className }: { manifest: WidgetManifest; className: string }): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const now = useNow(30_000)
  const { answer, loading, reload } = useStoredQuery(
    manifest.operation,
    fillVariables(manifest.variables ?? {}),
    manifest.refreshSeconds ?? 60,
  )
  const [asked, setAsked] = useState<{ action: WidgetAction; row: unknown }>()
  const title = manifest.title[locale]
  const fault = answer?.faults[0]
  const age = answer?.data ? ageOf(answer.sources, answer.at) : undefined
  const empty = answer?.data ? isEmpty(manifest, answer.data) : false
  const showsData = answer?.data && !(fault && empty)
  return (
    <Section
      title={title}
      count={showsData && !empty ? totalOf(manifest, answer.data) : undefined}
      className={className}
      id={manifest.id}
      busy={loading && !answer}
      dateline={
        <Dateline
          systems={manifest.systems}
          at={fault && !showsData ? undefined : age?.at}
          stale={fault !== undefined || (age?.stale ?? false)}
          loading={loading}
        />
      }
      menu={
        <Menu
          small
          label={t('more', { name: title })}
          groups={[{ entries: [{ id: 'reload', icon: 'refresh', label: t('reload'), perform: reload }] }]}
        />
      }
    >
      {showsData ? (
        empty && answer.pending ? (
          <Skeleton />
        ) : empty ? (
          <Instead icon="check" title={manifest.empty.title[locale]}>
            {manifest.empty.hint?.[locale]}
          </Instead>
        ) : (
          <>
            <DeclarativeContent
              manifest={manifest}
              data={answer.data}
              locale={locale}
              now={now}
              pending={answer.pending}
              onAction={(action, row) => setAsked({ action, row })}
            />
            <StaleNote answer={answer} />
          </>
        )
      ) : fault ? (
        <FaultBlock
          fault={fault}
          name={title}
          system={systemCode(fault.system ?? manifest.systems[0] ?? '')}
          onRetry={reload}
        />
      ) : (
        <Skeleton rows={manifest.content.kind === 'kpi' ? 3 : 5} />
      )}
      {asked ? <ActionForm {...asked} onClose={() => setAsked(undefined)} onDone={reload} /> : null}
    </Section>
  )
}
