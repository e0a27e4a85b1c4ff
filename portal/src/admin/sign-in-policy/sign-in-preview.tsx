import type { ReactNode } from 'react'
import { useApp } from '../../app/app-context.ts'
import { useLocale } from '../../ui/use-locale.ts'
import type { SignInPolicy } from './answers.ts'
import { textOn } from './colour.ts'
import { policyTexts } from './texts.ts'

/** A picture of the sign-in page with this name, logo and colour. */
export function SignInPreview({ branding }: { branding: SignInPolicy['branding'] }): ReactNode {
  const t = policyTexts.useTexts()
  const locale = useLocale()
  const { config } = useApp()
  const name = (branding.name ?? config.company)[locale === 'en' ? 'en' : 'zh']
  const colour = branding.colour && /^#[0-9a-f]{6}$/.test(branding.colour) ? branding.colour : undefined
  const paint = colour ? { fill: colour } : { className: 'v-accent' }
  return (
    <figure className="signinpreview">
      <figcaption className="small dim">{t('policy.branding.preview')}</figcaption>
      <svg viewBox="0 0 360 260" role="img" aria-label={`${t('policy.branding.preview')}: ${name}`}>
        <rect className="v-sheet" width={360} height={260} />
        {branding.logo ? (
          <image href={branding.logo} x={28} y={22} width={88} height={24} preserveAspectRatio="xMinYMid meet" />
        ) : (
          <g className="pmark">
            <path d="M29 25h18v18h-18z" />
            <path className="court" d="M34.500 30.500h7v7h-7z" />
          </g>
        )}
        <text className="pname" x={branding.logo ? 126 : 58} y={39}>
          {name.length > 24 ? `${name.slice(0, 23)}…` : name}
        </text>
        <text className="ptitle" x={28} y={92}>
          {t('policy.preview.title')}
        </text>
        <rect className="pfield" x={28.5} y={110.5} width={303} height={32} rx={4} />
        <text className="phint" x={38} y={131}>
          {t('policy.preview.username')}
        </text>
        <rect className="pfield" x={28.5} y={152.5} width={303} height={32} rx={4} />
        <text className="phint" x={38} y={173}>
          {t('policy.preview.password')}
        </text>
        <rect {...paint} x={28} y={200} width={304} height={36} rx={4} />
        <text
          {...(colour ? { fill: textOn(colour) } : { className: 'ponaccent' })}
          x={180}
          y={223}
          textAnchor="middle"
          fontSize={14}
        >
          {t('policy.preview.title')}
        </text>
      </svg>
    </figure>
  )
}
