import { type ReactNode, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Notice, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import type { Matrix } from '../answers.ts'
import { shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import type { PolicyAnswer, SignInPolicy } from './answers.ts'
import { BrandingRules } from './branding-rules.tsx'
import { changedRules, faultyRules, limits, type Rule, rebase, withRule } from './changes.ts'
import { ChangesDrawer } from './changes-drawer.tsx'
import { type BusinessRole, FactorRules } from './factor-rules.tsx'
import { type Editing, NumberRule, SwitchRule } from './rule-row.tsx'
import { policyTexts } from './texts.ts'

export const texts = policyTexts

/** What the company asks of a sign-in: every rule with what it does, and who is affected before it is saved. */
export function Page(): ReactNode {
  const t = policyTexts.useTexts()
  const policy = useAdmin<PolicyAnswer>('sign-in-policy')
  const roles = useAdmin<Matrix>('roles')
  if (policy.data) return <Editor saved={policy.data} reload={policy.reload} roles={roles.data?.roles ?? []} />
  return (
    <main className="page" id="main">
      <AdminTabs />
      <header className="boardhead">
        <h1 className="lede">{t('policy.loading')}</h1>
      </header>
      {policy.problem ? (
        <ProblemBlock problem={policy.problem} onAgain={() => void policy.reload()} />
      ) : (
        <Skeleton lines={8} />
      )}
    </main>
  )
}

type EditorProps = { saved: PolicyAnswer; reload: () => Promise<void>; roles: BusinessRole[] }

function Editor({ saved, reload, roles }: EditorProps): ReactNode {
  const t = policyTexts.useTexts()
  const api = useAdminApi()
  const change = useChange()
  // What one edits stands on `base`, even when `saved` moves on: the difference are one's own changes.
  const [{ base, draft, clashes }, setEdit] = useState(() => startFrom(saved))
  const [conflict, setConflict] = useState(false)
  const faulty = new Set(faultyRules(draft))
  const editing: Editing = {
    policy: draft,
    changed: new Set(changedRules(base.policy, draft)),
    faultOf: rule => (faulty.has(rule) ? t(...faultWords(rule)) : undefined),
    set: (rule, value) => setEdit(before => ({ ...before, draft: withRule(before.draft, rule, value) })),
  }
  const save = async (): Promise<void> => {
    let answer: PolicyAnswer | undefined
    const done = await change.run(async () => {
      answer = await api.send<PolicyAnswer>('PUT', 'sign-in-policy', { policy: draft }, base.revision).catch(error => {
        if ((error as { status?: number }).status !== 412 && (error as { status?: number }).status !== 409) throw error
        setConflict(true)
        return undefined
      })
    })
    if (done && answer) {
      setEdit(startFrom(answer))
      toast(t('policy.saved'))
    }
    await reload()
  }
  const takeLatest = (): void => {
    const merged = rebase(base.policy, draft, saved.policy)
    setEdit({ base: saved, draft: merged.policy, clashes: merged.clashes })
    setConflict(false)
  }
  return (
    <main className="withdrawer p-policy" id="main">
      <AdminTabs />
      <div className="mainpane">
        <header className="boardhead">
          <div>
            <p className="micro dimmer">
              {saved.updatedBy
                ? t('policy.kicker', {
                    time: shortMoment(saved.updatedAt),
                    name: saved.updatedBy.name ?? saved.updatedBy.id,
                  })
                : t('policy.kicker.default')}
            </p>
            <h1 className="lede">
              <Sentence saved={saved} />
            </h1>
          </div>
        </header>
        {change.problem && <ProblemBlock problem={change.problem} />}
        {conflict && saved.revision !== base.revision && (
          <Notice
            icon="alert"
            action={
              <Button small onClick={takeLatest}>
                {t('policy.conflict.rebase')}
              </Button>
            }
          >
            {t('policy.conflict', {
              name: saved.updatedBy?.name ?? saved.updatedBy?.id ?? '—',
              time: shortMoment(saved.updatedAt),
            })}
          </Notice>
        )}
        {clashes.length > 0 && (
          <Notice icon="alert">
            {t('policy.conflict.clash', { rules: clashes.map(rule => t(`policy.${rule}`)).join(', ') })}
          </Notice>
        )}
        <div className="rules">
          <Section title={t('policy.password')} dateline={<span className="dateline">{t('policy.atOnce')}</span>}>
            <NumberRule rule="password.minLength" unit="characters" editing={editing} />
            <NumberRule rule="password.maxAgeDays" unit="days" editing={editing} />
            <NumberRule rule="password.history" unit="passwords" editing={editing} />
            <SwitchRule rule="password.refuseCommon" editing={editing} />
            <SwitchRule rule="password.refusePersonalData" editing={editing} />
            <SwitchRule rule="password.selfServiceReset" editing={editing} />
          </Section>
          <FactorRules editing={editing} roles={roles} />
          <Section title={t('policy.sessions')} dateline={<span className="dateline">{t('policy.atOnce')}</span>}>
            <SwitchRule rule="passkeyAlone" editing={editing} />
            <SwitchRule rule="oneSession" editing={editing} />
            <SwitchRule rule="newDeviceNotice" editing={editing} />
          </Section>
          <BrandingRules editing={editing} />
        </div>
        {editing.changed.size > 0 && (
          <p className="changebar">
            <a className="btn" href="#changes">
              {t('policy.changes.n', { n: editing.changed.size })} · {t('policy.changes.show')}
            </a>
          </p>
        )}
      </div>
      <ChangesDrawer
        before={base.policy}
        after={draft}
        inForce={base.affected}
        roles={roles}
        blocked={faulty.size > 0}
        busy={change.busy}
        onSave={() => void save()}
        onDiscard={() => {
          setEdit(startFrom(saved))
          setConflict(false)
        }}
      />
    </main>
  )
}

function startFrom(saved: PolicyAnswer): { base: PolicyAnswer; draft: SignInPolicy; clashes: Rule[] } {
  return { base: saved, draft: saved.policy, clashes: [] }
}

type Words = Parameters<ReturnType<typeof policyTexts.useTexts>>

function faultWords(rule: Rule): Words {
  if (rule in limits) {
    const [least, most] = limits[rule as keyof typeof limits]
    return ['policy.between', { least, most }]
  }
  if (rule === 'secondFactor.offered') return ['policy.fault.offered']
  return [rule === 'branding.name' ? 'policy.fault.name' : 'policy.fault.colour']
}

function Sentence({ saved }: { saved: PolicyAnswer }): ReactNode {
  const t = policyTexts.useTexts()
  const roles = saved.policy.secondFactor.roles.length
  const n = saved.affected.withoutFactor
  if (roles === 0) return t('policy.lede.none')
  if (n === 0) return t('policy.lede.all', { roles })
  return (
    <>
      {t('policy.lede.some', { roles })}
      <span className="late">{t('policy.lede.some.rest', { n })}</span>
    </>
  )
}
