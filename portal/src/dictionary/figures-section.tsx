import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { DataOf } from '../app/graph.ts'
import { Dateline, Stamp } from '../ui/dateline.tsx'
import { Instead } from '../ui/instead.tsx'
import { Section } from '../ui/section.tsx'
import { dictionaryTexts } from './texts.ts'
import { inUse, listed, type Names } from './words.ts'

type Figure = DataOf<'Dictionary'>['dictionary']['figures'][number]

/** Figure → fields → system, for the figures somebody may see. */
export function FiguresSection({
  figures,
  at,
  marked,
}: {
  figures: Figure[]
  at: number | undefined
  /** the line the reader came for */
  marked: string
}): ReactNode {
  const t = dictionaryTexts.useTexts()
  return (
    <Section
      id="figures"
      className="under"
      title={t('dictionary.figures')}
      count={figures.length}
      dateline={<Dateline systems={[...new Set(figures.map(one => one.system))].slice(0, 4)} at={at} />}
    >
      {figures.length === 0 ? (
        <Instead icon="board" title={t('dictionary.figures.empty')} />
      ) : (
        <div className="scroll">
          <table className="table stacks lineage">
            <thead>
              <tr>
                <th scope="col">{t('dictionary.figure')}</th>
                <th scope="col">{t('dictionary.from')}</th>
                <th scope="col">{t('dictionary.system')}</th>
              </tr>
            </thead>
            <tbody>
              {figures.map(figure => (
                <tr
                  key={figure.id}
                  id={`figure-${figure.id}`}
                  aria-selected={marked === `figure-${figure.id}` || undefined}
                >
                  <td className="head strong">{inUse(figure.name)}</td>
                  <td>
                    <Origin figure={figure} />
                  </td>
                  <td>
                    <Stamp system={figure.system} bare />
                    <span className="sub2">
                      <Interval seconds={figure.everySeconds} />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

function Origin({ figure }: { figure: Figure }): ReactNode {
  const t = dictionaryTexts.useTexts()
  const types = new Map<string, { label: Names; fields: Names[] }>()
  for (const { type, typeLabel, label } of figure.fields) {
    const known = types.get(type) ?? { label: typeLabel, fields: [] }
    known.fields.push(label)
    types.set(type, known)
  }
  return (
    <>
      {[...types].map(([name, { label, fields }]) => (
        <span className="block" key={name}>
          <Link className="link" to={name}>
            {inUse(label)}
          </Link>
          {' · '}
          {listed(fields.map(inUse))}
        </span>
      ))}
      {figure.byReport && (
        <span className={types.size > 0 ? 'sub2' : 'dim'}>
          {t(types.size > 0 ? 'dictionary.byReport' : 'dictionary.byReport.only')}
        </span>
      )}
      {figure.operations.length > 0 && (
        <span className="sub2">
          {t('dictionary.operations')} <span className="code">{figure.operations.join(' ')}</span>
        </span>
      )}
    </>
  )
}

/** How often a figure is read. */
export function Interval({ seconds }: { seconds: number }): ReactNode {
  const t = dictionaryTexts.useTexts()
  return seconds >= 60 && seconds % 60 === 0
    ? t('dictionary.every', { n: seconds / 60 })
    : t('dictionary.every.seconds', { n: seconds })
}
