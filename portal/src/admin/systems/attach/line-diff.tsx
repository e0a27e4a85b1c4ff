import type { ReactNode } from 'react'
import { hunksOf } from './hunks.ts'
import { attachTexts } from './texts.ts'

/** Two texts line by line, with three lines around each change. */
export function LineDiff({ before, after, label }: { before: string; after: string; label: string }): ReactNode {
  const t = attachTexts.useTexts()
  const hunks = hunksOf(before, after)
  if (hunks.length === 0) return <p className="small dimmer padt">{t('diff.same')}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard
    <section className="scroll linediff" tabIndex={0} aria-label={label}>
      <table className="code">
        <thead className="sr">
          <tr>
            <th scope="col">{t('diff.old')}</th>
            <th scope="col">{t('diff.new')}</th>
            <th scope="col">{t('diff.line')}</th>
          </tr>
        </thead>
        {hunks.map(hunk => (
          <tbody key={`${hunk[0]?.old} ${hunk[0]?.now}`}>
            {hunk.map(line => (
              <tr key={`${line.old} ${line.now}`} className={line.kind}>
                <td className="n">{line.old}</td>
                <td className="n">{line.now}</td>
                <td>
                  {line.kind === 'same' ? (
                    <span className="same">{line.text}</span>
                  ) : line.kind === 'added' ? (
                    <ins>{line.text}</ins>
                  ) : (
                    <del>{line.text}</del>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </section>
  )
}
