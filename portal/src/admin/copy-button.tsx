import { type ReactNode, useEffect, useState } from 'react'
import { Icon } from '../ui/icon.tsx'
import { announce } from '../ui/live-region.tsx'
import { useAdminTexts } from './texts.ts'

const confirmedMs = 2500

/** Puts a text into the clipboard and says so. Without a clipboard (no secure context) it marks the text to copy by hand. */
export function CopyButton({ text, label, mark }: { text: string; label?: string; mark?: () => void }): ReactNode {
  const t = useAdminTexts()
  const [said, setSaid] = useState<'admin.copied' | 'admin.copy.byHand'>()
  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => setSaid(undefined), confirmedMs)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async (): Promise<void> => {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )
    if (!done) mark?.()
    const outcome = done ? 'admin.copied' : 'admin.copy.byHand'
    setSaid(outcome)
    announce(t(outcome))
  }
  return (
    <button type="button" className="btn s" onClick={() => void copy()}>
      <Icon name={said === 'admin.copied' ? 'check' : 'file'} />
      {said ? t(said) : (label ?? t('admin.copy'))}
    </button>
  )
}
