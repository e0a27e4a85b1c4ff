import { type ReactNode, useEffect, useState } from 'react'
import { useOperation } from '../app/use-operation.ts'
import { columnsOf } from './columns.ts'
import type { CompanyWidget } from './company-manifests.ts'
import { BrokenWidget, WidgetSlot } from './widget-slot.tsx'

/** The company's own widgets, which come from the gateway by configuration. */
export function CompanyWidgets(): ReactNode {
  const { answer, reload } = useOperation('HomeWidgets', {}, 300)
  const sent = answer?.data?.widgets
  const widgets = useManifests(sent)
  return widgets.map(widget =>
    widget.manifest ? (
      <WidgetSlot key={widget.id} manifest={widget.manifest} className={columnsOf(widget.manifest)} />
    ) : (
      <BrokenWidget key={widget.id} title={widget.id} systems={[]} className="w4" onRetry={reload} />
    ),
  )
}

// The rules of manifests weigh as much as a page; only a company that has widgets of its own loads them.
function useManifests(sent: readonly unknown[] | undefined): readonly CompanyWidget[] {
  const [widgets, setWidgets] = useState<readonly CompanyWidget[]>([])
  useEffect(() => {
    if (!sent) return
    let current = true
    const show = (next: readonly CompanyWidget[]): void => {
      if (current) setWidgets(next)
    }
    if (sent.length === 0) show([])
    else
      import('./company-manifests.ts').then(
        ({ readCompanyWidgets }) => show(readCompanyWidgets(sent)),
        () => show(sent.map((_, index) => ({ id: `company-${index}`, manifest: undefined }))),
      )
    return () => {
      current = false
    }
  }, [sent])
  return widgets
}
