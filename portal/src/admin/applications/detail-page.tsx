import { type FormEvent, type ReactNode, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { Link, useNavigate, useParams } from 'react-router'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import { Confirm } from '../confirm.tsx'
import { shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { useAdminTexts } from '../texts.ts'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import type { Application } from './answers.ts'
import { ApplicationFacts } from './application-facts.tsx'
import { ApplicationForm } from './application-form.tsx'
import { draftOf, faultsOf, hasSecret, inputOf, refusedFields } from './form.ts'
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

function Registered({
  application,
  path,
  onSaved,
}: {
  application: Application
  path: string
  onSaved: () => Promise<void>
}): ReactNode {
  const t = applicationsTexts.useTexts()
  const common = useAdminTexts()
  const api = useAdminApi()
  const change = useChange()
  const [draft, setDraft] = useState<ReturnType<typeof draftOf>>()
  const [tried, setTried] = useState(false)
  const faults = draft ? faultsOf(draft) : {}
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (!draft || Object.keys(faults).length > 0) return
    if (!(await change.run(() => api.send('PUT', path, inputOf(draft))))) return
    toast(t('detail.saved'))
    await onSaved()
    setDraft(undefined)
  }
  return (
    <Section
      title={t('detail.facts')}
      dateline={<span className="dateline">{t('detail.updated', { time: shortMoment(application.updatedAt) })}</span>}
    >
      {change.problem && <ProblemBlock problem={change.problem} />}
      {draft ? (
        <form noValidate onSubmit={event => void save(event)}>
          <ApplicationForm
            draft={draft}
            faults={tried ? faults : {}}
            refused={refusedFields(change.problem?.extra ?? {})}
            fixedId
            onChange={changes => setDraft({ ...draft, ...changes })}
          />
          <div className="bar stepbar">
            <Button look="main" type="submit" busy={change.busy} disabled={change.busy}>
              {common('admin.save')}
            </Button>
            <Button look="bare" onClick={() => setDraft(undefined)}>
              {common('admin.cancel')}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <ApplicationFacts application={application} />
          <div className="bar padt">
            <Button small icon="edit" onClick={() => setDraft(draftOf(application))}>
              {common('admin.edit')}
            </Button>
          </div>
        </>
      )}
    </Section>
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
