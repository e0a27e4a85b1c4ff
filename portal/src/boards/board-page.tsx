import { type ReactNode, useRef, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { useApp } from '../app/app-context.ts'
import type { KpiFields } from '../app/operations.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { FaultBlock } from '../ui/fault-block.tsx'
import { Instead, Skeleton } from '../ui/instead.tsx'
import { BoardLede } from './board-lede.tsx'
import { BoardSections } from './board-sections.tsx'
import { KpiTile } from './kpi-tile.tsx'
import { RowsDrawer } from './rows-drawer.tsx'
import { StaleNotices } from './stale-notices.tsx'
import { useBoard } from './use-board.ts'

/** A board: one sentence, the figures, the charts behind them; live, each figure with its time and source. */
export function Page(): ReactNode {
  const t = useTexts()
  const { me } = useApp()
  const { board = me.boards[0]?.id } = useParams()
  const known = me.boards.find(one => one.id === board)
  if (!known) {
    return (
      <main className="page" id="main">
        <header className="boardhead">
          <h1 className="lede">{t('board.none.title')}</h1>
        </header>
        <Instead icon="board" title={t('board.none.text')} />
      </main>
    )
  }
  return <Board key={known.id} id={known.id} name={known.name} />
}

function Board({ id, name }: { id: string; name: string }): ReactNode {
  const t = useTexts()
  const go = useNavigate()
  const { me } = useApp()
  const { kpis, fault, loading, reload } = useBoard(id)
  const [opened, setOpened] = useState<KpiFields>()
  const page = useRef<HTMLElement>(null)
  return (
    <main className="page" id="main" ref={page}>
      <header className="boardhead">
        <BoardLede name={name} kpis={kpis} />
        <div className="bar tools">
          {me.boards.length > 1 ? (
            <div className="join" role="radiogroup" aria-label={t('board.pick')}>
              {me.boards.map(one => (
                // biome-ignore lint/a11y/useSemanticElements: see above
                <button
                  key={one.id}
                  type="button"
                  className="btn s"
                  role="radio"
                  aria-checked={one.id === id}
                  onClick={() => void go(`/boards/${one.id}`)}
                >
                  {one.name}
                </button>
              ))}
            </div>
          ) : null}
          <Button small look="bare" icon="refresh" onClick={reload} busy={loading && kpis.length > 0}>
            {t('board.refresh')}
          </Button>
          <Button small look="bare" icon="wide" onClick={() => void page.current?.requestFullscreen?.()}>
            {t('board.fullscreen')}
          </Button>
        </div>
      </header>
      <StaleNotices
        kpis={kpis}
        action={
          me.administrator ? (
            <Link className="link" to="/admin/systems">
              {t('board.systems')}
            </Link>
          ) : null
        }
      />
      {kpis.length === 0 && fault ? (
        <FaultBlock fault={fault} name={name} system="Atrium" onRetry={reload} />
      ) : kpis.length === 0 ? (
        <Skeleton lines={10} />
      ) : (
        <>
          <h2 className="sr">{t('board.figures')}</h2>
          <ul className="kpis">
            {kpis.map(kpi => (
              <KpiTile key={kpi.id} kpi={kpi} onOpen={() => setOpened(kpi)} />
            ))}
          </ul>
          <div className="cols">
            <BoardSections kpis={kpis} onOpen={setOpened} />
          </div>
          <footer className="foot">
            <span>{t('board.foot.money')}</span>
          </footer>
        </>
      )}
      {opened ? <RowsDrawer kpi={opened} onClose={() => setOpened(undefined)} /> : null}
    </main>
  )
}
