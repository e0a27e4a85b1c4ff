import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Icon } from '../../../ui/icon.tsx'
import { attachTexts } from './texts.ts'

export function BackToSystems(): ReactNode {
  const t = attachTexts.useTexts()
  return (
    <Link className="btn s bare backlink" to="/admin/systems">
      <Icon name="left" />
      {t('back')}
    </Link>
  )
}
