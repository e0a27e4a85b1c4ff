import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { Button } from '../../ui/button.tsx'
import { announce } from '../../ui/live-region.tsx'
import { Section } from '../../ui/section.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import { ProblemBlock } from '../problem-block.tsx'
import { ShownOnce } from '../shown-once.tsx'
import { inLocale, useAdminApi, useChange } from '../use-admin.ts'
import { type Created, type Kind, kinds } from './answers.ts'
import { ApplicationForm } from './application-form.tsx'
import { asKind, type Draft, emptyDraft, faultsOf, inputOf, refusedFields, suggestId } from './form.ts'
import { SettingsSection } from './settings-section.tsx'
import { TestSection } from './test-section.tsx'
import { applicationsTexts } from './texts.ts'
import { Warnings } from './warnings.tsx'

/** Asks what the other side is, then only what that needs; ends with the secret, the settings to paste and a trial. */
export function AssistantPage(): ReactNode {
  const t = applicationsTexts.useTexts()
  const api = useAdminApi()
  const change = useChange()
  const [step, setStep] = useState<'kind' | 'details'>('kind')
  const [draft, setDraft] = useState<Draft>(() => emptyDraft('web'))
  const [ownId, setOwnId] = useState(false)
  const [tried, setTried] = useState(false)
  const [created, setCreated] = useState<Created>()
  const form = useRef<HTMLFormElement>(null)
  const faults = faultsOf(draft)

  const edit = (changes: Partial<Draft>): void => {
    if (changes.id !== undefined) setOwnId(changes.id !== '')
    setDraft(before => {
      const next = { ...before, ...changes }
      return ownId || changes.id ? next : { ...next, id: suggestId(next.nameEn, next.url) }
    })
  }
  const create = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    const wrong = Object.keys(faults).length
    if (wrong > 0) {
      announce(t('wizard.faults', { n: wrong }))
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
      return
    }
    await change.run(async () =>
      setCreated(await api.send<Created>('POST', 'applications', { id: draft.id, ...inputOf(draft) })),
    )
  }

  if (created) return <Finished created={created} />
  return (
    <main className="page p-assistant" id="main">
      <AdminTabs />
      <StepHead
        step={step === 'kind' ? 1 : 2}
        title={step === 'kind' ? t('wizard.lede.kind') : t('wizard.lede.details', { kind: t(`kind.${draft.kind}`) })}
      />
      {step === 'kind' ? (
        <form
          onSubmit={event => {
            event.preventDefault()
            setStep('details')
          }}
        >
          <KindChoice kind={draft.kind} onChange={kind => setDraft(before => asKind(before, kind))} />
          <div className="bar stepbar">
            <Button look="main" type="submit">
              {t('wizard.next')}
            </Button>
            <Link className="btn bare" to="/admin/applications">
              {t('wizard.cancel')}
            </Link>
          </div>
        </form>
      ) : (
        <form ref={form} noValidate onSubmit={event => void create(event)}>
          {change.problem && <ProblemBlock problem={change.problem} />}
          <ApplicationForm
            draft={draft}
            faults={tried ? faults : {}}
            refused={refusedFields(change.problem?.extra ?? {})}
            onChange={edit}
          />
          <div className="bar stepbar">
            <Button look="main" type="submit" busy={change.busy} disabled={change.busy}>
              {t('wizard.create')}
            </Button>
            <Button look="bare" onClick={() => setStep('kind')}>
              {t('wizard.back')}
            </Button>
            <Link className="btn bare" to="/admin/applications">
              {t('wizard.cancel')}
            </Link>
          </div>
        </form>
      )}
    </main>
  )
}

// Each step takes the focus to its heading, so that it is read and the next Tab is its first control.
function StepHead({ step, title }: { step: 1 | 2 | 3; title: ReactNode }): ReactNode {
  const t = applicationsTexts.useTexts()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (step > 1) heading.current?.focus()
  }, [step])
  return (
    <header className="boardhead">
      <div>
        <p className="micro dimmer">{t('wizard.kicker', { step })}</p>
        <h1 className="lede" ref={heading} tabIndex={-1}>
          {title}
        </h1>
      </div>
    </header>
  )
}

function KindChoice({ kind, onChange }: { kind: Kind; onChange: (kind: Kind) => void }): ReactNode {
  const t = applicationsTexts.useTexts()
  return (
    <fieldset className="kindchoice">
      <legend className="sr">{t('wizard.lede.kind')}</legend>
      {kinds.map(one => (
        <label key={one} className={one === kind ? 'check on' : 'check'}>
          <input type="radio" name="kind" value={one} checked={one === kind} onChange={() => onChange(one)} />
          <span>
            <b>{t(`kind.${one}`)}</b>
            <span className="small dim block">{t(`kind.${one}.says`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function Finished({ created: { application, secret } }: { created: Created }): ReactNode {
  const t = applicationsTexts.useTexts()
  return (
    <main className="page p-assistant" id="main">
      <AdminTabs />
      <StepHead
        step={3}
        title={
          <>
            {t('wizard.lede.done', { name: inLocale(application.name) })}
            {t('wizard.lede.done.rest')}
          </>
        }
      />
      <Warnings of={application} />
      {secret && (
        <Section title={t('secret.label')} dateline={<span className="dateline">{application.id}</span>}>
          <ShownOnce label={t('secret.label')} value={secret} note={t('secret.once')} />
        </Section>
      )}
      <SettingsSection id={application.id} secret={secret} />
      <TestSection id={application.id} kind={application.kind} />
      <div className="bar stepbar">
        <Link className="btn main" to={`/admin/applications/${application.id}`}>
          {t('wizard.finish')}
        </Link>
      </div>
    </main>
  )
}
