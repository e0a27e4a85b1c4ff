import { lazy, type ReactNode, Suspense } from 'react'
import { Skeleton } from '../../../ui/instead.tsx'

const LineDiff = lazy(async () => ({ default: (await import('./line-diff.tsx')).LineDiff }))

/** The difference of two texts; the code that finds it is loaded when it is first shown. */
export function LazyDiff(props: { before: string; after: string; label: string }): ReactNode {
  return (
    <Suspense fallback={<Skeleton lines={3} />}>
      <LineDiff {...props} />
    </Suspense>
  )
}
