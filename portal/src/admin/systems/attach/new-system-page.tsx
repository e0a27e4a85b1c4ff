import './attach.css'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { useOperation } from '../../../app/use-operation.ts'
import { Button } from '../../../ui/button.tsx'
import { TextField } from '../../../ui/field.tsx'
import { announce } from '../../../ui/live-region.tsx'
import { toast } from '../../../ui/toast.tsx'
import { AdminTabs } from '../../admin-tabs.tsx'
import { BackToSystems } from './back-to-systems.tsx'
import { SystemTabs } from './system-tabs.tsx'
import { formFaults, type TemplateId, templates } from './templates.ts'
import { attachTexts } from './texts.ts'
import { forgetDraft, useWorkbench } from './use-workbench.ts'

interface Answers {
  template: TemplateId
  id: string
  nameZh: string
  nameEn: string
  url: string
}

/** Attaches a system: first how it is spoken to and where, then its text, tried before it is published. */
export function Page(): ReactNode {
  const t = attachTexts.useTexts()
  const { answer, reload } = useOperation('SystemSource', { id: '', revision: null })
  const attached = answer?.data?.systems.map(system => system.id) ?? []
  const [answers, setAnswers] = useState<Answers>({ template: 'openapi', id: '', nameZh: '', nameEn: '', url: '' })
  const [started, setStarted] = useState(false)
  const [tried, setTried] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const template = templates.find(one => one.id === answers.template)
  if (started && template) {
    const yaml = template.yaml(answers, key => t(`template.comment.${key}`))
    return <Writing answers={answers} yaml={yaml} latest={answer?.data?.publishing.latest ?? 0} reload={reload} />
  }
  const faults = formFaults(answers, attached)
  const fault = (field: keyof typeof faults): string | undefined => {
    const found = tried && faults[field]
    return found ? t(`new.fault.${found}`) : undefined
  }
  const set = (changes: Partial<Answers>): void => setAnswers(before => ({ ...before, ...changes }))
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setTried(true)
    const wrong = Object.keys(faults).length
    if (wrong === 0) {
      setStarted(true)
      return
    }
    announce(t('new.faults', { n: wrong }))
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
  }
  return (
    <main className="page p-attach" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{t('new.kicker')}</p>
          <h1 className="lede">{t('new.lede')}</h1>
        </div>
        <BackToSystems />
      </header>
      <form ref={form} noValidate onSubmit={submit}>
        {(['protocol', 'connector'] as const).map(kind => (
          <fieldset key={kind} className="templates">
            <legend>{t(`new.${kind}`)}</legend>
            <div className="templategrid">
              {templates
                .filter(one => one.kind === kind)
                .map(one => (
                  <label key={one.id} className={one.id === answers.template ? 'check on' : 'check'}>
                    <input
                      type="radio"
                      name="template"
                      value={one.id}
                      checked={one.id === answers.template}
                      onChange={() => set({ template: one.id })}
                    />
                    <span>
                      <b>{t(`template.${one.id}`)}</b>
                      <span className="small dim block">{t(`template.${one.id}.says`)}</span>
                    </span>
                  </label>
                ))}
            </div>
          </fieldset>
        ))}
        <div className="formgrid appform">
          <TextField
            label={t('new.nameZh')}
            fault={fault('nameZh')}
            value={answers.nameZh}
            onChange={event => set({ nameZh: event.target.value })}
          />
          <TextField
            label={t('new.nameEn')}
            fault={fault('nameEn')}
            value={answers.nameEn}
            onChange={event => set({ nameEn: event.target.value })}
          />
          <TextField
            label={t('new.id')}
            hint={t('new.id.hint')}
            fault={fault('id')}
            value={answers.id}
            spellCheck={false}
            autoCapitalize="off"
            onChange={event => set({ id: event.target.value.trim() })}
          />
          <TextField
            label={t('new.url')}
            hint={t('new.url.hint', { example: template?.example ?? '' })}
            fault={fault('url')}
            value={answers.url}
            spellCheck={false}
            autoCapitalize="off"
            onChange={event => set({ url: event.target.value.trim() })}
          />
        </div>
        <div className="bar stepbar">
          <Button look="main" type="submit">
            {t('new.start')}
          </Button>
          <Link className="btn bare" to="/admin/systems">
            {t('cancel')}
          </Link>
        </div>
      </form>
    </main>
  )
}

type WritingProps = { answers: Answers; yaml: string; latest: number; reload: () => void }

function Writing({ answers, yaml, latest, reload }: WritingProps): ReactNode {
  const t = attachTexts.useTexts()
  const navigate = useNavigate()
  const [query, setQuery] = useSearchParams()
  const bench = useWorkbench(answers.id, '', yaml)
  const name = document.documentElement.lang === 'en' ? answers.nameEn : answers.nameZh
  return (
    <main className="page p-attach" id="main">
      <AdminTabs />
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{t('new.writing.kicker', { id: answers.id })}</p>
          <h1 className="lede">{t('new.writing', { name })}</h1>
        </div>
        <BackToSystems />
      </header>
      <SystemTabs
        bench={bench}
        name={name}
        source={undefined}
        expectedRevision={latest}
        query={query}
        onQuery={next => setQuery(next, { replace: true })}
        onPublished={({ outcome, revision }) => {
          if (outcome === 'CONFLICT') return reload()
          forgetDraft(answers.id)
          toast(t('publish.done', { name, revision }))
          void navigate(`/admin/systems/${encodeURIComponent(answers.id)}`)
        }}
      />
    </main>
  )
}
