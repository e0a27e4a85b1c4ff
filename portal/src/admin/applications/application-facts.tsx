import type { ReactNode } from 'react'
import type { Application } from './answers.ts'
import { draftOf, type Field, isAsked } from './form.ts'
import { applicationsTexts } from './texts.ts'

/** What is registered, as far as this kind of application has it. */
export function ApplicationFacts({ application }: { application: Application }): ReactNode {
  const t = applicationsTexts.useTexts()
  const draft = draftOf(application)
  const yes = (on: boolean): string => t(on ? 'field.yes' : 'field.no')
  const facts: [Exclude<Field, 'kind'>, ReactNode][] = [
    ['nameZh', application.name.zh],
    ['nameEn', application.name.en],
    [
      'url',
      /^https?:/.test(application.url) ? (
        <a key="u" className="link" href={application.url} target="_blank" rel="noopener noreferrer">
          {application.url}
        </a>
      ) : (
        application.url
      ),
    ],
    ['redirectUris', <Addresses key="r" of={application.redirectUris} />],
    ['postLogoutRedirectUris', <Addresses key="p" of={application.postLogoutRedirectUris} />],
    ['backchannelLogoutUri', <Addresses key="b" of={listOf(application.backchannelLogoutUri)} />],
    ['authentication', t(`auth.${application.authentication}`)],
    ['jwksUri', <Addresses key="j" of={listOf(application.jwksUri)} />],
    [
      'jwks',
      <pre key="k" className="code">
        {draft.jwks}
      </pre>,
    ],
    ['idTokenAlg', application.idTokenAlg],
    ['par', yes(application.par)],
    ['dpop', yes(application.dpop)],
  ]
  return (
    <dl className="facts appfacts">
      {facts
        .filter(([field]) => isAsked(draft, field))
        .map(([field, value]) => (
          <div key={field} className="fact">
            <dt>{t(`field.${field}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}

function listOf(address: string | null): string[] {
  return address ? [address] : []
}

function Addresses({ of }: { of: string[] }): ReactNode {
  const t = applicationsTexts.useTexts()
  if (of.length === 0) return <span className="dimmer">{t('field.none')}</span>
  return of.map(one => (
    <span className="code block" key={one}>
      {one}
    </span>
  ))
}
