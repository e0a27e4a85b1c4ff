import { formatNumber } from '@atrium/widgets/sdk/format'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { Icon } from '../../../ui/icon.tsx'
import { Instead, Skeleton } from '../../../ui/instead.tsx'
import { Section } from '../../../ui/section.tsx'
import { useLocale } from '../../../ui/use-locale.ts'
import type { Check, MappedType } from './answers.ts'
import { classWord } from './class-word.ts'
import { attachTexts } from './texts.ts'
import type { Workbench } from './use-workbench.ts'

/** What the system says it offers, which of it is read, and field by field how. */
export function OffersTab({ bench }: { bench: Workbench }): ReactNode {
  const t = attachTexts.useTexts()
  const check = bench.described ?? bench.check
  if (!check) return bench.fault ? null : <Skeleton lines={6} />
  return (
    <div className="cols">
      <Mapped types={check.mapped} />
      <Offered check={check} />
      {check.mapped.length === 0 && check.description === null && (
        <p className="small dimmer w12">{t('offers.nothing')}</p>
      )}
    </div>
  )
}

function Mapped({ types }: { types: MappedType[] }): ReactNode {
  const t = attachTexts.useTexts()
  return (
    <Section
      className="w7"
      title={t('mapped.title')}
      count={types.length}
      dateline={<span className="dateline">{t('mapped.note')}</span>}
    >
      {types.length === 0 ? (
        <Instead icon="link" title={t('mapped.none')}>
          {t('mapped.none.hint')}
        </Instead>
      ) : (
        <ul className="rows mappedtypes">
          {types.map(type => (
            <li key={type.type}>
              <details>
                <summary>
                  <b className="code">{type.type}</b>
                  <span className="small dimmer">
                    {t('mapped.from', { n: type.fields.length })} <span className="code">{type.operation}</span>
                  </span>
                  <Icon name="down" small />
                </summary>
                <TypeFields type={type} />
              </details>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function TypeFields({ type }: { type: MappedType }): ReactNode {
  const t = attachTexts.useTexts()
  const locale = useLocale()
  return (
    <>
      <p className="small dim padb">
        {type.key && (
          <>
            {t('mapped.key')} <span className="code">{type.key}</span>
            {' · '}
          </>
        )}
        {type.filters.length > 0 ? (
          <>
            {t('mapped.filters')} <span className="code">{type.filters.join(', ')}</span>
          </>
        ) : (
          t('mapped.noFilters')
        )}
        {' · '}
        <Link className="link" to={`/admin/dictionary/${encodeURIComponent(type.type)}`}>
          {t('mapped.dictionary')}
        </Link>
      </p>
      <div className="scroll">
        <table className="table stacks tight mappedfields">
          <thead>
            <tr>
              <th scope="col">{t('mapped.field')}</th>
              <th scope="col">{t('mapped.path')}</th>
              <th scope="col">{t('mapped.class')}</th>
            </tr>
          </thead>
          <tbody>
            {type.fields.map(field => (
              <tr key={field.field}>
                <td className="head">
                  {locale === 'en' ? field.names.en : field.names.zhCN}{' '}
                  <span className="code dimmer">{field.field}</span>
                </td>
                <td>
                  <span className="code">{field.expression ?? field.path ?? '—'}</span>{' '}
                  {field.expression && <span className="badge">{t('mapped.computed')}</span>}{' '}
                  {field.overridden && <span className="badge line">{t('mapped.overridden')}</span>}
                </td>
                <td>{classWord(t, field.class)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const shownAtFirst = 30

function Offered({ check }: { check: Check }): ReactNode {
  const t = attachTexts.useTexts()
  const locale = useLocale()
  const [all, setAll] = useState(false)
  const [unmapped, setUnmapped] = useState(false)
  const { description } = check
  if (!description) {
    return (
      <Section className="w5" title={t('offers.title')} dateline={null}>
        <Instead icon="plug" title={t('offers.unknown')}>
          {t('offers.unknown.hint')}
        </Instead>
      </Section>
    )
  }
  const used = description.operations.filter(one => one.types.length > 0).length
  const wanted = description.operations.filter(one => !unmapped || one.types.length === 0)
  const ordered = [...wanted].sort((a, b) => Number(b.types.length > 0) - Number(a.types.length > 0))
  const shown = all ? ordered : ordered.slice(0, shownAtFirst)
  return (
    <Section
      className="w5"
      title={t('offers.title')}
      count={description.operations.length}
      dateline={
        <span className="dateline">
          {t(description.fresh ? 'offers.fresh' : 'offers.kept')}
          {description.protocolVersion && ` · ${description.protocolVersion}`}
        </span>
      }
    >
      <div className="bar padb padt">
        <button type="button" className="chip" aria-pressed={unmapped} onClick={() => setUnmapped(before => !before)}>
          {t('offers.unmapped', { n: formatNumber(description.operations.length - used, locale) })}
        </button>
      </div>
      <ul className="rows operations">
        {shown.map(operation => (
          <li key={operation.name}>
            <span className="code">{operation.name}</span>
            <span className="small dimmer">
              {operation.types.length > 0 ? (
                <span className="badge go">{operation.types.join(', ')}</span>
              ) : (
                t(operation.safe ? 'offers.read' : 'offers.write')
              )}
            </span>
            {operation.unmapped.length > 0 && <Unmapped properties={operation.unmapped} />}
          </li>
        ))}
      </ul>
      {shown.length < ordered.length && (
        <button type="button" className="btn s bare" onClick={() => setAll(true)}>
          {t('offers.all', { n: formatNumber(ordered.length, locale) })}
        </button>
      )}
    </Section>
  )
}

type Property = NonNullable<Check['description']>['operations'][number]['unmapped'][number]

/** What the records of an operation hold and no field is mapped to. */
function Unmapped({ properties }: { properties: readonly Property[] }): ReactNode {
  const t = attachTexts.useTexts()
  const locale = useLocale()
  return (
    <details className="unmapped">
      <summary className="small dim">{t('offers.properties', { n: formatNumber(properties.length, locale) })}</summary>
      <ul className="small">
        {properties.map(({ path, kind, list }) => (
          <li key={path}>
            <span className="code">{path}</span>{' '}
            <span className="dimmer">
              {kind}
              {list && ` · ${t('offers.list')}`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
