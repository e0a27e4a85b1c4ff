import { type ReactNode, useEffect, useState } from 'react'
import { Link, useLocation, useSearchParams } from 'react-router'
import { AdminTabs } from '../admin/admin-tabs.tsx'
import type { DataOf } from '../app/graph.ts'
import { useOperation } from '../app/use-operation.ts'
import { ageOf, Dateline, Stamp } from '../ui/dateline.tsx'
import { FaultBlock } from '../ui/fault-block.tsx'
import { Icon } from '../ui/icon.tsx'
import { Instead, Skeleton } from '../ui/instead.tsx'
import { Section } from '../ui/section.tsx'
import { FiguresSection } from './figures-section.tsx'
import { dictionaryTexts } from './texts.ts'
import { inOther, inUse, listed } from './words.ts'

type Found = DataOf<'Dictionary'>['dictionary']

const typingPauseMs = 200

/** Every type somebody may read something of, found by its names, meanings and fields. */
export function TypesPage(): ReactNode {
  const t = dictionaryTexts.useTexts()
  const { pathname, hash } = useLocation()
  const administration = pathname.startsWith('/admin/')
  const [filter, setFilter] = useSearchParams()
  const search = filter.get('q') ?? ''
  const system = filter.get('system') ?? ''
  const { answer, reload } = useOperation('Dictionary', {
    search: search || null,
    text: search,
    system: system || null,
  })
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(filter)
    value ? next.set(name, value) : next.delete(name)
    setFilter(next, { replace: true })
  }
  const found = answer?.data?.dictionary
  const fault = answer?.faults[0]
  const at = answer?.data ? ageOf(answer.sources, answer.at).at : undefined
  // The figure that was meant is there only when the answer has come.
  useEffect(() => {
    if (found && hash) document.getElementById(hash.slice(1))?.scrollIntoView({ block: 'center' })
  }, [found, hash])
  return (
    <main className="page p-dictionary" id="main">
      {administration && <AdminTabs />}
      <header className="boardhead">
        <div>
          <p className="micro dimmer">{t('dictionary.kicker')}</p>
          <h1 className="lede">{found ? <Sentence found={found} search={search} /> : t('dictionary.kicker')}</h1>
        </div>
      </header>
      <Section
        title={t('dictionary.title')}
        count={found?.count}
        busy={!found && !fault}
        dateline={<Dateline systems={['atrium']} at={at} loading={!answer} />}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: a search element is not known to every browser in use */}
        <div className="bar filters" role="search" aria-label={t('dictionary.search')}>
          <SearchField text={search} onText={text => set('q', text)} />
          <span className="pick">
            <select
              className="select s"
              aria-label={t('dictionary.system')}
              value={system}
              onChange={event => set('system', event.target.value)}
            >
              <option value="">{t('dictionary.system.all')}</option>
              {answer?.data?.systems.map(one => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
            <Icon name="down" small />
          </span>
        </div>
        {found ? (
          <TypeTable found={found} />
        ) : fault ? (
          <FaultBlock fault={fault} name={t('dictionary.kicker')} system="Atrium" onRetry={reload} />
        ) : (
          <Skeleton lines={4} />
        )}
      </Section>
      {found && !search && <FiguresSection figures={found.figures} at={at} marked={hash.slice(1)} />}
    </main>
  )
}

function Sentence({ found, search }: { found: Found; search: string }): ReactNode {
  const t = dictionaryTexts.useTexts()
  if (!search) return t('dictionary.lede', { n: found.count })
  return found.count > 0
    ? t('dictionary.lede.found', { text: search, n: found.count })
    : t('dictionary.lede.notFound', { text: search })
}

function SearchField({ text, onText }: { text: string; onText: (text: string) => void }): ReactNode {
  const t = dictionaryTexts.useTexts()
  const [typed, setTyped] = useState(text)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the pause
  useEffect(() => {
    if (typed.trim() === text) return
    const timer = setTimeout(() => onText(typed.trim()), typingPauseMs)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <label className="ask mini wide">
      <Icon name="search" small />
      <input
        type="search"
        value={typed}
        maxLength={100}
        placeholder={t('dictionary.find')}
        aria-label={t('dictionary.find')}
        onChange={event => setTyped(event.target.value)}
      />
    </label>
  )
}

function TypeTable({ found }: { found: Found }): ReactNode {
  const t = dictionaryTexts.useTexts()
  if (found.types.length === 0)
    return (
      <Instead icon="search" title={t('dictionary.empty')}>
        {t('dictionary.empty.hint')}
      </Instead>
    )
  return (
    <>
      <div className="scroll">
        <table className="table stacks types">
          <thead>
            <tr>
              <th scope="col">{t('dictionary.type')}</th>
              <th scope="col">{t('dictionary.about')}</th>
              <th scope="col">{t('dictionary.system')}</th>
              <th scope="col" className="num">
                {t('dictionary.readable')}
              </th>
            </tr>
          </thead>
          <tbody>
            {found.types.map(type => (
              <tr key={type.name}>
                <td className="head">
                  <Link className="link strong" to={type.name}>
                    {inUse(type.label)}
                  </Link>
                  <Other names={type.label} />
                </td>
                <td>
                  {type.about && inUse(type.about)}
                  {type.matching.length > 0 && (
                    <span className="sub2">
                      {t('dictionary.matching', { names: listed(type.matching.map(field => inUse(field.label))) })}
                    </span>
                  )}
                </td>
                <td>{type.system ? <Stamp system={type.system} bare /> : <span className="dimmer">—</span>}</td>
                <td className={type.readable === type.size ? 'num' : 'num dimmer'}>
                  {t('dictionary.readable.n', { n: type.readable, of: type.size })}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.count > found.types.length && (
        <p className="small dim padt">{t('dictionary.more', { n: found.count - found.types.length })}</p>
      )}
    </>
  )
}

/** A name in the other language, beside the one in use. */
export function Other({ names }: { names: Parameters<typeof inOther>[0] }): ReactNode {
  const other = inOther(names)
  return other ? (
    <span className="other dimmer" lang={other.lang}>
      {other.text}
    </span>
  ) : null
}
