import { useState } from 'react'
import { useApp } from '../../app/app-context.ts'
import { i18n } from '../../locales/texts.ts'

/** Fetches the export as the person signed in and gives it to the browser as a file. */
export function useDownload(): {
  busy: boolean
  /** @returns the file's name; undefined when there was none */
  download(format: 'csv' | 'json', filter: Record<string, string>): Promise<string | undefined>
} {
  const { config, session } = useApp()
  const [busy, setBusy] = useState(false)
  const download = async (format: 'csv' | 'json', filter: Record<string, string>): Promise<string | undefined> => {
    setBusy(true)
    try {
      const answer = await fetch(`${config.gateway}/quality/findings.${format}?${new URLSearchParams(filter)}`, {
        headers: { authorization: `Bearer ${await session.token()}`, 'accept-language': i18n.locale },
      })
      if (!answer.ok) return undefined
      const name = `data-quality.${format}`
      const url = URL.createObjectURL(await answer.blob())
      const link = document.createElement('a')
      link.href = url
      link.download = name
      link.click()
      URL.revokeObjectURL(url)
      return name
    } catch {
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { busy, download }
}
