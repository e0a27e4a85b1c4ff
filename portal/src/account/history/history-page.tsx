import { Trans } from '@lingui/react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Button } from '../../ui/button.tsx'
import { Dateline } from '../../ui/dateline.tsx'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { AccountPage } from '../account-page.tsx'
import type { SignIn } from '../answers.ts'
import { methodsInWords } from '../method-words.ts'
import { momentOf } from '../moment.ts'
import { ProblemInstead } from '../problem-text.tsx'
import { useAccountTexts, wordFor } from '../texts.ts'
import { inLocale } from '../use-account.ts'
import { useSignIns } from './use-sign-ins.ts'

/** Every sign-in and every refused attempt, newest first. */
export function Page(): ReactNode {
  const t = useAccountTexts()
  const { items, next, at, problem, busy, older, reload } = useSignIns()
  const refused = (items ?? []).filter(one => one.outcome === 'refused').length
  return (
    <AccountPage
      lede={
        items && refused > 0 ? (
          <Trans
            id="me.history.lede.refused"
            values={{ n: items.length, refused }}
            components={{ late: <span className="late" />, a: <Link to="/account/security" /> }}
          />
        ) : (
          t('me.history.lede')
        )
      }
    >
      <Section
        title={t('me.history')}
        count={items?.length || undefined}
        dateline={<Dateline systems={['idp']} at={at} loading={busy && !items} />}
        busy={busy}
      >
        {items?.length === 0 ? (
          <Instead icon="history" title={t('me.history.none')}>
            {t('me.history.none.hint')}
          </Instead>
        ) : items ? (
          <div className="scroll">
            <table className="table history">
              <thead>
                <tr>
                  <th scope="col">{t('me.history.at')}</th>
                  <th scope="col">{t('me.history.outcome')}</th>
                  <th scope="col">{t('me.history.methods')}</th>
                  <th scope="col">{t('me.history.device')}</th>
                  <th scope="col">{t('me.history.ip')}</th>
                  <th scope="col">{t('me.history.application')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(one => (
                  <SignInRow key={one.id} signIn={one} />
                ))}
              </tbody>
            </table>
          </div>
        ) : problem ? null : (
          <Skeleton lines={8} />
        )}
        {problem ? <ProblemInstead problem={problem} onAgain={() => void (items ? older() : reload())} /> : null}
        {items && items.length > 0 ? (
          <div className="sectionfoot">
            {next ? (
              <Button busy={busy} onClick={() => void older()}>
                {t('me.history.older')}
              </Button>
            ) : (
              <p className="dimmer">{t('me.history.end')}</p>
            )}
          </div>
        ) : null}
      </Section>
    </AccountPage>
  )
}

function SignInRow({ signIn }: { signIn: SignIn }): ReactNode {
  const t = useAccountTexts()
  const refused = signIn.outcome === 'refused'
  const reason = refused && signIn.reason ? wordFor(t, 'reason', signIn.reason) : undefined
  return (
    <tr>
      <td className="nowrap" data-label={t('me.history.at')}>
        <time dateTime={signIn.at}>{momentOf(signIn.at)}</time>
      </td>
      <td data-label={t('me.history.outcome')}>
        <span className={refused ? 'state bad' : 'state'}>
          {refused ? t('me.history.refused') : t('me.history.success')}
        </span>
        {reason ? <span className="sub">{reason}</span> : null}
      </td>
      <td data-label={t('me.history.methods')}>{methodsInWords(t, signIn.methods) || '—'}</td>
      <td data-label={t('me.history.device')}>{signIn.device ? inLocale(signIn.device.name) : '—'}</td>
      <td className="nowrap" data-label={t('me.history.ip')}>
        {signIn.ip ?? '—'}
      </td>
      <td data-label={t('me.history.application')}>{inLocale(signIn.application.name)}</td>
    </tr>
  )
}
