import { isFor } from '@atrium/widgets/sdk/audience'
import { formatClock, formatLongDate } from '@atrium/widgets/sdk/format'
import { Trans } from '@lingui/react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useApp } from '../app/app-context.ts'
import { useOperation } from '../app/use-operation.ts'
import { useInboxCounts } from '../inbox/use-inbox.ts'
import { useTexts } from '../locales/portal-texts.ts'
import type { MessageKey } from '../locales/zh-CN.ts'
import { useLocale } from '../ui/use-locale.ts'
import { useNow } from '../ui/use-now.ts'
import { variableTokens } from './variable-tokens.ts'

const crmWriters = [{ system: 'crm', roles: ['Rep', 'TeamLead'] }]

/** The sentence that says what matters today, from counts that are links. */
export function Lede(): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const now = useNow(10_000)
  const { me } = useApp()
  const counts = useInboxCounts()
  const name = locale === 'en' ? me.names.en : me.names.zhCN
  return (
    <header className="opener">
      <p className="micro dimmer">
        {formatLongDate(now, locale)}
        <span className="gap">{formatClock(now)}</span>
      </p>
      <h1 className="lede">
        {!counts ? (
          t('home.lede.loading', { name })
        ) : isFor({ audience: crmWriters }, me.rights) ? (
          <WithFollowUps name={name} open={counts.open} late={counts.overdue} />
        ) : (
          <Sentence
            id={sentence(counts.open, counts.overdue, 0)}
            values={{ name, count: counts.open, late: counts.overdue }}
          />
        )}
      </h1>
    </header>
  )
}

function WithFollowUps({ name, open, late }: { name: string; open: number; late: number }): ReactNode {
  const { answer } = useOperation('FollowUpsDue', { dueBefore: variableTokens.$endOfWeek() })
  const customers = answer?.data?.followUps?.totalCount ?? 0
  return <Sentence id={sentence(open, late, customers)} values={{ name, count: open, late, customers }} />
}

/** Which of the sentences fits; a part with nothing to say is left out. */
export function sentence(open: number, late: number, customers: number): MessageKey {
  const waiting = open === 0 ? 'home.lede.none' : late > 0 ? 'home.lede.late' : 'home.lede.waiting'
  return customers > 0 ? `${waiting}.follow` : waiting
}

function Sentence({ id, values }: { id: MessageKey; values: Record<string, string | number> }): ReactNode {
  return (
    <Trans
      id={id}
      values={values}
      components={{
        a: <Link to="/inbox" />,
        late: <Link className="late" to="/inbox?overdue=1" />,
        // biome-ignore lint/a11y/useAnchorContent: the sentence's translation puts its words inside
        follow: <a href="#customers-to-follow-up" />,
      }}
    />
  )
}
