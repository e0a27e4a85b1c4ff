import { type ReactNode, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { Link, useNavigate, useParams } from 'react-router'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { toast } from '../../ui/toast.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import { Confirm } from '../confirm.tsx'
import { ProblemBlock } from '../problem-block.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import type { Application } from './answers.ts'
import { hasSecret } from './form.ts'
import { Registered } from './registered.tsx'
import { SettingsSection } from './settings-section.tsx'
import { TestSection } from './test-section.tsx'
import { applicationsTexts } from './texts.ts'
import { Warnings } from './warnings.tsx'

/** One application: how it is used, what is registered, the settings for the other side, a trial, its end. */
export function DetailPage(): ReactNode {
  const t = applicationsTexts.useTexts()
  const { id = '' } = useParams()
  const path = `applications/${encodeURIComponent(id)}`
  const application = useAdmin<Application>(path)
  if (application.data) {
    return <Detail key={application.data.id} application={application.data} path={path} reload={application.reload} />
  }
  return (
    <main className="page" id="main">
      <AdminTabs />
      <header className="boardhead">
        <h1 className="lede">{application.problem?.status === 404 ? t('detail.missing') : t('apps.admin.title')}</h1>
        <BackToList />
      </header>
      {!application.problem ? (
        <Skeleton lines={6} />
      ) : (
        application.problem.status !== 404 && (
          <ProblemBlock problem={application.problem} onAgain={() => void application.reload()} />
        )
      )}
    </main>
  )
}

type DetailProps = { application: Application; path: string; reload: () => Promise<void> }

function Detail({ application, path, reload }: DetailProps): ReactNode {
  const t = applicationsTexts.useTexts()
  const go = useNavigate()
  const api = useAdminApi()
  const change = useChange()
  const [secret, setSecret] = useState<string>()
  const [settingsOf, setSettingsOf] = useState(0)
  const name = inLocale(application.name)
  const rotate = (): Promise<boolean> =>
    change.run(async () => {
      setSecret((await api.send<{ secret: string }>('POST', `${path}/secret`, {})).secret)
    })
  const remove = async (): Promise<void> => {
    if (!(await change.run(() => api.send('DELETE', path)))) return
    toast(t('detail.deleted', { name }))
    void go('/admin/applications')
  }
  return (
    <main className="page p-application" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">
            {t('detail.kicker', { kind: t(`kind.${application.kind}`), id: application.id })}
          </p>
          <h1 className="lede">
            {application.kind === 'machine'
              ? t('detail.lede.machine', { name })
              : application.kind === 'device'
                ? t('detail.lede.device', { name, n: application.signIns30d })
                : t('detail.lede', { name, n: application.signIns30d, live: application.liveSessions })}
          </h1>
        </div>
        <BackToList />
      </header>
      <Warnings of={application} />
      <div className="apppage">
        <Registered
          application={application}
          path={path}
          reload={reload}
          onSaved={async () => {
            await reload()
            setSettingsOf(before => before + 1)
          }}
        />
        <SettingsSection key={settingsOf} id={application.id} secret={secret ?? null} />
        <TestSection id={application.id} kind={application.kind} />
      </div>
      {secret && <ShownOnce label={t('secret.label')} value={secret} note={t('secret.once')} />}
      {change.problem && <ProblemBlock problem={change.problem} />}
      <div className="bar under">
        {hasSecret(application) && (
          <Confirm
            button={
              <AriaButton className="btn" isDisabled={change.busy}>
                <Icon name="key" />
                {t('secret.rotate')}
              </AriaButton>
            }
            title={t('secret.rotate')}
            question={t('secret.rotate.ask', { name })}
            action={t('secret.rotate')}
            onConfirm={rotate}
          />
        )}
        {application.backchannelLogoutUri && (
          <Link className="btn bare" to={`/admin/deliveries?target=${encodeURIComponent(application.id)}`}>
            {t('detail.signOuts')}
          </Link>
        )}
        <span className="push">
          <Confirm
            button={
              <AriaButton className="btn grave" isDisabled={change.busy}>
                {t('detail.delete')}
              </AriaButton>
            }
            title={t('detail.delete')}
            question={
              <>
                <p>{t('detail.delete.ask', { name })}</p>
                <ul className="consequences">
                  {application.liveSessions > 0 && (
                    <li>{t('detail.delete.sessions', { n: application.liveSessions })}</li>
                  )}
                  {application.signIns30d > 0 && <li>{t('detail.delete.used', { n: application.signIns30d })}</li>}
                  <li>{t('detail.delete.refused')}</li>
                </ul>
              </>
            }
            action={t('detail.delete')}
            onConfirm={remove}
          />
        </span>
      </div>
    </main>
  )
}

function BackToList(): ReactNode {
  const t = applicationsTexts.useTexts()
  return (
    <Link className="btn s bare" to="/admin/applications">
      <Icon name="left" />
      {t('detail.back')}
    </Link>
  )
}
