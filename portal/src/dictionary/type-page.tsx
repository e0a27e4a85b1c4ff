import { type ReactNode, useEffect } from 'react'
import { Link, useLocation, useParams } from 'react-router'
import { AdminTabs } from '../admin/admin-tabs.tsx'
import type { DataOf } from '../app/graph.ts'
import { useOperation } from '../app/use-operation.ts'
import { ageOf, Dateline, Stamp } from '../ui/dateline.tsx'
import { FaultBlock } from '../ui/fault-block.tsx'
import { Instead, Skeleton } from '../ui/instead.tsx'
import { Section } from '../ui/section.tsx'
import { FieldTable } from './field-table.tsx'
import { Interval } from './figures-section.tsx'
import { dictionaryTexts } from './texts.ts'
import { inUse, listed } from './words.ts'

export type DataType = NonNullable<DataOf<'DictionaryType'>['dictionary']['type']>

/** One type: what it means, its fields, where they come from, who may read them, which figures are made of them. */
export function TypePage(): ReactNode {
  const t = dictionaryTexts.useTexts()
  const { name = '' } = useParams()
  const { pathname, hash } = useLocation()
  const base = pathname.startsWith('/admin/') ? '/admin/dictionary' : '/dictionary'
  const { answer, reload } = useOperation('DictionaryType', { name })
  const type = answer?.data?.dictionary.type
  const fault = answer?.faults[0]
  const at = answer?.data ? ageOf(answer.sources, answer.at).at : undefined
  // The place that was meant is there only when the answer has come.
  useEffect(() => {
    if (type && hash) document.getElementById(`field-${hash.slice(1)}`)?.scrollIntoView({ block: 'center' })
  }, [type, hash])
  return (
    <main className="page p-dictionary" id="main">
      {base !== '/dictionary' && <AdminTabs />}
      <header className="boardhead">
        <div>
          <p className="micro dimmer">
            <Link className="link" to={base}>
              {t('dictionary.back')}
            </Link>
          </p>
          <h1 className="lede">{type ? <Title type={type} /> : name}</h1>
          {type?.about && <p className="dim padt">{inUse(type.about)}</p>}
        </div>
      </header>
      {type ? (
        <>
          <Section
            title={t('dictionary.fields')}
            count={type.size}
            dateline={<Dateline systems={[...new Set(type.sources.map(one => one.system))]} at={at} />}
          >
            <FieldTable type={type} base={base} marked={hash.slice(1)} />
          </Section>
          <div className="cols under">
            <Sources type={type} at={at} quality={base === '/dictionary' ? '/quality' : '/admin/quality'} />
            <Figures type={type} base={base} at={at} />
          </div>
        </>
      ) : answer?.data ? (
        <Instead icon="search" title={t('dictionary.unknown', { name })} />
      ) : fault ? (
        <FaultBlock fault={fault} name={t('dictionary.kicker')} system="Atrium" onRetry={reload} />
      ) : (
        <Skeleton lines={4} />
      )}
    </main>
  )
}

function Title({ type }: { type: DataType }): ReactNode {
  const other = inUse(type.label) === type.name ? undefined : type.name
  return (
    <>
      {inUse(type.label)} {other && <span className="typename dimmer">{other}</span>}
    </>
  )
}

function Sources({ type, at, quality }: { type: DataType; at: number | undefined; quality: string }): ReactNode {
  const t = dictionaryTexts.useTexts()
  return (
    <Section
      className="w7"
      title={t('dictionary.sources')}
      dateline={<Dateline systems={type.system ? [type.system] : []} at={at} />}
    >
      {type.sources.length === 0 ? (
        <p className="small dim padt">{t('dictionary.sources.none')}</p>
      ) : (
        type.sources.map(source => (
          <dl className="facts typesource" key={source.system}>
            <dt>
              <Stamp system={source.system} />
            </dt>
            <dd>
              {inUse(source.name)} {source.record && <span className="badge">{t('dictionary.record')}</span>}
              <span className="sub2">{t(`dictionary.fresh.${source.freshness}`, { n: source.seconds ?? 0 })}</span>
            </dd>
            <dt>{t('dictionary.owner')}</dt>
            <dd>
              {source.owner.names.length > 0
                ? listed(source.owner.names)
                : source.owner.businessRole
                  ? t('dictionary.byRole', { role: source.owner.businessRole })
                  : source.owner.person}
            </dd>
            {source.operation && (
              <>
                <dt>{t('dictionary.operation')}</dt>
                <dd className="code">{source.operation}</dd>
                <dt>{t('dictionary.quality')}</dt>
                <dd>
                  <Link className="link" to={`${quality}?system=${encodeURIComponent(source.system)}`}>
                    {inUse(type.label)}
                  </Link>
                </dd>
              </>
            )}
            {source.scope && (
              <>
                <dt>{t('dictionary.scope')}</dt>
                <dd className="code">{source.scope}</dd>
              </>
            )}
          </dl>
        ))
      )}
    </Section>
  )
}

function Figures({ type, base, at }: { type: DataType; base: string; at: number | undefined }): ReactNode {
  const t = dictionaryTexts.useTexts()
  return (
    <Section
      className="w5"
      title={t('dictionary.type.figures')}
      count={type.figures.length}
      dateline={<Dateline systems={[...new Set(type.figures.map(one => one.system))]} at={at} />}
    >
      {type.figures.length === 0 ? (
        <p className="small dim padt">{t('dictionary.type.noFigures')}</p>
      ) : (
        <ul className="rows">
          {type.figures.map(figure => (
            <li key={figure.id} className="figurerow">
              <Link className="link" to={`${base}#figure-${figure.id}`}>
                {inUse(figure.name)}
              </Link>
              <span className="micro dimmer">
                <Interval seconds={figure.everySeconds} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
