import type { ReactNode } from 'react'
import type { GraphFault } from '../app/graph.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from './button.tsx'
import { Instead } from './instead.tsx'
import { toast } from './toast.tsx'

type Props = { fault: GraphFault; name: string; system: string; onRetry: () => void }

/** What a section says of a fault: what happened, and what the reader can do. */
export function FaultBlock({ fault, name, system, onRetry }: Props): ReactNode {
  const t = useTexts()
  const retry = (
    <Button small icon="refresh" onClick={onRetry}>
      {t('retry')}
    </Button>
  )
  switch (fault.code) {
    case 'FORBIDDEN':
    case 'UPSTREAM_UNAUTHENTICATED':
      return (
        <Instead icon="lock" title={t('fault.FORBIDDEN.title', { name })}>
          {t('fault.FORBIDDEN.text', { system })}
        </Instead>
      )
    case 'UPSTREAM_TIMEOUT':
    case 'UPSTREAM_UNAVAILABLE':
    case 'UPSTREAM_BUSY':
    case 'CIRCUIT_OPEN':
      return (
        <Instead icon="plug" title={t('fault.down.title', { system })} actions={retry}>
          {t('fault.down.text')}
        </Instead>
      )
    case 'OFFLINE':
      return (
        <Instead icon="pause" title={t('fault.offline.title')} actions={retry}>
          {t('fault.offline.text')}
        </Instead>
      )
    default: {
      const title =
        fault.code === 'UPSTREAM_REFUSED'
          ? t('fault.refused.title', { system })
          : fault.code === 'UPSTREAM_BAD_ANSWER'
            ? t('fault.badAnswer.title', { system })
            : t('fault.other.title')
      return (
        <Instead
          icon="alert"
          bad
          title={title}
          actions={
            <>
              {retry}
              {fault.traceId ? <CopyTrace traceId={fault.traceId} /> : null}
            </>
          }
        >
          {fault.code === 'UPSTREAM_BAD_ANSWER' ? t('fault.badAnswer.text') : fault.message}
        </Instead>
      )
    }
  }
}

function CopyTrace({ traceId }: { traceId: string }): ReactNode {
  const t = useTexts()
  const copy = (): void => {
    // Without a secure context there is no clipboard; then the number is shown to be copied by hand.
    if (!navigator.clipboard) return void toast(t('fault.traceId', { traceId }), undefined, true)
    void navigator.clipboard.writeText(traceId).then(() => toast(t('copied')))
  }
  return (
    <Button small look="bare" onClick={copy}>
      {t('copyTrace')}
    </Button>
  )
}
