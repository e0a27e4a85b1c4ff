import { type ChangeEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/section.tsx'
import { readLogo } from './logo.ts'
import { type Editing, RuleRow } from './rule-row.tsx'
import { SignInPreview } from './sign-in-preview.tsx'
import { policyTexts } from './texts.ts'

const standardColour = '#195844'

/** Name, logo and colour of the sign-in pages, with a picture of the result. */
export function BrandingRules({ editing }: { editing: Editing }): ReactNode {
  const t = policyTexts.useTexts()
  const { name, logo, colour } = editing.policy.branding
  const setName = (part: 'zh' | 'en', text: string): void => {
    const next = { zh: name?.zh ?? '', en: name?.en ?? '', [part]: text }
    editing.set('branding.name', next.zh || next.en ? next : null)
  }
  return (
    <Section title={t('policy.branding')} dateline={<span className="dateline">{t('policy.atOnce')}</span>}>
      <RuleRow rule="branding.name" editing={editing} group>
        {() => (
          <div className="twonames">
            {(['zh', 'en'] as const).map(part => (
              <input
                className="input"
                key={part}
                maxLength={60}
                lang={part === 'zh' ? 'zh-CN' : 'en'}
                placeholder={t(`policy.branding.name.${part}`)}
                aria-label={t(`policy.branding.name.${part}`)}
                value={name?.[part] ?? ''}
                onChange={event => setName(part, event.target.value)}
              />
            ))}
          </div>
        )}
      </RuleRow>
      <RuleRow rule="branding.logo" editing={editing} group>
        {() => <LogoPicker logo={logo} onChange={next => editing.set('branding.logo', next)} />}
      </RuleRow>
      <RuleRow rule="branding.colour" editing={editing} group>
        {names => (
          <div className="bar">
            <input
              className="swatch"
              type="color"
              aria-labelledby={names.title}
              value={colour && /^#[0-9a-f]{6}$/.test(colour) ? colour : standardColour}
              onChange={event => editing.set('branding.colour', event.target.value)}
            />
            <input
              className="input code hex"
              aria-labelledby={names.title}
              aria-describedby={names.fault}
              maxLength={7}
              placeholder={standardColour}
              value={colour ?? ''}
              onChange={event => editing.set('branding.colour', event.target.value.trim().toLowerCase() || null)}
            />
            {colour && (
              <Button small look="bare" onClick={() => editing.set('branding.colour', null)}>
                {t('policy.branding.colour.reset')}
              </Button>
            )}
          </div>
        )}
      </RuleRow>
      <SignInPreview branding={editing.policy.branding} />
    </Section>
  )
}

function LogoPicker({ logo, onChange }: { logo: string | null; onChange: (logo: string | null) => void }): ReactNode {
  const t = policyTexts.useTexts()
  const field = useRef<HTMLInputElement>(null)
  const [fault, setFault] = useState<string>()
  const choose = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = event.target.files?.[0]
    event.target.value = ''
    if (!file) return
    const read = await readLogo(file)
    setFault(
      read.fault === 'type'
        ? t('policy.branding.logo.type')
        : read.fault === 'size'
          ? t('policy.branding.logo.size', { kb: Math.ceil(file.size / 1024) })
          : undefined,
    )
    if (read.logo) onChange(read.logo)
  }
  return (
    <>
      <div className="bar">
        {logo && <img className="logo" src={logo} alt="" />}
        <input
          ref={field}
          type="file"
          accept="image/png,image/svg+xml"
          hidden
          aria-label={t('policy.branding.logo')}
          onChange={event => void choose(event)}
        />
        <Button small onClick={() => field.current?.click()}>
          {t(logo ? 'policy.branding.logo.replace' : 'policy.branding.logo.choose')}
        </Button>
        {logo && (
          <Button small look="bare" onClick={() => onChange(null)}>
            {t('policy.branding.logo.remove')}
          </Button>
        )}
      </div>
      {fault && (
        <p className="fault" role="alert">
          <Icon name="alert" small />
          {fault}
        </p>
      )}
    </>
  )
}
