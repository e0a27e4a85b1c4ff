import { type ReactNode, useEffect } from 'react'
import { Link } from 'react-router'
import { useTexts } from '../locales/portal-texts.ts'
import { Instead } from '../ui/instead.tsx'

/** Names the document after its page. */
export function PageFrame({ title, children }: { title: string; children: ReactNode }): ReactNode {
  useEffect(() => {
    const count = /^\(\d+\) /.exec(document.title)?.[0] ?? ''
    document.title = `${count}${title} · Atrium`
  }, [title])
  return children
}

export function NotFoundPage(): ReactNode {
  const t = useTexts()
  return (
    <PageFrame title={t('notFound.title')}>
      <main className="page" id="main">
        <header className="opener">
          <h1 className="lede">{t('notFound.title')}</h1>
        </header>
        <Instead
          icon="search"
          title={t('notFound.text')}
          actions={
            <Link className="btn s" to="/">
              {t('notFound.home')}
            </Link>
          }
        />
      </main>
    </PageFrame>
  )
}
