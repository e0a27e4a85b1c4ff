import type { ReactNode } from 'react'
import { Icon } from '../../../ui/icon.tsx'
import { useLocale } from '../../../ui/use-locale.ts'
import type { Fault } from './answers.ts'
import { faultWords } from './fault-words.ts'
import { attachTexts } from './texts.ts'

type Props = {
  faults: readonly Fault[]
  /** shows the place of a fault in the text */
  onGo?: (line: number, column: number | null) => void
}

/** What keeps a text from being published, or should be known about it; each with its place. */
export function FaultList({ faults, onGo }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const locale = useLocale()
  return (
    <ul className="faultlist">
      {faults.map(fault => {
        const words = locale === 'en' ? undefined : faultWords(fault.message)
        const place =
          fault.line === null ? undefined : t('fault.place', { line: fault.line, column: fault.column ?? 1 })
        return (
          <li key={`${fault.line} ${fault.path} ${fault.message}`} className={fault.level === 'ERROR' ? 'bad' : 'warn'}>
            <Icon name="alert" small />
            <div>
              <span className="sr">{t(`fault.level.${fault.level}`)} </span>
              {words ?? <span lang="en">{fault.message}</span>}
              {(place || fault.path) && (
                <span className="block micro dimmer">
                  {place && onGo ? (
                    <button type="button" className="link" onClick={() => onGo(fault.line ?? 1, fault.column)}>
                      {place}
                    </button>
                  ) : (
                    place
                  )}
                  {fault.path && <span className="code"> {fault.path}</span>}
                </span>
              )}
            </div>
          </li>
        )
      })}
    </ul>
  )
}
