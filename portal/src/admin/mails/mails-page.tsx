import { type ReactNode, useState } from 'react'
import { Instead, Skeleton } from '../../ui/instead.tsx'
import { Section } from '../../ui/section.tsx'
import { AdminTabs } from '../admin-tabs.tsx'
import { shortMoment } from '../moment.ts'
import { ProblemBlock } from '../problem-block.tsx'
import { isKnownText, useAdminTexts } from '../texts.ts'
import { inLocale, useAdmin, useAdminApi, useChange } from '../use-admin.ts'
import type { Mail, Mails } from './answers.ts'
import { MailDrawer } from './mail-drawer.tsx'
import { mailsTexts } from './texts.ts'

export const texts = mailsTexts

const tones: Record<Mail['state'], string> = { queued: ' half', sent: '', failed: ' bad', kept: ' off' }

/** What Atrium wrote to people; without a mail server this is where it is read. */
export function Page(): ReactNode {
  const t = mailsTexts.useTexts()
  const common = useAdminTexts()
  const api = useAdminApi()
  const mails = useAdmin<Mails>('mails?limit=50', 5)
  const [older, setOlder] = useState<{ items: Mail[]; next: string | null }>()
  const [open, setOpen] = useState<string>()
  const change = useChange()
  const fresh = mails.data?.items ?? []
  const known = new Set(fresh.map(mail => mail.id))
  const items = [...fresh, ...(older?.items ?? []).filter(mail => !known.has(mail.id))]
  const next = older ? older.next : (mails.data?.next ?? null)
  const shown = items.find(mail => mail.id === open)
  const more = (): Promise<boolean> =>
    change.run(async () => {
      const page = await api.get<Mails>(`mails?limit=50&before=${encodeURIComponent(next ?? '')}`)
      setOlder({ items: [...(older?.items ?? []), ...page.items], next: page.next })
    })
  const problem = change.problem ?? mails.problem
  return (
    <main className={shown ? 'withdrawer p-roles' : 'p-roles'} id="main">
      <AdminTabs />
      <div className="mainpane">
        <header className="boardhead">
          <div>
            <p className="micro dimmer">
              {t(mails.data?.transport === 'none' ? 'mails.kicker.none' : 'mails.kicker.smtp')}
            </p>
            <h1 className="lede">{mails.data ? <Sentence mails={mails.data} /> : t('mails.title')}</h1>
          </div>
        </header>
        <Section
          title={t('mails.title')}
          count={items.length}
          dateline={<span className="dateline">{t('mails.audited')}</span>}
        >
          {problem && <ProblemBlock problem={problem} onAgain={() => void mails.reload()} />}
          {mails.data && items.length === 0 && (
            <Instead icon="check" title={t('mails.empty')}>
              {t('mails.empty.hint')}
            </Instead>
          )}
          {!mails.data && !problem && <Skeleton lines={4} />}
          {items.length > 0 && <MailTable items={items} open={open} onOpen={setOpen} />}
          {next && (
            <div className="bar padt">
              <button type="button" className="btn s" disabled={change.busy} onClick={() => void more()}>
                {common('admin.older')}
              </button>
            </div>
          )}
        </Section>
      </div>
      {shown && (
        <MailDrawer
          key={shown.id}
          mail={shown}
          sendable={mails.data?.transport === 'smtp'}
          onClose={() => setOpen(undefined)}
          onChanged={() => void mails.reload()}
        />
      )}
    </main>
  )
}

function MailTable({
  items,
  open,
  onOpen,
}: {
  items: Mail[]
  open: string | undefined
  onOpen: (id: string) => void
}): ReactNode {
  const t = mailsTexts.useTexts()
  return (
    <div className="scroll">
      <table className="table stacks mails">
        <thead>
          <tr>
            <th scope="col">{t('mails.subject')}</th>
            <th scope="col">{t('mails.to')}</th>
            <th scope="col">{t('mails.kind')}</th>
            <th scope="col">{t('mails.state')}</th>
            <th scope="col">{t('mails.when')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map(mail => (
            <tr key={mail.id} aria-selected={mail.id === open || undefined}>
              <td className="head">
                <button type="button" className="link strong" onClick={() => onOpen(mail.id)}>
                  {mail.subject}
                </button>
              </td>
              <td>
                {mail.person ? `${inLocale(mail.person.name)} ` : ''}
                <span className="dimmer">{mail.to}</span>
              </td>
              <td>
                <KindName kind={mail.kind} />
              </td>
              <td>
                <span className={`state${tones[mail.state]}`}>{t(`mails.state.${mail.state}`)}</span>
              </td>
              <td className="nowrap dimmer">
                <time dateTime={mail.createdAt}>{shortMoment(mail.createdAt)}</time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Sentence({ mails }: { mails: Mails }): ReactNode {
  const t = mailsTexts.useTexts()
  if (mails.transport === 'none') {
    const kept = mails.items.filter(mail => mail.state === 'kept').length
    return kept > 0 ? t('mails.lede.none', { n: mails.next ? `${kept}+` : kept }) : t('mails.lede.none.empty')
  }
  const failed = mails.items.filter(mail => mail.state === 'failed').length
  return (
    <>
      {t('mails.lede.smtp')}
      {failed > 0 && <span className="late">{t('mails.lede.smtp.failed', { n: failed })}</span>}
    </>
  )
}

function KindName({ kind }: { kind: string }): ReactNode {
  const t = useAdminTexts()
  const key = `mails.kind.${kind}`
  // A kind that these texts do not know yet stands as its code.
  return isKnownText(key) ? t(key) : <span className="code">{kind}</span>
}
