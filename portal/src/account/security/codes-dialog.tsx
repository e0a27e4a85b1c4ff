import { type ReactNode, useEffect, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { copyText } from '../copy-text.ts'
import { useAccountTexts } from '../texts.ts'

type Props = { codes: readonly string[]; username: string; onClose: () => void }

/** Shows recovery codes the one time they can be seen; it closes only when the person says they are kept. */
export function CodesDialog({ codes, username, onClose }: Props): ReactNode {
  const t = useAccountTexts()
  const [kept, setKept] = useState(false)
  // Kept for years, so with the year: 2026-11-23.
  const head = t('me.codes.file.head', { username, date: new Date().toLocaleDateString('sv-SE') })
  const sheet = [head, '', ...codes, '', t('me.codes.file.note'), ''].join('\n')

  useEffect(() => {
    if (kept) return
    const stay = (event: BeforeUnloadEvent): void => event.preventDefault()
    addEventListener('beforeunload', stay)
    return () => removeEventListener('beforeunload', stay)
  }, [kept])

  return (
    <Dialog title={t('me.codes.title')} isOpen insistent onClose={onClose} className="codesdialog">
      <p>{t('me.codes.once')}</p>
      <p className="printonly">{head}</p>
      <ol className="codes" aria-label={t('me.codes.list', { n: codes.length })} translate="no">
        {codes.map(code => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <p className="printonly">{t('me.codes.file.note')}</p>
      <div className="bar codetools">
        <Button small icon="file" autoFocus onClick={() => void copyText(t, sheet)}>
          {t('me.codes.copy')}
        </Button>
        <Button small icon="down2" onClick={() => saveText(t('me.codes.file', { username }), sheet)}>
          {t('me.codes.download')}
        </Button>
        <Button small onClick={() => print()}>
          {t('me.codes.print')}
        </Button>
      </div>
      <label className="check">
        <input type="checkbox" checked={kept} onChange={event => setKept(event.target.checked)} />
        {t('me.codes.kept')}
      </label>
      <div className="bar">
        <Button look="main" disabled={!kept} onClick={onClose}>
          {t('me.codes.finish')}
        </Button>
      </div>
    </Dialog>
  )
}

function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.txt`
  link.click()
  URL.revokeObjectURL(url)
}
