import { formatNumber } from '@atrium/widgets/sdk/format'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Stamp } from '../../ui/dateline.tsx'
import { Icon } from '../../ui/icon.tsx'
import { useLocale } from '../../ui/use-locale.ts'
import { shortMoment } from '../moment.ts'
import { type Finding, OwnerName, placeOf } from './finding-table.tsx'
import { qualityTexts } from './texts.ts'

type Props = {
  finding: Finding
  /** records of its type that were looked at */
  checked: number
  systemName: string
  /** where the system is opened; undefined when the reader has no account there */
  url: string | undefined
  /** where the dictionary is */
  dictionary: string
}

/** One finding: what to do, examples, and whose it is. */
export function FindingDetail({ finding, checked, systemName, url, dictionary }: Props): ReactNode {
  const t = qualityTexts.useTexts()
  const locale = useLocale()
  const field = finding.field ? `#${finding.field}` : ''
  return (
    <div className="cols under">
      <section className="section w8" aria-labelledby="finding-title">
        <header>
          <h2 id="finding-title">
            {finding.ruleName} · {placeOf(finding, t('quality.whole'))}
          </h2>
          <span className="dateline">
            <Stamp system={finding.system} />
            {shortMoment(finding.lastSeen)}
          </span>
        </header>
        <p className="advice">
          <b>{t('quality.do')}</b> {finding.advice}
        </p>
        <div className="bar padb">
          {url && (
            <a className="btn s" href={url} target="_blank" rel="noopener">
              {t('quality.open', { system: systemName })}
              <Icon name="out" />
            </a>
          )}
          <Link className="btn s" to={`${dictionary}/${encodeURIComponent(finding.type)}${field}`}>
            {t('quality.inDictionary', { name: finding.fieldName ?? finding.typeName })}
          </Link>
        </div>
        <h3 className="subhead">{t('quality.examples')}</h3>
        <Examples finding={finding} />
      </section>
      <section className="section w4" aria-labelledby="finding-facts">
        <header>
          <h2 id="finding-facts">{t('quality.facts')}</h2>
        </header>
        <dl className="facts padt">
          <dt>{t('quality.rule.id')}</dt>
          <dd className="code">{finding.rule}</dd>
          <dt>{t('quality.owner')}</dt>
          <dd>
            <OwnerName owner={finding.owner} />
          </dd>
          <dt>{t('quality.limit')}</dt>
          <dd>
            {finding.faultsPerDay > 0 ? t('quality.limit.n', { n: finding.faultsPerDay }) : t('quality.limit.none')}
          </dd>
          <dt>{t('quality.checked')}</dt>
          <dd>{formatNumber(checked, locale)}</dd>
          <dt>{t('quality.first')}</dt>
          <dd>
            <time dateTime={finding.firstSeen}>{shortMoment(finding.firstSeen)}</time>
          </dd>
        </dl>
      </section>
    </div>
  )
}

function Examples({ finding }: { finding: Finding }): ReactNode {
  const t = qualityTexts.useTexts()
  const locale = useLocale()
  const keyless = finding.rule === 'key.missing' || finding.rule === 'record.malformed'
  return (
    <>
      <div className="scroll">
        <table className="table stacks tight examples">
          <thead>
            <tr>
              <th scope="col">{t('quality.key')}</th>
              <th scope="col">{t('quality.value')}</th>
              <th scope="col" className="num">
                {t('quality.seen')}
              </th>
              <th scope="col">{t('quality.last')}</th>
            </tr>
          </thead>
          <tbody>
            {finding.examples.map((example, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: keys may be hidden; the list is read anew as a whole
              <tr key={place}>
                <td className="head">
                  {example.key ?? (
                    <span className="dimmer">{t(keyless ? 'quality.key.none' : 'quality.key.hidden')}</span>
                  )}
                </td>
                <td>
                  {example.value === null ? (
                    <span className="dimmer">{t('quality.value.none')}</span>
                  ) : (
                    <span className="code">{example.value}</span>
                  )}{' '}
                  {example.masked && <span className="badge">{t('quality.masked')}</span>}
                </td>
                <td className="num" data-label={t('quality.seen')}>
                  {formatNumber(example.seen, locale)}
                </td>
                <td className="nowrap dimmer">
                  <time dateTime={example.lastSeen}>{shortMoment(example.lastSeen)}</time>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {finding.examples.some(example => example.masked) && (
        <p className="micro dimmer padt">{t('quality.masked.note')}</p>
      )}
    </>
  )
}
