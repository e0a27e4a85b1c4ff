import { toast } from '../ui/toast.tsx'
import type { AccountTexts } from './texts.ts'

/** Puts a text on the clipboard and says so. Without a secure context there is none. */
export async function copyText(t: AccountTexts, text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    toast(t('me.copied'))
    return true
  } catch {
    toast(t('me.copy.failed'))
    return false
  }
}
