import { type FormEvent, type ReactNode, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { toast } from '../../ui/toast.tsx'
import { shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { useAdminTexts } from '../texts.ts'
import { useAdminApi, useChange } from '../use-admin.ts'
import type { Application } from './answers.ts'
import { ApplicationFacts } from './application-facts.tsx'
import { ApplicationForm } from './application-form.tsx'
import { type Draft, draftOf, faultsOf, inputOf, refusedFields } from './form.ts'
import { type EditedField, rebase } from './rebase.ts'
import { applicationsTexts } from './texts.ts'

/** What is registered of an application, and its editing: what somebody else saved meanwhile is told and kept. */
export function Registered({
  application,
  path,
  reload,
  onSaved,
}: {
  application: Application
  path: string
  reload: () => Promise<void>
  onSaved: () => Promise<void>
}): ReactNode {
  const t = applicationsTexts.useTexts()
  const common = useAdminTexts()
  const api = useAdminApi()
  const change = useChange()
  // What one edits stands on `base`, even when `application` moves on.
  const [edit, setEdit] = useState<{ base: Application; draft: Draft; clashes: EditedField[] }>()
  const [tried, setTried] = useState(false)
  const stale = edit !== undefined && edit.base.revision !== application.revision
  const faults = edit ? faultsOf(edit.draft) : {}
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (!edit || Object.keys(faults).length > 0) return
    let changedMeanwhile = false
    const done = await change.run(async () => {
      await api.send('PUT', path, inputOf(edit.draft), edit.base.revision).catch(error => {
        if ((error as { status?: number }).status !== 412) throw error
        changedMeanwhile = true
      })
    })
    if (changedMeanwhile) return await reload()
    if (!done) return
    toast(t('detail.saved'))
    await onSaved()
    setEdit(undefined)
  }
  const takeLatest = (): void => {
    if (edit) setEdit({ base: application, ...rebase(draftOf(edit.base), edit.draft, draftOf(application)) })
  }
  return (
    <Section
      title={t('detail.facts')}
      dateline={<span className="dateline">{t('detail.updated', { time: shortMoment(application.updatedAt) })}</span>}
    >
      {change.problem && <ProblemBlock problem={change.problem} />}
      {edit ? (
        <form noValidate onSubmit={event => void save(event)}>
          {stale && (
            <Notice
              icon="alert"
              action={
                <Button small onClick={takeLatest}>
                  {t('detail.conflict.rebase')}
                </Button>
              }
            >
              {t('detail.conflict', {
                name: application.updatedBy?.name ?? application.updatedBy?.id ?? t('detail.conflict.import'),
                time: shortMoment(application.updatedAt),
              })}
            </Notice>
          )}
          {edit.clashes.length > 0 && (
            <Notice icon="alert">
              {t('detail.conflict.clash', { fields: edit.clashes.map(field => t(`field.${field}`)).join(', ') })}
            </Notice>
          )}
          <ApplicationForm
            draft={edit.draft}
            faults={tried ? faults : {}}
            refused={refusedFields(change.problem?.extra ?? {})}
            fixedId
            onChange={changes => setEdit({ ...edit, draft: { ...edit.draft, ...changes } })}
          />
          <div className="bar stepbar">
            <Button look="main" type="submit" busy={change.busy} disabled={change.busy || stale}>
              {common('admin.save')}
            </Button>
            <Button look="bare" onClick={() => setEdit(undefined)}>
              {common('admin.cancel')}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <ApplicationFacts application={application} />
          <div className="bar padt">
            <Button
              small
              icon="edit"
              onClick={() => setEdit({ base: application, draft: draftOf(application), clashes: [] })}
            >
              {common('admin.edit')}
            </Button>
          </div>
        </>
      )}
    </Section>
  )
}
