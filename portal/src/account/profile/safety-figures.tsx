import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Account } from '../answers.ts'
import { dayOf, daysSince, momentOf } from '../moment.ts'
import { useAccountTexts } from '../texts.ts'

/** Four figures that say how safe the account is, each leading to where it can be changed. */
export function SafetyFigures({ account }: { account: Account }): ReactNode {
  const t = useAccountTexts()
  const { password, factors, required, lastSignIn } = account
  const count = factors.totp + factors.passkeys
  return (
    <dl className="figs safety" aria-label={t('me.figures')}>
      <Figure
        label={t('me.figure.password')}
        to="/account/security"
        value={
          password.changedAt
            ? t('me.figure.password.age', { days: daysSince(password.changedAt) })
            : t('me.figure.password.never')
        }
        note={
          password.changedAt
            ? t('me.figure.password.note', { date: dayOf(password.changedAt) })
            : t('me.figure.password.never.note')
        }
      />
      <Figure
        label={t('me.figure.factors')}
        to="/account/security"
        hot={count === 0 && required.length > 0}
        value={count === 0 ? t('me.none') : t('me.figure.factors.some', { n: count })}
        note={t('me.figure.factors.note', { totp: factors.totp, passkeys: factors.passkeys })}
      />
      <Figure
        label={t('me.figure.codes')}
        to="/account/security"
        hot={count > 0 && factors.recoveryCodesLeft === 0}
        value={
          factors.recoveryCodesLeft === 0 ? t('me.none') : t('me.figure.codes.some', { n: factors.recoveryCodesLeft })
        }
        note={count === 0 ? t('me.figure.codes.none') : t('me.figure.codes.note')}
      />
      <Figure
        label={t('me.figure.lastSignIn')}
        to="/account/history"
        value={lastSignIn ? momentOf(lastSignIn) : '—'}
        note={t('me.figure.lastSignIn.note')}
      />
    </dl>
  )
}

type Props = { label: string; value: string; note: string; to: string; hot?: boolean }

function Figure({ label, value, note, to, hot }: Props): ReactNode {
  return (
    <div className={hot ? 'hot' : ''}>
      <dt>{label}</dt>
      <dd className="words">
        <Link to={to}>{value}</Link>
      </dd>
      <dd className="note">{note}</dd>
    </div>
  )
}
