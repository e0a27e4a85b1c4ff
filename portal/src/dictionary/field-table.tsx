import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Stamp } from '../ui/dateline.tsx'
import { dictionaryTexts } from './texts.ts'
import type { DataType } from './type-page.tsx'
import { Other } from './types-page.tsx'
import { inUse, listed, readerWords } from './words.ts'

type Field = DataType['fields'][number]

/** A line for each field. `marked` is the one the reader came for. */
export function FieldTable({ type, base, marked }: { type: DataType; base: string; marked: string }): ReactNode {
  const t = dictionaryTexts.useTexts()
  return (
    <div className="scroll">
      <table className="table stacks fields">
        <thead>
          <tr>
            <th scope="col">{t('dictionary.field')}</th>
            <th scope="col">{t('dictionary.about')}</th>
            <th scope="col">{t('dictionary.class')}</th>
            <th scope="col">{t('dictionary.readers')}</th>
            <th scope="col">{t('dictionary.source')}</th>
          </tr>
        </thead>
        <tbody>
          {type.fields.map(field => (
            <tr key={field.name} id={`field-${field.name}`} aria-selected={field.name === marked || undefined}>
              <td className="head">
                <b>{inUse(field.label)}</b>
                <Other names={field.label} />
                <span className="sub2 code">{field.name}</span>
              </td>
              <td className="means">
                <Meaning field={field} base={base} />
              </td>
              <td>
                <ClassBadge of={field.class} />
              </td>
              <td className="readers">
                <Readers field={field} />
              </td>
              <td>
                <Where field={field} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Meaning({ field, base }: { field: Field; base: string }): ReactNode {
  const t = dictionaryTexts.useTexts()
  const unit = field.unit?.startsWith('→ ')
    ? t('dictionary.unit.by', { field: field.unit.slice(2) })
    : field.unit
      ? t('dictionary.unit', { unit: field.unit })
      : ''
  const list = field.type.startsWith('[')
  const marks = [
    field.key ? t('dictionary.key') : '',
    field.required && !field.key ? t('dictionary.required') : '',
    list ? t('dictionary.list') : '',
    unit,
  ].filter(Boolean)
  return (
    <>
      {field.about && inUse(field.about)}
      <span className="sub2">
        {field.leadsTo ? (
          <Link className="link" to={`${base}/${field.leadsTo}`}>
            {field.leadsTo}
          </Link>
        ) : (
          <span className="code">{field.type.replace(/[[\]]/g, '')}</span>
        )}
        {marks.length > 0 && ` · ${marks.join(' · ')}`}
      </span>
      {field.rules.length > 0 && (
        <span className="sub2">
          {t('dictionary.rules', { names: listed(field.rules.map(rule => inUse(rule.name))) })}
        </span>
      )}
      {field.codes.length > 0 && <Codes field={field} />}
    </>
  )
}

function Codes({ field }: { field: Field }): ReactNode {
  const t = dictionaryTexts.useTexts()
  return (
    <details className="codes">
      <summary>{t('dictionary.codes', { n: field.codes.length })}</summary>
      <ul>
        {field.codes.map(code => (
          <li key={code.value}>
            <span className="code">{code.value}</span> {inUse(code.label)}
            {code.codes.length > 0 && <span className="dimmer"> ← {code.codes.join(' ')}</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}

const tones: Record<string, string> = { PUBLIC: ' line', INTERNAL: '', PERSONAL: ' warn', SECRET: ' bad' }

function ClassBadge({ of }: { of: string }): ReactNode {
  const t = dictionaryTexts.useTexts()
  const known = of === 'PUBLIC' || of === 'PERSONAL' || of === 'SECRET' ? of : 'INTERNAL'
  return <span className={`badge${tones[known] ?? ''}`}>{t(`dictionary.class.${known}`)}</span>
}

function Readers({ field }: { field: Field }): ReactNode {
  const t = dictionaryTexts.useTexts()
  return (
    <>
      {field.readers.length > 0 ? listed(field.readers.map(readerWords)) : t('dictionary.nobody')}
      {field.mask && (
        <span className="sub2">{t('dictionary.mask', { readers: listed(field.mask.readers.map(readerWords)) })}</span>
      )}
      {!field.readable && (
        <span className="sub2 dim">{t(field.masked ? 'dictionary.you.masked' : 'dictionary.you.no')}</span>
      )}
    </>
  )
}

function Where({ field }: { field: Field }): ReactNode {
  const t = dictionaryTexts.useTexts()
  return (
    <>
      <Stamp system={field.system ?? 'atrium'} bare />
      {field.mapping && <span className="code mapping">{field.mapping}</span>}
      {field.conversion && <span className="sub2 code">{t('dictionary.conversion', { how: field.conversion })}</span>}
      {field.freshness && field.freshness !== 'LIVE' && (
        <span className="sub2">{t(`dictionary.fresh.${field.freshness}`, { n: field.seconds ?? 0 })}</span>
      )}
    </>
  )
}
