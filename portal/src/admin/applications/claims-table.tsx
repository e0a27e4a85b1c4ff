import type { ReactNode } from 'react'
import { shortMoment } from '../moment.ts'
import { isKnownText, useAdminTexts } from '../texts.ts'
import { shownClaim } from './claims.ts'
import { applicationsTexts } from './texts.ts'

/** What a token holds: name, value, and what the name means. */
export function ClaimsTable({ claims }: { claims: Record<string, unknown> }): ReactNode {
  const t = applicationsTexts.useTexts()
  return (
    <table className="table stacks claims">
      <thead>
        <tr>
          <th scope="col">{t('test.claim')}</th>
          <th scope="col">{t('test.value')}</th>
          <th scope="col">{t('test.meaning')}</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(claims).map(([name, value]) => (
          <tr key={name}>
            <td className="code">{name}</td>
            <td>
              <Value name={name} value={value} />
            </td>
            <td className="dim">
              <Meaning name={name} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Value({ name, value }: { name: string; value: unknown }): ReactNode {
  const shown = shownClaim(name, value)
  switch (shown.kind) {
    case 'moment':
      return <time dateTime={shown.iso}>{shortMoment(shown.iso)}</time>
    case 'json':
      return <pre className="code">{shown.text}</pre>
    default:
      return <span className="code">{shown.text}</span>
  }
}

// Claims that these texts do not know are a company's own: they stand without a meaning.
function Meaning({ name }: { name: string }): ReactNode {
  const t = useAdminTexts()
  const key = `claim.${name}`
  return isKnownText(key) ? t(key) : null
}
