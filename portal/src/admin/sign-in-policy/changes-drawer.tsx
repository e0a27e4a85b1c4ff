import { type ReactNode, useEffect, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { inLocale, useAdminApi } from '../use-admin.ts'
import type { Affected, PolicyPreview, SignInPolicy } from './answers.ts'
import { changedRules, newlyBound, type Rule, ruleOf } from './changes.ts'
import type { BusinessRole } from './factor-rules.tsx'
import { policyTexts } from './texts.ts'
import { useRuleWords } from './use-rule-words.ts'

type Props = {
  before: SignInPolicy
  after: SignInPolicy
  inForce: Affected
  roles: BusinessRole[]
  blocked: boolean
  busy: boolean
  onSave: () => void
  onDiscard: () => void
}

/** What would change, before and after, and for whom; counted by idp on live data while one edits. */
export function ChangesDrawer({ before, after, inForce, roles, blocked, busy, onSave, onDiscard }: Props): ReactNode {
  const t = policyTexts.useTexts()
  const changed = changedRules(before, after)
  const preview = usePreview(after, changed.length > 0 && !blocked)
  const bound = newlyBound(before, after)
  const faults = preview?.faults ?? []
  return (
    <aside className="drawer policychanges" aria-labelledby="policy-changes" id="changes">
      <div className="dbody">
        <h2 className="title" id="policy-changes">
          {t('policy.changes')}
        </h2>
        {changed.length === 0 ? (
          <p className="small dim padt">{t('policy.changes.none')}</p>
        ) : (
          <>
            <section className="padt">
              <h3>{t('policy.changes.n', { n: changed.length })}</h3>
              <dl className="beforeafter">
                {changed.map(rule => (
                  <Change key={rule} rule={rule} before={before} after={after} roles={roles} />
                ))}
              </dl>
            </section>
            {bound.length > 0 && (
              <section>
                <h3>{t('policy.bound')}</h3>
                <ul>
                  {bound.map(id => {
                    const role = roles.find(one => one.id === id)
                    return (
                      <li key={id}>
                        {t('policy.bound.people', { role: role ? inLocale(role.name) : id, n: role?.members ?? 0 })}
                      </li>
                    )
                  })}
                </ul>
              </section>
            )}
            <section aria-live="polite" hidden={blocked && !preview}>
              <h3>{t('policy.affected')}</h3>
              {preview ? (
                <AffectedPeople
                  affected={preview.affected}
                  inForce={inForce}
                  anyBound={after.secondFactor.roles.length > 0}
                />
              ) : (
                !blocked && <p className="small dimmer">{t('policy.affected.counting')}</p>
              )}
            </section>
            {faults.map(fault => (
              <p className="fault" key={fault.path + fault.code}>
                <Icon name="alert" small />
                {inLocale(fault.detail)}
              </p>
            ))}
          </>
        )}
      </div>
      {changed.length > 0 && (
        <footer className="dfoot">
          <div className="bar">
            <Button look="main" busy={busy} disabled={busy || blocked || faults.length > 0} onClick={onSave}>
              {t('policy.save')}
            </Button>
            <Button look="bare" className="push" disabled={busy} onClick={onDiscard}>
              {t('policy.discard')}
            </Button>
          </div>
          {blocked && <p className="micro bad">{t('policy.faulty')}</p>}
        </footer>
      )}
    </aside>
  )
}

function Change({
  rule,
  before,
  after,
  roles,
}: {
  rule: Rule
  before: SignInPolicy
  after: SignInPolicy
  roles: BusinessRole[]
}): ReactNode {
  const t = policyTexts.useTexts()
  const words = useRuleWords(roles)
  return (
    <div>
      <dt>{t(`policy.${rule}`)}</dt>
      <dd>
        <del>
          <span className="sr">{t('policy.before')} </span>
          {words(rule, ruleOf(before, rule))}
        </del>{' '}
        <span aria-hidden="true">→</span>{' '}
        <ins>
          <span className="sr">{t('policy.after')} </span>
          {words(rule, ruleOf(after, rule))}
        </ins>
      </dd>
    </div>
  )
}

function AffectedPeople({
  affected,
  inForce,
  anyBound,
}: {
  affected: Affected
  inForce: Affected
  anyBound: boolean
}): ReactNode {
  const t = policyTexts.useTexts()
  const difference = (now: number, then: number): string =>
    now === then ? '' : t(now > then ? 'policy.affected.more' : 'policy.affected.fewer', { n: Math.abs(now - then) })
  const { withoutFactor, passwordTooOld } = affected
  return (
    <ul>
      {withoutFactor > 0 && (
        <li>
          {t('policy.affected.withoutFactor', { n: withoutFactor })}
          <span>{difference(withoutFactor, inForce.withoutFactor)}</span>
        </li>
      )}
      {passwordTooOld > 0 && (
        <li>
          {t('policy.affected.passwordTooOld', { n: passwordTooOld })}
          <span>{difference(passwordTooOld, inForce.passwordTooOld)}</span>
        </li>
      )}
      {withoutFactor === 0 && anyBound && <li>{t('policy.affected.withoutFactor.none')}</li>}
      {withoutFactor + passwordTooOld === 0 && !anyBound && <li>{t('policy.affected.nobody')}</li>}
    </ul>
  )
}

const typingPauseMs = 250

function usePreview(policy: SignInPolicy, wanted: boolean): PolicyPreview | undefined {
  const api = useAdminApi()
  const [seen, setSeen] = useState<{ of: string; preview: PolicyPreview }>()
  const document = JSON.stringify(policy)
  useEffect(() => {
    if (!wanted) return
    let current = true
    const timer = setTimeout(() => {
      void api
        .send<PolicyPreview>('POST', 'sign-in-policy/preview', { policy: JSON.parse(document) as SignInPolicy })
        // Without a preview the numbers stay away; saving tells what is wrong.
        .then(preview => current && setSeen({ of: document, preview }))
        .catch(() => undefined)
    }, typingPauseMs)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [api, document, wanted])
  return seen?.of === document ? seen.preview : undefined
}
